"""Read what the KPIs and the deflection ladder count: a few narrow columns, in a few statements, and no event log."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.ids import padded
from serving.storage.tables import deflections, ticket_figures, tickets

_OPEN = ("new", "open", "pending")
OUTCOMES = ("confirmed", "not_helpful", "abandoned")
_DAY = timedelta(days=1)
AGES = (_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)
"""Ends of the groups of the backlog by age; the last group has none."""


class TicketFact(NamedTuple):
    """What is counted of a ticket."""

    created_at: datetime
    channel: str
    type: str | None
    responded_at: datetime | None
    response_work: int | None
    resolved_at: datetime | None
    resolution_work: int | None
    replies: int
    reopens: int
    csat: int | None
    labels: int
    labels_applied: int
    contract: str
    contract_by: datetime | None


class TicketStamp(NamedTuple):
    """How many tickets were created on a day, and the sum of their versions: another one with each event of theirs."""

    n: int
    version: int


TicketStamps = Mapping[int, TicketStamp]
"""By the number of the day."""


class SessionFact(NamedTuple):
    """What is counted of a session."""

    created_at: datetime
    eligible: bool
    decision: str
    outcome: str | None
    ended: str | None
    ticket_id: str | None
    channel: str | None
    locale: str | None
    visitor: str | None
    origin: str | None
    account: str | None


class AccountTicket(NamedTuple):
    """A ticket that an account opened without a session."""

    account: str
    created_at: datetime


class OpenTickets(NamedTuple):
    """Open tickets of one status and priority: how many, how many of them overdue and at risk, and by age."""

    status: str
    priority: str | None
    n: int
    overdue: int
    at_risk: int
    oldest: datetime
    ages: tuple[int, ...]


class FactStore:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ticket_stamps(self, since: datetime) -> dict[int, TicketStamp]:
        """Return the stamps of the days on which tickets were created."""
        columns = ticket_figures.c
        day = _day(columns.created_at)
        chosen = sa.select(day, sa.func.count(), sa.func.sum(columns.version)).where(columns.created_at >= since)
        rows = self._database.read(lambda c: c.execute(chosen.group_by(day)).all())
        return {ordinal(each): TicketStamp(n, int(version)) for each, n, version in rows}

    def tickets_of(self, days: Sequence[int]) -> list[TicketFact]:
        """Return tickets that were created on some days."""
        named = [date.fromordinal(each).isoformat() for each in days]
        return self._tickets(_day(ticket_figures.c.created_at).in_(padded(named))) if named else []

    def older_tickets(self, since: datetime) -> list[TicketFact]:
        """Return tickets that were created before an instant, and answered or resolved after it."""
        columns = ticket_figures.c
        moved = sa.or_(columns.responded_at >= since, columns.resolved_at >= since)
        return self._tickets(sa.and_(columns.created_at < since, moved))

    def _tickets(self, condition: sa.ColumnElement[bool]) -> list[TicketFact]:
        """Read tickets; not those that only machines wrote."""
        columns = ticket_figures.c
        chosen = sa.select(*(columns[name] for name in TicketFact._fields)).where(condition, sa.not_(columns.automatic))
        return self._database.read(lambda c: [TicketFact(*row) for row in c.execute(chosen)])

    def session_stamps(self, since: datetime, until: datetime) -> dict[int, tuple[int, ...]]:
        """Return a stamp of each day's sessions: it differs once an outcome, an end, a ticket or a visitor does."""
        columns = deflections.c
        day = _day(columns.created_at)
        said = sa.case({name: place for place, name in enumerate(OUTCOMES, 1)}, value=columns.outcome, else_=0)
        weight = sa.cast(sa.func.substr(columns.created_at, 21, 6), sa.Integer) + 1  # two that swap are seen, too
        filled = (columns.outcome, columns.ended, columns.ticket_id, columns.visitor, columns.account)
        numbers = (sa.func.count(), sa.func.sum(weight * said), *(sa.func.count(each) for each in filled))
        chosen = sa.select(day, *numbers).where(columns.created_at >= since, columns.created_at < until)
        rows = self._database.read(lambda c: c.execute(chosen.group_by(day)).all())
        return {ordinal(each): tuple(map(int, found)) for each, *found in rows}

    def sessions(self, since: datetime, until: datetime) -> list[SessionFact]:
        """Return the sessions of a time, oldest first, also those without a real question: they are contacts."""
        columns = deflections.c
        chosen = sa.select(*(columns[name] for name in SessionFact._fields)).where(
            columns.created_at >= since, columns.created_at < until
        )
        return self._database.read(lambda c: [SessionFact(*row) for row in c.execute(chosen.order_by("created_at"))])

    def account_tickets(self, since: datetime, until: datetime) -> list[AccountTicket]:
        """Return the tickets of a time that accounts opened without a session."""
        columns = tickets.c
        chosen = sa.select(columns.account, columns.created_at).where(
            columns.account.is_not(None),
            columns.deflection_id.is_(None),
            columns.created_at >= since,
            columns.created_at < until,
        )
        return self._database.read(lambda c: [AccountTicket(*row) for row in c.execute(chosen)])

    def open_tickets(self, at: datetime) -> list[OpenTickets]:
        """Count open tickets by status and priority."""
        columns = tickets.c
        older = [columns.created_at <= at - age for age in AGES]
        at_risk = sa.and_(columns.at_risk_from <= at, columns.due_by >= at)
        groups = (columns.status, columns.priority)
        chosen = (
            sa.select(
                *groups,
                sa.func.count(),
                *(_counted(each) for each in (columns.due_by < at, at_risk, *older)),
                sa.func.min(columns.created_at, type_=columns.created_at.type),
            )
            .where(columns.status.in_(_OPEN))
            .group_by(*groups)
        )
        return self._database.read(lambda c: [_open(row) for row in c.execute(chosen)])

    def backlog(self, at: datetime) -> int:
        """Return how many tickets were open at an instant; when a duplicate left, its closing or last change says."""
        columns, figures = tickets.c, ticket_figures.c
        left = sa.func.coalesce(figures.resolved_at, columns.closed_at, columns.updated_at)
        joined = tickets.outerjoin(ticket_figures, figures.ticket_id == columns.id)
        chosen = sa.select(sa.func.count()).select_from(joined)
        still = sa.or_(columns.status.in_(_OPEN), left >= sa.bindparam("at", at, columns.created_at.type))
        return self._database.read(lambda c: int(c.scalar(chosen.where(columns.created_at < at, still)) or 0))

    def incidents(self) -> Mapping[str, int]:
        """Return the open tickets that lead an incident, each with the number of its cases."""
        leader = tickets.alias()
        chosen = (
            sa.select(leader.c.id, sa.func.count())
            .join(tickets, tickets.c.incident_id == leader.c.id)
            .where(leader.c.status.in_(_OPEN))
            .group_by(leader.c.id)
            .order_by(leader.c.id.desc())
        )
        return self._database.read(lambda c: {row[0]: row[1] for row in c.execute(chosen)})

    def uncounted(self) -> int:
        """Return how many tickets have no figures yet: older than figures are, and not reached by the task."""
        known = sa.select(sa.func.count()).select_from(ticket_figures).scalar_subquery()
        every = sa.select(sa.func.count()).select_from(tickets).scalar_subquery()
        return self._database.read(lambda c: int(c.scalar(sa.select(every - known)) or 0))


def ordinal(day: str) -> int:
    """Return the number of a day."""
    return date.fromisoformat(day).toordinal()


def _day(column: sa.ColumnElement[datetime]) -> sa.ColumnElement[str]:
    return sa.func.substr(column, 1, 10, type_=sa.String)


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _open(row: Sequence[Any]) -> OpenTickets:
    status, priority, n, overdue, at_risk, *older, oldest = row
    reached = [n, *older]  # how many are at least so old
    ages = tuple(younger - elder for younger, elder in zip(reached, [*older, 0], strict=True))
    return OpenTickets(status, priority, n, overdue, at_risk, oldest, ages)
