"""Follow what recent tickets teach, in every process: by the numbers of the changes, not with each request."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Final

from prometheus_client import Gauge

from serving.context import Context
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.inference.recent.recent_tickets import RecentTicket, RecentTickets
from serving.memory import store
from serving.memory.remembering import Teaches
from serving.storage.errors import StorageAway
from triage.model.closed_tickets.shown import shown_texts

_AT_ONCE: Final = 1_000
#: To follow a change may take a hundredth of a processor: with many recent tickets several changes wait for each other.
_SHARE: Final = 0.01
#: But no longer than so many seconds: what took long waited for a bundle that was being loaded, or the machine slept.
_LONGEST: Final = 60.0


class Following:
    """What this process knows of recent tickets; it gives them to every model that serves here."""

    def __init__(self, context: Context, models: LiveModels, candidates: Candidates, teaches: Teaches) -> None:
        self._database, self._models, self._candidates = context.database, models, candidates
        self._clock, self._teaches = context.clock, teaches
        self._seen, self._has_changed, self._due = 0, False, 0.0
        self._rows: dict[tuple[str, str], RecentTicket] = {}
        registry = context.telemetry.registry
        self._count = Gauge("firstline_recent_tickets", "Closed tickets that no bundle has yet", registry=registry)
        self._lag = Gauge("firstline_recent_tickets_lag_seconds", "Age of the oldest unread one", registry=registry)

    def look(self, at: datetime) -> None:
        """Read what has changed since the last look."""
        waiting = self._database.read(store.waiting_since)
        self._lag.set(max((at - waiting).total_seconds(), 0.0) if waiting else 0.0)
        self._has_changed |= self._read()
        begun = self._clock.monotonic()
        if self._has_changed and begun >= self._due:
            self._has_changed = False
            recent = partial(self._recent, tuple(sorted(self._rows.values(), key=attrgetter("created_at", "id"))))
            self._models.remember(recent)
            self._candidates.remember(recent)
            self._due = begun + min((self._clock.monotonic() - begun) / _SHARE, _LONGEST)
        live = self._models.loaded
        self._count.set(0 if live is None else live.cases.n_recent)

    def _read(self) -> bool:
        newest = self._database.read(store.newest)
        if newest == self._seen:
            return False
        if newest < self._seen:  # another database stands there, from a backup
            self._seen = 0
            self._rows.clear()
        while changes := self._database.read(lambda connection: store.since(connection, self._seen, _AT_ONCE)):
            for each in changes:
                if each.ticket is None:
                    self._rows.pop(each.key, None)
                else:
                    self._rows[each.key] = each.ticket
            self._seen = changes[-1].number
        return True

    def _recent(self, rows: Sequence[RecentTicket], model: LoadedModel) -> RecentTickets:
        """Return those that count for a model: read by its encoder, and not carried by its bundle."""
        fitting = [each for each in rows if each.encoder == model.encoder.fingerprint]
        carried = model.cases.has([each.id for each in fitting], [each.external_id for each in fitting])
        left = [each for each, gone in zip(fitting, carried.tolist(), strict=True) if not gone]
        return RecentTickets(left[-store.MOST :], dim=model.encoder.dim, bundle=model.version, read=self.texts)

    def texts(self, ticket_ids: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
        """Return subject and resolution of tickets, as they are now; none while the database is away."""
        try:
            found = self._database.read(
                lambda connection: {each: self._teaches(connection, each) for each in ticket_ids}
            )
        except StorageAway:
            return {}
        return {ticket_id: shown_texts(ticket) for ticket_id, ticket in found.items() if ticket is not None}
