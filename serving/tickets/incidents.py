"""Link a ticket to an incident: one outage, one set of deadlines."""

import sqlalchemy as sa

from serving.errors import FieldError, InvalidRequest, NotFound
from serving.tickets import store
from triage.errors import IncidentRefused
from triage.tickets.ticket import Status, Ticket


def refuse(connection: sa.Connection, ticket: Ticket, incident_id: str | None) -> None:
    """Refuse an incident that cannot lead this ticket; leaving is always possible.

    Raises `InvalidRequest`: there is no such ticket. Raises `IncidentRefused`: one of them is both an incident and a
    case, or the incident is closed.
    """
    if incident_id is None:
        return
    if incident_id == ticket.id:
        raise IncidentRefused(ticket.id, incident_id, "a ticket is no case of itself")
    try:
        incident = store.load(connection, incident_id)
    except NotFound:
        raise InvalidRequest([FieldError("incident", "There is no ticket with this id.")]) from None
    if incident.incident_id is not None:
        raise IncidentRefused(ticket.id, incident_id, f"it is itself a case of {incident.incident_id}; join that one")
    if incident.status is Status.CLOSED:
        raise IncidentRefused(ticket.id, incident_id, "it is closed")
    if store.cases_of(connection, ticket.id):
        raise IncidentRefused(ticket.id, incident_id, "this ticket is an incident itself, with cases of its own")
