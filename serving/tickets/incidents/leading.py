"""Open an incident with its cases, add cases, and answer all of them at the end: each is one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from serving.context import Context
from serving.keys.survey_links import SurveyLinks
from serving.storage.database import Write
from serving.ticket_desk import Act, NewTicket, TicketOut
from serving.tickets import store
from serving.tickets.desk import Desk
from serving.tickets.event_log import EventLog, with_key
from triage.errors import IncidentRefused
from triage.tickets.outcome import Outcome
from triage.tickets.ticket import Status, Ticket

_DONE = (Status.RESOLVED, Status.CLOSED)


class IncidentDesk:
    """What happens to incidents; `serving.ticket_desk.LeadsIncidents` is the interface for other slices."""

    def __init__(self, context: Context, desk: Desk) -> None:
        self._database, self._desk = context.database, desk
        self._log = EventLog(context.policies.sla, SurveyLinks.of(context.settings, context.secret))

    def open(
        self,
        new: NewTicket,
        cases: Sequence[str],
        act: Act,
        also: Callable[[sa.Connection, str], None],
        write: Write[TicketOut] | None = None,
    ) -> TicketOut:
        """Open the incident's ticket and link those of the tickets that can be."""

        def link(connection: sa.Connection, incident_id: str) -> None:
            self._add(connection, incident_id, cases, act)
            also(connection, incident_id)

        opened = self._desk.open(replace(new, by=act.by, key_id=act.key_id), at=act.at, also=link, write=write)
        return self._desk.read(opened.id)

    def add(self, incident_id: str, cases: Sequence[str], act: Act) -> TicketOut:
        """Link more tickets to an incident, those that can be."""
        self._database.write(lambda connection: self._add(connection, incident_id, cases, act))
        return self._desk.read(incident_id)

    def conclude(self, incident_id: str, text: str, outcome: Outcome, act: Act) -> int:
        """Write the same to the incident and all its open cases, and resolve them; return how many tickets."""

        def done(ticket: Ticket) -> Ticket:
            after = ticket.reply(text, at=act.at, by=act.by)
            after = after.transition(Status.RESOLVED, at=act.at, by=act.by, outcome=outcome)
            return with_key(after, act.key_id, since=ticket.version)

        def operation(connection: sa.Connection) -> int:
            incident = store.load(connection, incident_id)
            cases = store.load_all(connection, store.cases_of(connection, incident_id))
            open_ = [each for each in (incident, *cases) if each.status not in _DONE]
            self._log.carry_on_together(connection, [(each, done(each)) for each in open_])
            return len(open_)

        return self._database.write(operation)

    def _add(self, connection: sa.Connection, incident_id: str, cases: Sequence[str], act: Act) -> None:
        """Link tickets, but for those that are closed, in an incident already, or incidents themselves."""
        incident = store.load(connection, incident_id)
        if incident.status is Status.CLOSED:
            raise IncidentRefused(incident_id, incident_id, "it is closed")
        leading = store.leading(connection, cases)
        found = [
            each
            for each in store.load_all(connection, cases)
            if each.status is not Status.CLOSED
            and each.incident_id is None
            and each.id != incident_id
            and each.id not in leading
        ]
        linked = [(each, each.follow(incident_id, at=act.at, by=act.by)) for each in found]
        self._log.carry_on_together(
            connection, [(before, with_key(after, act.key_id, since=before.version)) for before, after in linked]
        )
