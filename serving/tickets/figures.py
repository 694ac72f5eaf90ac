"""Figures of a ticket, written beside its row with each of its events: what reports count."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving.jobs import changed_days
from serving.storage.tables import ticket_figures, tickets
from triage.sla.deadlines import Deadlines
from triage.sla.policy import Policy
from triage.sla.timer import Timer
from triage.tickets.events import AgentReplied, TicketReopened, TicketResolved, TicketTagged
from triage.tickets.messages.nobody import since_somebody
from triage.tickets.ticket import Status, Ticket

CONTRACT, TARGET, DUPLICATE, APPLIED = "contract", "target", "duplicate", "auto"
AGENT = "agent:"
_NAME = 200  # characters of an agent's
NONE, KEPT, MISSED, OPEN = "none", "kept", "missed", "open"
_RESOLVED = (Status.RESOLVED, Status.CLOSED)


def write(connection: sa.Connection, ticket: Ticket, clocks: Deadlines, policy: Policy) -> None:
    """Write the figures of a ticket, or bring them up to date."""
    row = figures(ticket, clocks, policy)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(ticket_figures).values(row)
    connection.execute(added.on_conflict_do_update(index_elements=["ticket_id"], set_=row))
    changed_days.note(connection, "tickets", ticket.created_at)


def uncounted(connection: sa.Connection, after: str, limit: int) -> list[str]:
    """Return the ids, after one, of tickets without figures, or without those of a newer version."""
    missing = ticket_figures.c.target.is_(None)
    asked = sa.select(tickets.c.id).outerjoin(ticket_figures, ticket_figures.c.ticket_id == tickets.c.id)
    return list(connection.scalars(asked.where(missing, tickets.c.id > after).order_by(tickets.c.id).limit(limit)))


def figures(ticket: Ticket, clocks: Deadlines, policy: Policy) -> Mapping[str, object]:
    """Return the row: numbers of the ticket's events."""
    events = ticket.events
    responded_at = next((fact.at for fact in events if isinstance(fact, AgentReplied)), None)
    resolved = _resolved(ticket)
    resolved_at = None if resolved is None else resolved.at
    labels, applied = _labels(ticket)
    contract, contract_by = _kept(clocks, CONTRACT)
    target, target_by = _kept(clocks, TARGET)
    return {
        "ticket_id": ticket.id,
        "created_at": ticket.created_at,
        "channel": ticket.channel,
        "type": ticket.label("category"),
        "automatic": not since_somebody(events),
        "responded_at": responded_at,
        "response_work": _work(ticket, responded_at, policy),
        "resolved_at": resolved_at,
        "resolution_work": _work(ticket, resolved_at, policy),
        "replies": sum(isinstance(fact, AgentReplied) for fact in events),
        "reopens": sum(isinstance(fact, TicketReopened) for fact in events),
        "csat": ticket.outcome.csat,
        "labels": labels,
        "labels_applied": applied,
        "contract": contract,
        "contract_by": contract_by,
        "target": target,
        "target_by": target_by,
        "resolved_by": resolved.by.removeprefix(AGENT)[:_NAME] if resolved and resolved.by.startswith(AGENT) else None,
    }


def _resolved(ticket: Ticket) -> TicketResolved | None:
    """Return how it was resolved for good; a duplicate is resolved where the other one is.

    Who closes a reopened ticket has not resolved it again.
    """
    if ticket.status not in _RESOLVED:
        return None
    last = next((fact for fact in reversed(ticket.events) if isinstance(fact, TicketResolved | TicketReopened)), None)
    return last if isinstance(last, TicketResolved) and last.resolution_type != DUPLICATE else None


def _work(ticket: Ticket, until: datetime | None, policy: Policy) -> int | None:
    """Return the seconds of the plan's support hours from the ticket's creation until then."""
    if until is None:
        return None
    edition, attributes = policy.in_force(ticket.created_at, ticket.plan), ticket.attributes
    if attributes.plan is not None and attributes.plan not in edition.plans:
        return None
    spent = edition.support(attributes).between(ticket.created_at, max(until, ticket.created_at))
    return round(spent.total_seconds())


def _labels(ticket: Ticket) -> tuple[int, int]:
    """Count what a model said first of each field: the fields, and those whose label it applied by itself."""
    first: dict[str, str] = {}
    for fact in ticket.events:
        if isinstance(fact, TicketTagged) and fact.is_by_model:
            for head, tag in fact.tags.items():
                first.setdefault(head, tag.mode)
    return len(first), sum(mode == APPLIED for mode in first.values())


def _kept(clocks: Deadlines, source: str) -> tuple[str, datetime | None]:
    """Return whether every deadline of the contract, or every target, was kept, and the earliest that still runs.

    A deadline that was past before a change brought it is nobody's fault and counts on neither side.
    """
    counted = [each for each in (*clocks.answered, *clocks.clocks) if each.source == source and not each.inherited]
    if any(each.stopped_at is not None and each.is_late(each.stopped_at) for each in counted):
        return MISSED, None
    running = [each.due_by for each in counted if each.state == "running" and each.due_by is not None]
    if any(_is_undecided(each) for each in counted):
        return OPEN, min(running, default=None)
    return (KEPT if counted else NONE), None


def _is_undecided(clock: Timer) -> bool:
    return clock.state in {"running", "paused"}
