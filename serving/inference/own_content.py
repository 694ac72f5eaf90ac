"""What serves, and why: the sample only while the desk has nothing of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa

from retrieval.index.files import MANIFEST
from serving.storage.database import Database, read_only
from serving.storage.errors import DatabaseMissing, DatabaseUnavailable
from serving.telemetry import Telemetry
from triage.model.registry import Registry

What = Literal["sample", "defaults", "bundle"]
Why = Literal["empty", "articles", "tickets", "bundle", "refused"]

_SAID: dict[Why, str] = {
    "empty": "This desk has no articles or models of its own, and no tickets except those made from questions (the "
    "demo's are) or of incidents opened by hand: the sample's articles and models serve.",
    "articles": "This desk has articles and no model of its own: answers use packaged, conservative thresholds, "
    "and tickets get no tags. Run `make train` and `make promote`.",
    "tickets": "This desk has tickets and no model of its own: tickets get no tags, and answers use packaged, "
    "conservative thresholds. Run `make train` and `make promote`.",
    "bundle": "This desk's own model bundle serves.",
    "refused": "This desk's model bundle was refused: tickets get no tags, and answers use packaged, conservative "
    "thresholds. Promote another one, or run `make rollback`.",
}


@dataclass(frozen=True, slots=True)
class OwnContent:
    """What the desk has of its own, or once had: the sample never comes back."""

    articles: bool = False
    tickets: bool = False
    bundle: bool = False
    refused: bool = False  # the bundle, and there is none to stand in


@dataclass(frozen=True, slots=True)
class Serves:
    """What serves, and because of what, one word each."""

    what: What
    why: Why

    @property
    def explanation(self) -> str:
        """A sentence for people."""
        return _SAID[self.why]

    def __str__(self) -> str:
        """Return both words and the sentence."""
        return f"{self.what} ({self.why}): {self.explanation}"


def what_serves(own: OwnContent) -> Serves:
    """Decide what serves: the desk's bundle, else packaged defaults, else, on an empty desk, the sample."""
    if own.bundle and own.refused:
        return Serves("defaults", "refused")
    if own.bundle:
        return Serves("bundle", "bundle")
    if own.articles:
        return Serves("defaults", "articles")
    if own.tickets:
        return Serves("defaults", "tickets")
    return Serves("sample", "empty")


class DeskContent:
    """Looks up what the desk has of its own, and logs it when something else serves from then on."""

    def __init__(self, registry: Registry, stored: Callable[[], OwnContent], telemetry: Telemetry) -> None:
        self._registry, self._stored, self._telemetry = registry, stored, telemetry
        self._own = OwnContent()
        self._serves: Serves | None = None
        self._decided = (self._own, False, False)  # by what: what is there, whether a bundle is, whether it was refused
        self._refused = False
        self._one = threading.Lock()

    def serves(self) -> Serves:
        """Return what serves now. What the desk once had is not looked up again."""
        with self._one:
            if not (self._own.articles or self._own.tickets):
                self._look()
            own = (self._own, self._registry.current_id() is not None, self._refused)
            if own == self._decided and self._serves is not None:  # with every request while the sample serves
                return self._serves
            found, bundle, refused = self._decided = own
            now, before = what_serves(replace(found, bundle=bundle, refused=refused)), self._serves
            self._serves = now
        if now != before:
            self._telemetry.event("desk.serves", what=now.what, why=now.why)
        return now

    def note_refused(self, *, refused: bool) -> None:
        """Note whether the desk's bundle could not be loaded, so that defaults serve in its place."""
        with self._one:
            self._refused = refused
        self.serves()

    def shows_sample(self) -> bool:
        """Whether articles and models of the sample may be shown."""
        return self.serves().what == "sample"

    @property
    def showed_sample(self) -> bool:
        """Whether the sample might be shown at the last look; nothing is read."""
        return self._serves is None or self._serves.what == "sample"

    def _look(self) -> None:
        try:
            self._own = self._stored()
        except DatabaseUnavailable:  # the last look stands
            return


class StoredContent:
    """Looks up which articles and tickets the desk has or had, once for each state of a database of its own.

    A ticket that came from a question does not count: on an empty desk it was asked of the sample, to try it. Nor does
    that of an incident which was opened by hand.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: tuple[int | None, OwnContent] = (None, OwnContent())

    def __call__(self) -> OwnContent:
        """Look."""
        commits = self._database.commits  # before it is read: what is committed meanwhile is looked up again
        if commits is None or commits != self._seen[0]:
            self._seen = commits, self._database.read(_look)
        return self._seen[1]


@dataclass(frozen=True, slots=True)
class SavedContent:
    """Looks beside a service, or without one: at the database, and at the index that the next start takes over."""

    database: Path | str
    index: Path

    def __call__(self) -> OwnContent:
        """Look."""
        try:
            with read_only(self.database) as connection:
                found = _look(connection)
        except (DatabaseMissing, sa.exc.DBAPIError):  # no service was ever started here, or none of this version
            found = OwnContent()
        return replace(found, articles=found.articles or (self.index / MANIFEST).is_file())


def _look(connection: sa.Connection) -> OwnContent:
    own_articles, own_tickets = connection.exec_driver_sql(_LOOK).one()
    return OwnContent(articles=bool(own_articles), tickets=bool(own_tickets))


# As text, because it is asked with every request while the sample serves: to compile it took longer than to run it.
_LOOK: Final = """
    SELECT EXISTS (SELECT 1 FROM articles WHERE source = 'api')
               OR EXISTS (SELECT 1 FROM article_seeds WHERE origin = 'home'),
           EXISTS (SELECT 1 FROM tickets WHERE deflection_id IS NULL AND NOT EXISTS
                       (SELECT 1 FROM opened_incidents WHERE opened_incidents.ticket_id = tickets.id))
               OR EXISTS (SELECT 1 FROM tombstones)
"""
