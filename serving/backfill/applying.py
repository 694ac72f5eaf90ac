"""Write the tags of an export back to its helpdesk: one ticket after another, as fast as the helpdesk allows."""

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from serving.backfill.applied import WRITTEN, Applied
from serving.backfill.errors import BackfillRefused
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.port import connections
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import GONE, DeskFault, DeskNotConnected, DeskRefused, DeskUnreachable, is_down
from serving.helpdesks.port.port import Handoff, Helpdesk
from serving.helpdesks.store import FIRST_PAUSE, LONGEST_PAUSE
from serving.helpdesks.sync import update
from serving.policy import policies
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.errors import DatabaseMissing
from serving.storage.tables import helpdesk_links

#: Attempts in a row at one ticket while the helpdesk is away or asked too often; then the run ends, to be continued.
ATTEMPTS: Final = 8
_FORBIDDEN: Final = 403
_DENIED: Final = frozenset({401, _FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Choice:
    """Which labels go: the certified ones, and with `suggestions` the others that are shown."""

    suggestions: bool = False

    def of(self, record: Mapping[str, Any], fields: Collection[str]) -> Handoff | None:
        """Return what of a row goes to a helpdesk that takes these fields; None where nothing does."""
        modes = {"auto", "suggest"} if self.suggestions else {"auto"}
        tags = record["tags"]
        labels = {head: tag["label"] for head, tag in tags.items() if tag["mode"] in modes and tag["label"]}
        listed = tuple(
            each["label"] for tag in tags.values() for each in tag.get("labels", ()) if each["mode"] in modes
        )
        values = {name: value for name, value in record["fields"].items() if name in fields}
        if not (labels or listed or values):
            return None
        return Handoff(external_id="", subject="", text="", labels=labels, listed=listed, fields=values)


class Applying:
    """The use case: bring labels and fields of a file to a helpdesk."""

    def __init__(self, settings: Settings, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take a connection by its name.

        Raises `DeskNotConnected`: there is none that can be written to. Raises `HelpdesksNotValid` or `PolicyRefused`.
        """
        known = connections.read(settings.helpdesks, *policies.load(settings.policies).helpdesk_names)
        able = [each.name for each in known.values() if each.token]
        if name not in able:
            raise DeskNotConnected(name, able, "that tickets can be written to")
        self._settings, self._sleep = settings, sleep
        self._connection: Connection = known[name]
        self._there: Helpdesk = connected(self._connection, calls(settings))

    def plan(self, tags: Path, choice: Choice) -> Counter[str]:
        """Count what would be written, and call nobody.

        Parameters
        ----------
        tags
            The file that `firstline tag` wrote.
        choice
            Which heads and fields of it are written.

        Returns
        -------
        Counter
            `tickets`, of each head its labels, of each field its values, and rows `without an id` or with
            `nothing to write`.

        Raises
        ------
        BackfillRefused
            It is no file of tags.
        """
        counts: Counter[str] = Counter()
        for record in _records(tags):
            case = choice.of(record, self._connection.fields)
            if case is None or not record["id"]:
                counts["nothing to write" if case is None else "without an id"] += 1
                continue
            counts["tickets"] += 1
            counts.update(f"{head}: {label}" for head, label in case.labels.items())
            counts.update(f"tag: {label}" for label in case.listed)
            counts.update(f"field: {name}" for name in case.fields)
        return counts

    def run(self, tags: Path, choice: Choice, *, progress: Callable[[int], None] = lambda _: None) -> Counter[str]:
        """Write what is not written yet.

        Parameters
        ----------
        tags
            JSON Lines, as `Backfill.run` writes them.
        choice
            Which labels go.
        progress
            Called with the number of tickets that are done, those of an earlier run among them.

        Returns
        -------
        Counter
            Tickets that are `written`, `unchanged` (an agent chose, or it stood there already), `gone`, `refused` by
            the helpdesk, or `here`: open in this service, which writes to them by itself.

        Raises
        ------
        DeskFault
            The helpdesk is away, or does not let us; the same run goes on from there.
        BackfillRefused
            The file is none of tags, or belongs to another run.
        """
        facts = {"url": self._connection.url, "suggestions": choice.suggestions}
        counts: Counter[str] = Counter()
        with Applied(tags, self._connection.name, facts) as applied:
            done = 0
            for record in _records(tags):
                case, id_ = choice.of(record, self._connection.fields), self._remote(record["id"])
                if case is None or not id_:
                    continue
                if record["row"] > applied.row:
                    outcome = self._patiently(id_, case, may_write=applied.has_written)
                    applied.add(record["row"], outcome)
                    counts[outcome] += 1
                done += 1
                progress(done)
        return counts

    def _remote(self, id_: str | None) -> str:
        """Return the helpdesk's id: a snapshot of ours writes the connection's name before it."""
        name = self._connection.name
        return (id_ or "").removeprefix(f"{name}-").removeprefix(f"{name}:")

    def _patiently(self, id_: str, case: Handoff, *, may_write: bool) -> str:
        """Write to a ticket; wait as long as the helpdesk says, else twice as long each time."""
        attempt = 0
        while True:
            try:
                return self._write(id_, case, may_write=may_write)
            except DeskFault as fault:
                attempt += 1
                refused = fault if isinstance(fault, DeskRefused) else None
                if not is_down(fault):
                    return "refused"
                if attempt == ATTEMPTS or (refused and refused.status in _DENIED):
                    raise
                wait = refused.wait if refused and refused.wait is not None else None
                pause = wait if wait is not None else min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
                self._sleep(max(pause, timedelta(seconds=1)).total_seconds())
            except (KeyError, TypeError, ValueError):  # it has no word for the label, or answers in another shape
                return "refused"

    def _write(self, id_: str, case: Handoff, *, may_write: bool) -> str:
        if self._is_here(id_):
            return "here"
        try:
            _, made = update(self._there, id_, case, {})
        except DeskRefused as refused:
            is_gone = refused.status in GONE
            if not is_gone and (refused.status != _FORBIDDEN or not may_write):
                raise
            self._ask_for_ourselves()
            return "gone" if is_gone else "refused"
        return WRITTEN if made else "unchanged"

    def _ask_for_ourselves(self) -> None:
        """Raise `DeskFault` where all of the helpdesk is gone or closed to us, and not one ticket."""
        try:
            self._there.probe()
        except DeskRefused as refused:
            if refused.status not in GONE:
                raise
            raise DeskUnreachable(self._connection.name, "it knows neither the ticket nor us; see url") from refused

    def _is_here(self, id_: str) -> bool:
        """Tell whether this service keeps the ticket in sync by now: a write beside it would look like a person's."""
        asked = sa.select(helpdesk_links.c.remote_id).where(
            helpdesk_links.c.connection == self._connection.name,
            helpdesk_links.c.remote_id == id_,
            helpdesk_links.c.ticket_id.is_not(None),
        )
        try:
            with read_only(self._settings.stored_in) as connection:
                return connection.scalar(asked) is not None
        except DatabaseMissing:
            return False


def _records(tags: Path) -> Iterator[dict[str, Any]]:
    if tags.suffix.lower() != ".jsonl":
        raise BackfillRefused(tags, "tags are applied from JSON Lines: name --out FILE.jsonl")
    with tags.open("rb") as lines:
        for line in lines:
            try:
                record = json.loads(line)
                facts = {name: record.get(name, {}) for name in ("tags", "fields")}
                yield {"row": int(record["row"]), "id": record["id"], **facts}
            except (ValueError, KeyError, TypeError, AttributeError):
                raise BackfillRefused(tags, "is no file of tags") from None
