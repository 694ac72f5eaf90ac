"""Store a ticket's events and its row together, and those of an incident's tickets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from serving.inference.watching.ticket_answers import answer_audits
from serving.jobs import changed_days, closed_tickets
from serving.keys.survey_links import SurveyLinks
from serving.storage.tables import tickets
from serving.tickets import figures, store
from serving.tickets.announcing import announce
from serving.tickets.due_times import DueTimes
from serving.tickets.messages.queueing import note_message
from serving.tickets.snapshot import teaching
from triage.sla.deadlines import Deadlines, ticket_deadlines
from triage.sla.incident import Incident, incident_deadlines, shared
from triage.sla.policy import Policy
from triage.tickets.escalation import TIERS, EscalationState
from triage.tickets.events import Fact, IncidentJoined
from triage.tickets.ticket import Ticket
from triage.tickets.troubleshooting import troubleshooting


def with_key(ticket: Ticket, key_id: str | None, *, since: int) -> Ticket:
    """Return the ticket with the id of the API key that did it on everything that has happened since a version."""
    fresh = (replace(fact, key_id=key_id) for fact in ticket.events[since:])
    return replace(ticket, events=(*ticket.events[:since], *fresh))


@dataclass(slots=True)
class LogReader:
    """One read of the database; an incident's deadlines are computed once for all its tickets."""

    connection: sa.Connection
    policy: Policy
    leaders: frozenset[str] | None = None  # the incidents among the tickets that are looked at, once that is known
    _incidents: dict[str, Incident] = field(default_factory=dict)

    def times(self, ticket: Ticket) -> DueTimes:
        """Work out the times of a ticket from its log, and its incident's."""
        rules, case = self.policy.escalation, EscalationState(ticket.tier, ticket.plan, ticket.priority)
        may_go_up = any(rules.allows(case, tier) for tier in TIERS[1:])
        working = troubleshooting(ticket.events, rules.t1_troubleshoots_for) if may_go_up else None
        return DueTimes(self.clocks(ticket), working)

    def clocks(self, ticket: Ticket) -> Deadlines:
        """Work out the deadlines of a ticket, one of an incident or of its cases with those of the others."""
        if ticket.incident_id is not None:
            return self._incident(ticket.incident_id, ticket).cases[ticket.id]
        leaders = store.leading(self.connection, [ticket.id]) if self.leaders is None else self.leaders
        if ticket.id in leaders:
            return self._incident(ticket.id, ticket).own
        return ticket_deadlines(self.policy, self._told(ticket))

    def relatives(self, ticket: Ticket) -> set[str]:
        """Return the other tickets whose deadlines hang on this one."""
        incident_id = ticket.incident_id or ticket.id
        family = {incident_id, *store.cases_of(self.connection, incident_id)}
        return family - {ticket.id}

    def _incident(self, incident_id: str, ticket: Ticket) -> Incident:
        known = self._incidents.get(incident_id)
        if known is None or (ticket.id != incident_id and ticket.id not in known.cases):
            ids = {incident_id, *store.cases_of(self.connection, incident_id)}
            found = {each.id: each for each in store.load_all(self.connection, sorted(ids))} | {ticket.id: ticket}
            incident = found.pop(incident_id)
            cases = {name: self._told(each, but=incident_id) for name, each in found.items()}
            known = incident_deadlines(self.policy, incident_id, self._told(incident), cases)
            self._incidents[incident_id] = known
        return known

    def _told(self, ticket: Ticket, but: str | None = None) -> list[Fact]:
        """Return the facts of a ticket, with those that it shared with incidents it has left."""
        told = list(ticket.events)
        joined = {fact.incident_id for fact in ticket.events if isinstance(fact, IncidentJoined)} - {but}
        for incident in store.load_all(self.connection, sorted(joined)) if joined else ():
            told = shared(told, incident.events, incident.id)
        return told


@dataclass(frozen=True, slots=True)
class EventLog:
    """The only writer of tickets."""

    policy: Policy
    surveys: SurveyLinks | None = None

    def read(self, connection: sa.Connection) -> LogReader:
        """Begin a look at the database."""
        return LogReader(connection, self.policy)

    def read_many(self, connection: sa.Connection, ticket_ids: Sequence[str]) -> LogReader:
        """Begin a look at these tickets and no others."""
        return LogReader(connection, self.policy, store.leading(connection, ticket_ids))

    def open(self, connection: sa.Connection, ticket: Ticket) -> Deadlines:
        """Enter a new ticket."""
        times = self.read(connection).times(ticket)
        store.insert(connection, ticket, times)
        changed_days.note_contacts(connection, tickets.c.id == ticket.id)
        figures.write(connection, ticket, times.clocks, self.policy)
        announce(connection, ticket, times, since=0)
        return times.clocks

    def enter(self, connection: sa.Connection, ticket: Ticket) -> None:
        """Enter a ticket with its past; nobody is told of what happened long ago."""
        times = self.read(connection).times(ticket)
        store.insert(connection, ticket, times)
        changed_days.note_contacts(connection, tickets.c.id == ticket.id)
        figures.write(connection, ticket, times.clocks, self.policy)

    def refresh(self, connection: sa.Connection, ticket_ids: Iterable[str]) -> None:
        """Bring the rows of tickets up to date, and of all whose deadlines hang on them."""
        reading, found = self.read(connection), set(ticket_ids)
        for ticket in list(store.load_all(connection, sorted(found))):
            found |= reading.relatives(ticket)
        self._refresh(reading, found)

    def carry_on(self, connection: sa.Connection, before: Ticket, after: Ticket) -> Deadlines:
        """Enter what has happened since, and bring the rows of all whose deadlines hang on it up to date."""
        relatives = self.read(connection).relatives(before)
        store.append(connection, after, since=before.version)
        if (before.account, before.needs_nobody) != (after.account, after.needs_nobody):  # as a contact
            changed_days.note(connection, "sessions", after.created_at)
        reading = self.read(connection)
        times = reading.times(after)
        store.update(connection, after, times)
        figures.write(connection, after, times.clocks, self.policy)
        announce(connection, after, times, since=before.version, surveys=self.surveys)
        answer_audits(connection, before, after)
        _note_closing(connection, before, after)
        note_message(connection, before, after)
        self._refresh(reading, (relatives | reading.relatives(after)) - {after.id})
        return times.clocks

    def carry_on_together(self, connection: sa.Connection, changes: Sequence[tuple[Ticket, Ticket]]) -> None:
        """Enter what has happened since to many tickets, of which none left an incident; its tickets are read once."""
        changed = [(before, after) for before, after in changes if after.version != before.version]
        for before, after in changed:
            store.append(connection, after, since=before.version)
            if after.incident_id != before.incident_id:
                store.join(connection, after.id, after.incident_id)
        reading = self.read(connection)
        for before, after in changed:
            times = reading.times(after)
            store.update(connection, after, times)
            figures.write(connection, after, times.clocks, self.policy)
            # The ticket that leads an incident has no customer who could be asked.
            surveys = self.surveys if after.incident_id is not None else None
            announce(connection, after, times, since=before.version, surveys=surveys)
            answer_audits(connection, before, after)
            _note_closing(connection, before, after)
        leaders = {after.incident_id or after.id for _, after in changed}
        family = {each for leader in leaders for each in (leader, *store.cases_of(connection, leader))}
        self._refresh(reading, family - {after.id for _, after in changed})

    def count(self, connection: sa.Connection, ticket_ids: Sequence[str]) -> None:
        """Write the figures of tickets that have none."""
        reading = self.read_many(connection, ticket_ids)
        for ticket in store.load_all(connection, ticket_ids):
            figures.write(connection, ticket, reading.clocks(ticket), self.policy)

    def _refresh(self, reading: LogReader, ticket_ids: Iterable[str]) -> None:
        """Bring rows up to date, with everything that was entered."""
        fresh = self.read(reading.connection)
        for ticket in store.load_all(reading.connection, sorted(ticket_ids)):
            times = fresh.times(ticket)
            store.update(reading.connection, ticket, times)
            figures.write(reading.connection, ticket, times.clocks, self.policy)


def _note_closing(connection: sa.Connection, before: Ticket, after: Ticket) -> None:
    """Let a ticket be looked at that was resolved, reopened or linked otherwise: it teaches something else now."""
    if teaching(before) != teaching(after):
        closed_tickets.note(connection, after.id, after.version, after.events[-1].at)
