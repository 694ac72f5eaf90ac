"""Events of tickets and accounts, in the transaction of the change: ids, labels, times, an escalation's packet."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from serving.jobs import event_types, outbox
from serving.jobs.outbox import NewEvent
from serving.keys.survey_links import SurveyLinks
from serving.ticket_desk import number_of
from serving.tickets.due_times import DueTimes
from serving.tickets.packets import packet_event
from triage.fields.ticket_values import fields_of
from triage.tickets.escalation import TIERS
from triage.tickets.events import (
    CsmAlerted,
    EscalationDue,
    Fact,
    FieldsFound,
    FieldsSet,
    SlaBreached,
    SlaWarned,
    TicketEscalated,
    TicketOpened,
    TicketRated,
    TicketRetriaged,
    to_record,
)
from triage.tickets.fact_values import FieldValue
from triage.tickets.survey import OPEN_FOR, offered
from triage.tickets.ticket import Ticket

TYPES: Mapping[str, str] = {  # by the type of the fact
    "ticket_opened": event_types.TICKET_CREATED,
    "ticket_tagged": event_types.TICKET_TAGGED,
    "fields_set": event_types.TICKET_FIELDS_SET,
    "fields_found": event_types.TICKET_FIELDS_SET,
    "ticket_retriaged": event_types.TICKET_TAGGED,
    "ticket_taken_up": event_types.TICKET_STATUS_CHANGED,
    "ticket_routed": event_types.TICKET_ROUTED,
    "ticket_assigned": event_types.TICKET_ASSIGNED,
    "agent_replied": event_types.TICKET_REPLIED,
    "customer_replied": event_types.TICKET_CUSTOMER_REPLIED,
    "ticket_started": event_types.TICKET_STATUS_CHANGED,
    "ticket_paused": event_types.TICKET_STATUS_CHANGED,
    "ticket_resumed": event_types.TICKET_STATUS_CHANGED,
    "ticket_resolved": event_types.TICKET_STATUS_CHANGED,
    "ticket_reopened": event_types.TICKET_STATUS_CHANGED,
    "ticket_closed": event_types.TICKET_STATUS_CHANGED,
    "ticket_rated": event_types.TICKET_RATED,
    "ticket_escalated": event_types.TICKET_ESCALATED,
    "sla_warned": event_types.TICKET_SLA_WARNED,
    "sla_breached": event_types.TICKET_SLA_BREACHED,
    "escalation_due": event_types.TICKET_ESCALATION_DUE,
}
_MOST_FIELDS = 40
_MOST_TICKETS = 200  # in one alert: a payload stays under 20 kB


def announce(
    connection: sa.Connection, ticket: Ticket, times: DueTimes, *, since: int, surveys: SurveyLinks | None = None
) -> None:
    """Keep an event for each fact after version `since` that the world is told of, and one for a survey."""
    data = told(ticket, times)
    news = [
        NewEvent(TYPES[fact.type], data | {"fact": fact.type, "fact_number": number} | _of(ticket, fact), fact.at)
        for number, fact in enumerate(ticket.events[since:], start=since + 1)
        if fact.type in TYPES
    ]
    news += [
        NewEvent(event_types.CSM_ALERTED, alert(ticket, fact), fact.at)
        for fact in ticket.events[since:]
        if isinstance(fact, CsmAlerted)
    ]
    if surveys is not None:
        news += _surveys(ticket, since, surveys)
    outbox.emit(connection, ticket.id, news)


def _surveys(ticket: Ticket, since: int, surveys: SurveyLinks) -> Iterator[NewEvent]:
    """Return the event of the survey of a ticket that was resolved after a version."""
    resolution = offered(ticket)
    if resolution is not None and resolution > since:
        at = ticket.events[resolution - 1].at
        data = {
            "id": ticket.id,
            "external_id": ticket.external_id,
            "number": number_of(ticket.id),
            "language": ticket.language,
            "url": surveys.url(ticket.id, resolution),
            "expires_at": at + OPEN_FOR,
        }
        yield NewEvent(event_types.SURVEY_OFFERED, data, at)


def alert(ticket: Ticket, fact: CsmAlerted) -> dict[str, Any]:
    """Return what is told of an account: who it is and what it is worth, as its last urgent ticket says."""
    return {
        "id": ticket.id,
        "account": fact.account,
        "csm": fact.csm,
        "since": fact.since,
        "tickets": list(fact.tickets[:_MOST_TICKETS]),
        "plan": ticket.plan,
        "arr": ticket.arr,
        "health": ticket.health,
    }


def _of(ticket: Ticket, fact: Fact) -> dict[str, Any]:
    """Return what only this fact tells: a packet, a rating, declared fields, or a deadline and when it was given."""
    if isinstance(fact, TicketEscalated):
        return {"packet": packet_event(ticket, fact)}
    if isinstance(fact, TicketRated):
        return {"rating": fact.rating}
    if isinstance(fact, TicketOpened | FieldsSet):
        message = {"message": fact.message} if isinstance(fact, FieldsFound) else {}
        return {"fields": [_field(each) for each in fields_of(ticket)[:_MOST_FIELDS]]} | message
    if isinstance(fact, TicketRetriaged):
        return {"retriage": {"message": fact.message, "changes": changed_labels(fact)}}
    if not isinstance(fact, SlaWarned | SlaBreached | EscalationDue):
        return {}
    told = {name: value for name, value in to_record(fact).items() if name not in {"type", "by"}}
    return {"source": TIERS[0], "kind": "troubleshooting"} | told if isinstance(fact, EscalationDue) else told


def _field(value: FieldValue) -> dict[str, Any]:
    return {"name": value.name, "value": value.value, "valid": value.problem is None}


def changed_labels(fact: TicketRetriaged) -> dict[str, dict[str, str | None]]:
    """Return each label that a later message changed: from what, to what, and why."""
    return {
        head: {
            "from": fact.before.get(head),
            "to": tag.label,
            "why": None if tag.reason_code is None else tag.reason_code.value,
        }
        for head, tag in fact.tags.items()
    }


def told(ticket: Ticket, times: DueTimes) -> dict[str, Any]:
    """Return what is told of a ticket: nothing that a customer wrote, and not who the customer is."""
    first = times.clocks.sla_deadline
    row = times.to_row(ticket)
    return {
        "id": ticket.id,
        "external_id": ticket.external_id,
        "deflection_id": ticket.deflection_id,
        "status": ticket.status.value,
        "needs_nobody": ticket.needs_nobody,
        "version": ticket.version,
        "channel": ticket.channel,
        "tags": {head: tag.said for head, tag in ticket.tags.items()},
        "team": ticket.team,
        "tier": ticket.tier,
        "sla": {
            "sla_deadline": {"at": first.due_by, "kind": first.kind, "source": first.source} if first else None,
            "first_response_by": row["first_response_by"],
            "resolution_by": row["resolution_by"],
        },
        "requester_verified": False,
    }
