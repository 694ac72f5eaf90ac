"""Tickets in the database: append-only event rows, and one row per ticket for queries."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.policy.label_filter import column_of, has
from serving.storage.ids import first_id, padded
from serving.storage.tables import ticket_events, tickets
from serving.tickets.due_times import DueTimes
from triage.tickets import events
from triage.tickets.ticket import Status, Ticket

_MAILS_LOOKED_AT, _MAILS_OF_SENDER = 1_000, 50
_SUBJECT, _EMAIL, _CATEGORY = 200, 320, 200  # characters of what the row keeps for the queue


@dataclass(frozen=True, slots=True)
class Query:
    """Which tickets to list: newest first, before the cursor."""

    status: Status | None = None
    breached: bool | None = None
    at_risk: bool | None = None
    before: str | None = None
    limit: int = 50
    ending: str | None = None  # of the id: what a ticket's number stands for
    needs_nobody: bool | None = None
    labels: tuple[tuple[str, str], ...] = ()  # head and label: all of them


def insert(connection: sa.Connection, ticket: Ticket, times: DueTimes) -> None:
    """Add a new ticket with all its events."""
    connection.execute(tickets.insert().values(to_row(ticket, times)))
    append(connection, ticket, since=0)


def append(connection: sa.Connection, ticket: Ticket, *, since: int) -> None:
    """Add the events after version `since`."""
    fresh = list(enumerate(ticket.events[since:], start=since + 1))
    rows = [
        {"ticket_id": ticket.id, "number": number, "type": fact.type, "at": fact.at, "record": events.to_record(fact)}
        for number, fact in fresh
    ]
    if rows:
        connection.execute(ticket_events.insert(), rows)


def update(connection: sa.Connection, ticket: Ticket, times: DueTimes) -> None:
    """Bring the row up to date."""
    connection.execute(tickets.update().where(tickets.c.id == ticket.id).values(to_row(ticket, times)))


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
        .where(ticket_events.c.ticket_id.in_(padded(ticket_ids)))
        .order_by(ticket_events.c.ticket_id, ticket_events.c.number)
    )
    for _, rows in groupby(found, key=lambda row: row.ticket_id):
        yield from_rows(rows)


def of_deflection(connection: sa.Connection, deflection_id: str | None) -> str | None:
    """Return the id of the ticket that a deflection became, if it did."""
    if deflection_id is None:
        return None
    return connection.scalar(sa.select(tickets.c.id).where(tickets.c.deflection_id == deflection_id))


def mails_of(connection: sa.Connection, email: str, since: datetime) -> list[str]:
    """Return the ids of the newest tickets that came by mail from a sender, oldest first; of many mails the newest."""
    newest = (
        sa.select(tickets.c.id)
        .where(tickets.c.id >= first_id("tkt", since), tickets.c.channel == "email")
        .order_by(tickets.c.id.desc())
        .limit(_MAILS_LOOKED_AT)
        .subquery()
    )
    record = sa.type_coerce(ticket_events.c.record, sa.Text)
    opened = sa.and_(ticket_events.c.number == 1, record.contains(email, autoescape=True))
    asked = sa.select(newest.c.id).join(ticket_events, ticket_events.c.ticket_id == newest.c.id).where(opened)
    return list(connection.scalars(asked.order_by(newest.c.id.desc()).limit(_MAILS_OF_SENDER)))[::-1]


def matching(connection: sa.Connection, query: Query, at: datetime) -> list[str]:
    """Return the ids of a page."""
    asked = sa.select(tickets.c.id).order_by(tickets.c.id.desc()).limit(query.limit)
    if query.status is not None:
        asked = asked.where(tickets.c.status == query.status.value)
    if query.breached is True:
        asked = asked.where(tickets.c.due_by < at)
    elif query.breached is False:
        asked = asked.where(sa.or_(tickets.c.due_by.is_(None), tickets.c.due_by >= at))
    at_risk = sa.and_(tickets.c.at_risk_from <= at, tickets.c.due_by >= at)
    if query.at_risk is True:
        asked = asked.where(at_risk)
    elif query.at_risk is False:
        asked = asked.where(sa.not_(sa.func.coalesce(at_risk, sa.false())))
    if query.ending is not None:
        asked = asked.where(tickets.c.id.endswith(query.ending, autoescape=True))
    if query.needs_nobody is not None:
        none = tickets.c.needs_nobody.is_(None)
        asked = asked.where(sa.not_(none) if query.needs_nobody else none)
    asked = asked.where(*(has(*each) for each in query.labels))
    if query.before is not None:
        asked = asked.where(tickets.c.id < query.before)
    return list(connection.scalars(asked))


def breaching(connection: sa.Connection, at: datetime, limit: int) -> list[str]:
    """Return the ids of tickets with a deadline in the past that no event tells yet, the longest breached first."""
    return _up_to(connection, tickets.c.breach_by, tickets.c.breach_by < at, limit)


def warning(connection: sa.Connection, at: datetime, limit: int) -> list[str]:
    """Return the ids of tickets with a deadline to warn of."""
    return _up_to(connection, tickets.c.warn_by, tickets.c.warn_by <= at, limit)


def escalating(connection: sa.Connection, at: datetime, limit: int) -> list[str]:
    """Return the ids of tickets at which T1 has troubleshot for long enough."""
    return _up_to(connection, tickets.c.escalate_by, tickets.c.escalate_by <= at, limit)


def _up_to(connection: sa.Connection, by: sa.Column[Any], due: sa.ColumnElement[bool], limit: int) -> list[str]:
    return list(connection.scalars(sa.select(tickets.c.id).where(due).order_by(by).limit(limit)))


def cases_of(connection: sa.Connection, incident_id: str) -> list[str]:
    """Return the ids of the tickets that are cases of an incident."""
    return list(
        connection.scalars(sa.select(tickets.c.id).where(tickets.c.incident_id == incident_id).order_by(tickets.c.id))
    )


def join(connection: sa.Connection, ticket_id: str, incident_id: str | None) -> None:
    """Make a ticket's row one of an incident's cases, before the deadlines of all are worked out."""
    connection.execute(tickets.update().where(tickets.c.id == ticket_id).values(incident_id=incident_id))


def untagged(connection: sa.Connection, limit: int) -> list[str]:
    """Return the ids of tickets that no model has seen yet and that still matter, oldest first."""
    open_ = sa.and_(tickets.c.model.is_(None), tickets.c.status != Status.CLOSED.value)
    return list(connection.scalars(sa.select(tickets.c.id).where(open_).order_by(tickets.c.id).limit(limit)))


def count_breached(connection: sa.Connection, at: datetime) -> int:
    """Return how many tickets have a deadline in the past that still runs."""
    return connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(tickets.c.due_by < at)) or 0


def closed_after(
    connection: sa.Connection, since: datetime | None, after: tuple[datetime, str] | None, limit: int
) -> list[tuple[str, datetime]]:
    """Return ids and instants of closed tickets, in the order of their closing, after one of them."""
    at, id_ = tickets.c.closed_at, tickets.c.id
    asked = sa.select(id_, at).where(at.is_not(None)).order_by(at, id_).limit(limit)
    if since is not None:
        asked = asked.where(at >= since)
    if after is not None:
        asked = asked.where(sa.or_(at > after[0], sa.and_(at == after[0], id_ > after[1])))
    return [(row.id, row.closed_at) for row in connection.execute(asked)]


def leading(connection: sa.Connection, ticket_ids: Sequence[str]) -> frozenset[str]:
    """Return which of the tickets are incidents with cases."""
    asked = sa.select(tickets.c.incident_id).where(tickets.c.incident_id.in_(padded(ticket_ids))).distinct()
    return frozenset(connection.scalars(asked))


def from_rows(rows: Iterable[Any]) -> Ticket:
    """Fold the event rows of one ticket."""
    return Ticket.from_events(events.from_record(row.record) for row in rows)


def to_row(ticket: Ticket, times: DueTimes) -> dict[str, object]:
    """Return the row by which the ticket is found."""
    return {
        "id": ticket.id,
        "version": ticket.version,
        "status": ticket.status.value,
        "channel": ticket.channel,
        "plan": ticket.plan,
        "account": ticket.account,
        "team": ticket.team,
        "tier": ticket.tier,
        "priority": ticket.priority,
        "incident_id": ticket.incident_id,
        "assignee": ticket.assignee,
        "deflection_id": ticket.deflection_id,
        "external_id": ticket.external_id,
        "created_at": ticket.created_at,
        "updated_at": max(fact.at for fact in ticket.events),
        "closed_at": _closed_at(ticket),
        "model": _model(ticket),
        "subject": _kept(" ".join(ticket.subject.split()), _SUBJECT),
        "email": _kept(ticket.email, _EMAIL),
        "category": _kept(ticket.label("category"), _CATEGORY),
        "needs_nobody": ticket.needs_nobody,
        "labels": column_of(ticket.tags),
        "category_mode": ticket.tags["category"].mode if "category" in ticket.tags else None,
        **times.to_row(ticket),
    }


def _kept(text: str | None, most: int) -> str | None:
    """Return the beginning of a text for a column; PostgreSQL stores no NUL."""
    return None if text is None else text.replace("\0", "")[:most]


def _closed_at(ticket: Ticket) -> datetime | None:
    """Tell when it was closed: what the watch notes later does not move it; a helpdesk may have reopened it."""
    closed = (fact.at for fact in reversed(ticket.events) if isinstance(fact, events.TicketClosed))
    return next(closed, None) if ticket.status is Status.CLOSED else None


def _model(ticket: Ticket) -> str | None:
    tagged = (fact.by for fact in ticket.events if isinstance(fact, events.TicketTagged) and fact.is_by_model)
    return next(tagged, None)
