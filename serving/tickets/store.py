"""Tickets in the database: event rows that are only ever added, and one row by which a ticket is found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.tables import ticket_events, tickets
from triage import events
from triage.sla import Deadlines
from triage.sla_clock import Clock
from triage.ticket import Status, Ticket

RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Query:
    """Which tickets to list; newest first, those before the cursor."""

    status: Status | None = None
    overdue: bool | None = None
    before: str | None = None
    limit: int = 50


def insert(connection: sa.Connection, ticket: Ticket, clocks: Deadlines) -> None:
    """Add a new ticket with all its events."""
    connection.execute(tickets.insert().values(to_row(ticket, clocks)))
    _append(connection, ticket, 0)


def update(connection: sa.Connection, ticket: Ticket, clocks: Deadlines, *, since: int) -> None:
    """Add the events after version `since` and bring the row up to date."""
    connection.execute(tickets.update().where(tickets.c.id == ticket.id).values(to_row(ticket, clocks)))
    _append(connection, ticket, since)


def load(connection: sa.Connection, ticket_id: str) -> Ticket:
    """Return a ticket.

    Raises `NotFound`: there is none with this id.
    """
    for ticket in load_all(connection, [ticket_id]):
        return ticket
    raise NotFound(kind="ticket", id=ticket_id)


def load_all(connection: sa.Connection, ticket_ids: Sequence[str]) -> Iterator[Ticket]:
    """Return the tickets that exist, in the order of their ids."""
    found = connection.execute(
        sa.select(ticket_events.c.ticket_id, ticket_events.c.record)
        .where(ticket_events.c.ticket_id.in_(ticket_ids))
        .order_by(ticket_events.c.ticket_id, ticket_events.c.number)
    )
    for _, rows in groupby(found, key=lambda row: row.ticket_id):
        yield from_rows(rows)


def of_deflection(connection: sa.Connection, deflection_id: str | None) -> str | None:
    """Return the id of the ticket that a deflection became, if it did."""
    if deflection_id is None:
        return None
    return connection.scalar(sa.select(tickets.c.id).where(tickets.c.deflection_id == deflection_id))


def matching(connection: sa.Connection, query: Query, at: datetime) -> list[str]:
    """Return the ids of a page."""
    asked = sa.select(tickets.c.id).order_by(tickets.c.id.desc()).limit(query.limit)
    if query.status is not None:
        asked = asked.where(tickets.c.status == query.status.value)
    if query.overdue is True:
        asked = asked.where(tickets.c.due_by < at)
    elif query.overdue is False:
        asked = asked.where(sa.or_(tickets.c.due_by.is_(None), tickets.c.due_by >= at))
    if query.before is not None:
        asked = asked.where(tickets.c.id < query.before)
    return list(connection.scalars(asked))


def breaching(connection: sa.Connection, at: datetime, limit: int) -> list[str]:
    """Return the ids of tickets with a deadline in the past that no event tells yet, the longest overdue first."""
    asked = sa.select(tickets.c.id).where(tickets.c.breach_by < at).order_by(tickets.c.breach_by).limit(limit)
    return list(connection.scalars(asked))


def untagged(connection: sa.Connection, limit: int) -> list[str]:
    """Return the ids of tickets that no model has seen yet and that still matter, oldest first."""
    open_ = sa.and_(tickets.c.model.is_(None), tickets.c.status != Status.CLOSED.value)
    return list(connection.scalars(sa.select(tickets.c.id).where(open_).order_by(tickets.c.id).limit(limit)))


def count_overdue(connection: sa.Connection, at: datetime) -> int:
    """Return how many tickets have a deadline in the past that still runs."""
    return connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(tickets.c.due_by < at)) or 0


def closed_ids(connection: sa.Connection) -> list[str]:
    """Return the ids of all closed tickets, in the order of their closing."""
    closed = sa.select(tickets.c.id).where(tickets.c.closed_at.is_not(None)).order_by(tickets.c.closed_at, tickets.c.id)
    return list(connection.scalars(closed))


def from_rows(rows: Iterable[Any]) -> Ticket:
    """Fold the event rows of one ticket."""
    return Ticket.from_events(events.from_record(row.record) for row in rows)


def to_row(ticket: Ticket, clocks: Deadlines) -> dict[str, object]:
    """Return the row by which the ticket is found."""
    running = [clock for clock in clocks.clocks if clock.state == RUNNING and clock.due_by is not None]
    unrecorded = [clock for clock in running if (clock.source, clock.kind, clock.due_by) not in breaches(ticket)]
    return {
        "id": ticket.id,
        "version": ticket.version,
        "status": ticket.status.value,
        "channel": ticket.channel,
        "plan": ticket.plan,
        "account": ticket.account,
        "team": ticket.team,
        "tier": ticket.tier,
        "assignee": ticket.assignee,
        "deflection_id": ticket.deflection_id,
        "external_id": ticket.external_id,
        "created_at": ticket.created_at,
        "updated_at": ticket.events[-1].at,
        "closed_at": ticket.events[-1].at if ticket.status is Status.CLOSED else None,
        "model": _model(ticket),
        "first_response_by": _earliest([clock for clock in running if clock.kind == "first_response"]),
        "resolution_by": _earliest([clock for clock in running if clock.kind == "resolution"]),
        "due_by": _earliest(running),
        "breach_by": _earliest(unrecorded),
    }


def breaches(ticket: Ticket) -> set[tuple[str, str, datetime]]:
    """Return the deadlines whose breach stands in the log."""
    return {(fact.source, fact.kind, fact.due_by) for fact in ticket.events if isinstance(fact, events.SlaBreached)}


def _append(connection: sa.Connection, ticket: Ticket, since: int) -> None:
    fresh = list(enumerate(ticket.events[since:], start=since + 1))
    rows = [
        {"ticket_id": ticket.id, "number": number, "type": fact.type, "at": fact.at, "record": events.to_record(fact)}
        for number, fact in fresh
    ]
    if rows:
        connection.execute(ticket_events.insert(), rows)


def _earliest(clocks: Sequence[Clock]) -> datetime | None:
    return min((clock.due_by for clock in clocks if clock.due_by is not None), default=None)


def _model(ticket: Ticket) -> str | None:
    tagged = (
        fact.by for fact in ticket.events if isinstance(fact, events.TicketTagged) and fact.by.startswith("model:")
    )
    return next(tagged, None)
