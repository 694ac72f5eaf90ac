"""What leaves when something happened to a ticket: ids, labels and times, in the transaction that made the fact."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from serving import outbox
from serving.outbox import News
from serving.tickets.times import Times
from triage.ticket import Ticket

TYPES: Mapping[str, str] = {  # by the type of the fact
    "ticket_opened": "ticket.created",
    "ticket_tagged": "ticket.tagged",
    "ticket_routed": "ticket.routed",
    "ticket_assigned": "ticket.assigned",
    "agent_replied": "ticket.replied",
    "customer_replied": "ticket.customer_replied",
    "ticket_started": "ticket.status_changed",
    "ticket_paused": "ticket.status_changed",
    "ticket_resumed": "ticket.status_changed",
    "ticket_resolved": "ticket.status_changed",
    "ticket_reopened": "ticket.status_changed",
    "ticket_closed": "ticket.status_changed",
    "ticket_escalated": "ticket.escalated",
    "sla_warned": "ticket.sla_warned",
    "sla_breached": "ticket.sla_breached",
    "escalation_due": "ticket.escalation_due",
}


def announce(connection: sa.Connection, ticket: Ticket, times: Times, *, since: int) -> None:
    """Keep an event for each fact after version `since` that the world is told of."""
    data = told(ticket, times)
    news = [
        News(TYPES[fact.type], data | {"fact": fact.type, "fact_number": number}, fact.at)
        for number, fact in enumerate(ticket.events[since:], start=since + 1)
        if fact.type in TYPES
    ]
    outbox.emit(connection, ticket.id, news)


def told(ticket: Ticket, times: Times) -> dict[str, Any]:
    """Return what is told of a ticket: nothing that a customer wrote, and not who the customer is."""
    first = times.clocks.sla_deadline
    row = times.to_row(ticket)
    return {
        "id": ticket.id,
        "external_id": ticket.external_id,
        "deflection_id": ticket.deflection_id,
        "status": ticket.status.value,
        "version": ticket.version,
        "channel": ticket.channel,
        "tags": {head: tag.label for head, tag in ticket.tags.items()},
        "team": ticket.team,
        "tier": ticket.tier,
        "sla": {
            "sla_deadline": {"at": first.due_by, "kind": first.kind, "source": first.source} if first else None,
            "first_response_by": row["first_response_by"],
            "resolution_by": row["resolution_by"],
        },
        "requester_verified": False,
    }
