"""Looks at the tickets of the last day every minute; one process of several does."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.context import Context
from serving.surges import arrivals, store
from triage.surges.alarms import History
from triage.surges.arrival import Arrival
from triage.surges.scan import LONGEST, Found, find

LOOK_EVERY = timedelta(minutes=1)
LEARN_EVERY = timedelta(hours=6)
MOST_ARRIVALS = 10_000
"""Tickets of the last day that are looked at, the newest."""
_AGAIN = timedelta(minutes=10)  # ids are made before they are committed, and tags may come later
_CLAIM = "surges"


class SurgeWatch:
    """Keeps the last day's tickets in memory, and what is usual; what it finds is in the database."""

    def __init__(self, context: Context) -> None:
        self._database, self._telemetry = context.database, context.telemetry
        self._history: History | None = None
        self._learnt_at: datetime | None = None
        self._read_until: datetime | None = None
        self._arrivals: dict[str, Arrival] = {}

    def look(self, at: datetime) -> Found | None:
        """Look once; None while another process does."""
        if not self._database.claim(_CLAIM):
            return None
        try:
            return self._look(at)
        finally:
            self._database.disclaim(_CLAIM)

    def _look(self, at: datetime) -> Found:
        history = self._usual(at)
        self._read(at)
        day = sorted(self._arrivals.values(), key=lambda each: each.at)
        known = self._database.read(lambda connection: store.known(connection, at))
        found = find(day, history, known, at)
        if found.bursts or found.joined or known:
            self._database.write(lambda connection: self._keep(connection, found, at))
        return found

    def _usual(self, at: datetime) -> History:
        if self._history is None or self._learnt_at is None or at - self._learnt_at >= LEARN_EVERY:
            self._history = self._database.read(lambda connection: arrivals.learn(connection, at))
            self._learnt_at = at
        return self._history

    def _read(self, at: datetime) -> None:
        since = at - LONGEST if self._read_until is None else max(at - LONGEST, self._read_until - _AGAIN)
        settled = {each.id for each in self._arrivals.values() if each.area is not None or each.at < at - _AGAIN}

        def fresh(connection: sa.Connection) -> list[Arrival]:
            return arrivals.read(connection, arrivals.opened_since(connection, since, settled, MOST_ARRIVALS))

        self._arrivals |= {each.id: each for each in self._database.read(fresh)}
        kept = {name: each for name, each in self._arrivals.items() if at - LONGEST < each.at <= at}
        self._arrivals = dict(sorted(kept.items())[-MOST_ARRIVALS:])
        self._read_until = at

    def _keep(self, connection: sa.Connection, found: Found, at: datetime) -> None:
        for proposal_id, ticket_ids in found.joined.items():
            store.grow(connection, proposal_id, [self._arrivals[each] for each in ticket_ids])
        for burst in found.bursts:
            proposed = store.propose(connection, burst, at)
            if proposed is not None:
                self._telemetry.event(
                    "incident.proposed", proposal_id=proposed, kind=burst.kind, tickets=len(burst.tickets)
                )
        store.end(connection, at)
