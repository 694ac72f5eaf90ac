"""Looks at the tickets of the last day every minute; one process of several does."""

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.context import Context
from serving.surges import arrivals, store
from serving.surges.arrivals import Read
from serving.surges.certifying import accepted_by_itself, is_certified
from serving.surges.deciding import Proposals
from serving.surges.meanings import Meanings
from serving.ticket_desk import Act
from triage.errors import FirstlineError
from triage.surges import terms
from triage.surges.alarms import History
from triage.surges.arrival import Arrival
from triage.surges.scan import LONGEST, Found, find
from triage.tickets.events import SELF

LOOK_EVERY = timedelta(minutes=1)
LEARN_EVERY = timedelta(hours=6)
MOST_ARRIVALS = 10_000
"""Tickets of the last day that are looked at, the newest."""
_AGAIN = timedelta(minutes=10)  # ids are made before they are committed, and tags may come later
_CLAIM = "surges"


class SurgeWatch:
    """Keeps the last day's tickets in memory, and what is usual; what it finds is in the database."""

    def __init__(self, context: Context, proposals: Proposals, meanings: Meanings) -> None:
        self._meanings = meanings
        self._database, self._telemetry = context.database, context.telemetry
        self._proposals, self._accepts_from = proposals, context.settings.incidents_accepted_from
        self._terms = terms.of_folder(context.settings.policies)
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
        if self._meanings.is_outdated():  # what was read is read again, for its texts
            self._history, self._read_until, self._arrivals = None, None, {}
        history = self._usual(at)
        self._read(at)
        day = sorted(self._arrivals.values(), key=lambda each: each.at)
        known = self._database.read(lambda connection: store.known(connection, at))
        found = find(day, history, known, at, self._meanings.rings([each.id for each in day]))
        if found.bursts or found.joined or known:
            fresh = self._database.write(lambda connection: self._keep(connection, found, at))
            self._accept(fresh, list(found.joined), at)
        return found

    def _accept(self, fresh: list[str], grown: list[str], at: datetime) -> None:
        """Make incidents of new proposals if that is certified, and link what joined such ones."""
        if self._database.read(lambda connection: is_certified(connection, self._accepts_from, at)):
            more = self._database.read(lambda connection: accepted_by_itself(connection, grown))
            for proposal_id in (*fresh, *more):
                try:
                    self._proposals.accept(proposal_id, Act(SELF, at, None))
                except FirstlineError as error:  # its incident was closed, or a person was faster
                    self._telemetry.fault("incident.not_accepted", error, proposal_id=proposal_id)

    def _usual(self, at: datetime) -> History:
        if self._history is None or self._learnt_at is None or at - self._learnt_at >= LEARN_EVERY:
            learnt, usual = self._database.read(lambda connection: arrivals.learn(connection, at))
            self._history = replace(
                learnt,
                false_alarms_a_month=self._terms.false_alarms_a_month,
                fewest_senders=self._terms.fewest_senders,
            )
            self._meanings.learn(usual)
            self._learnt_at = at
        return self._history

    def _read(self, at: datetime) -> None:
        since = at - LONGEST if self._read_until is None else max(at - LONGEST, self._read_until - _AGAIN)
        settled = {each.id for each in self._arrivals.values() if each.area is not None or each.at < at - _AGAIN}

        def fresh(connection: sa.Connection) -> list[Read]:
            return arrivals.read(connection, arrivals.opened_since(connection, since, settled, MOST_ARRIVALS))

        found = self._database.read(fresh)
        self._meanings.add(found)
        self._arrivals |= {each.arrival.id: each.arrival for each in found}
        kept = {name: each for name, each in self._arrivals.items() if at - LONGEST < each.at <= at}
        self._arrivals = dict(sorted(kept.items())[-MOST_ARRIVALS:])
        self._read_until = at

    def _keep(self, connection: sa.Connection, found: Found, at: datetime) -> list[str]:
        """Keep what was found; return the ids of new proposals."""
        for proposal_id, ticket_ids in found.joined.items():
            store.grow(connection, proposal_id, [self._arrivals[each] for each in ticket_ids])
        proposed = [store.propose(connection, burst, at) for burst in found.bursts]
        fresh = [each for each in proposed if each is not None]
        for each in fresh:
            self._telemetry.event("incident.proposed", proposal_id=each)
        store.end(connection, at)
        return fresh
