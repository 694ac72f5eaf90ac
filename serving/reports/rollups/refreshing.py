"""Keep counted days up to date, and count every day anew."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from serving.reports.facts import FactStore
from serving.reports.rollups.article_days import ArticleDays
from serving.reports.rollups.session_days import SessionDays
from serving.reports.rollups.store import RollupStore
from serving.reports.rollups.ticket_days import TicketDays
from serving.storage.database import Database

REFRESH_EVERY = timedelta(seconds=30)
_NAME = "reports"
Said = Callable[[str, int, int], None]
"""Is called with a part, how many of its pieces are done, and how many there are."""


def _silent(_part: str, _done: int, _n: int) -> None:
    """Say nothing."""


class Rollups:
    """One process of several refreshes at a time; a report never waits for it, because it counts what is missing."""

    def __init__(self, database: Database) -> None:
        self._store, self._lock = RollupStore(database), threading.Lock()
        self.tickets = TicketDays(self._store)
        self.sessions = SessionDays(FactStore(database), self._store)
        self.articles = ArticleDays(self._store)

    def refresh(self, at: datetime, said: Said = _silent) -> bool:
        """Count the days that are over and not kept yet, or have changed; False while another process does."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if not self._store.database.claim(_NAME):
                return False
            try:
                self._refresh(at, said)
            finally:
                self._store.database.disclaim(_NAME)
        finally:
            self._lock.release()
        return True

    def _refresh(self, at: datetime, said: Said) -> None:
        """Count what changed; what changes meanwhile is noted anew and stays noted."""
        changes = self._store.changes("tickets")
        self.tickets.refresh(at, changes.days, lambda done, n: said("tickets", done, n))
        self._store.forget(changes.notes)
        changes = self._store.changes("sessions")
        self.articles.refresh(at, changes.days, lambda done, n: said("articles", done, n))
        self.sessions.refresh(at, changes.days, lambda done, n: said("sessions", done, n))
        self._store.forget(changes.notes)

    def rebuild(self, at: datetime, said: Said = _silent) -> bool:
        """Count every day anew.

        An interrupted run loses nothing: every day is noted first, and the next refresh counts what is left. Returns
        False if another process is at it already and will do it.
        """
        self._store.note_every_day("tickets", at.toordinal())
        self._store.note_every_day("sessions", at.toordinal())
        return self.refresh(at, said)
