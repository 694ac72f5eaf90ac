"""Read what the KPIs and the deflection ladder count: a few narrow columns, in a few statements, and no event log."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.tables import deflections, ticket_figures, tickets

_OPEN = ("new", "open", "pending")
_DAY = timedelta(days=1)
ARTICLE_OFFERED = "article"
"""How a question counts that was asked back because only the article is sure, and not the section."""
AGES = (_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)
"""Ends of the groups of the backlog by age; the last group has none."""


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
    brand: str | None = None
    articles: tuple[str, ...] = ()
    """Ids of the articles that its answer quotes, where they were asked for."""


class AccountTicket(NamedTuple):
    """A ticket that an account opened without a session."""

    account: str
    created_at: datetime


class OpenTickets(NamedTuple):
    """Open tickets of one status and priority: how many, how many of them breached and at risk, and by age."""

    status: str
    priority: str | None
    n: int
    breached: int
    at_risk: int
    oldest: datetime
    ages: tuple[int, ...]


class FactStore:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sessions(self, since: datetime, until: datetime, *, quoting: bool = False) -> list[SessionFact]:
        """Return the sessions of a time, oldest first, also those without a real question: they are contacts.

        `quoting` reads their answers, too, which are long.
        """
        columns = deflections.c
        made = {"decision": _decision()}
        named = [made.get(name, columns[name]) for name in SessionFact._fields if name in columns]
        chosen = sa.select(*named, *([columns.response] if quoting else ())).where(
            columns.created_at >= since, columns.created_at < until
        )
        rows = chosen.order_by("created_at")
        if not quoting:
            return self._database.read(lambda c: [SessionFact(*row) for row in c.execute(rows)])
        return self._database.read(lambda c: [_quoting(*row) for row in c.execute(rows)])

    def account_tickets(self, since: datetime, until: datetime) -> list[AccountTicket]:
        """Return the tickets of a time that accounts opened without a session."""
        columns = tickets.c
        chosen = sa.select(columns.account, columns.created_at).where(
            columns.account.is_not(None),
            columns.deflection_id.is_(None),
            columns.needs_nobody.is_(None),
            columns.created_at >= since,
            columns.created_at < until,
        )
        return self._database.read(lambda c: [AccountTicket(*row) for row in c.execute(chosen)])

    def open_tickets(self, at: datetime) -> list[OpenTickets]:
        """Count open tickets that somebody has to see by status and priority."""
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
            .where(columns.status.in_(_OPEN), columns.needs_nobody.is_(None))
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
        chosen = chosen.where(columns.created_at < at, still, columns.needs_nobody.is_(None))
        return self._database.read(lambda c: int(c.scalar(chosen) or 0))

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


def _quoting(*row: Any) -> SessionFact:  # noqa: ANN401 (a row's values)
    fact = SessionFact(*row[:-1])
    return fact._replace(articles=tuple(sorted(articles_of(fact.decision, row[-1])[1])))


def articles_of(decision: str, response: Mapping[str, Any] | None) -> tuple[set[str], set[str]]:
    """Return the ids of the articles that a session was shown, and of those that its answer quotes."""
    said = response or {}
    answer = said.get("answer") or {}
    shown = {str(each["id"]) for each in said.get("articles") or ()}
    quoted = {str(each["article_id"]) for each in answer.get("sources") or ()} if decision == "answer" else set()
    return shown, quoted


def _decision() -> sa.ColumnElement[str]:
    """Return what was decided, an article that was offered apart from other questions back."""
    columns = deflections.c
    return sa.case((columns.article_offered, ARTICLE_OFFERED), else_=columns.decision)


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _open(row: Sequence[Any]) -> OpenTickets:
    status, priority, n, breached, at_risk, *older, oldest = row
    reached = [n, *older]  # how many are at least so old
    ages = tuple(younger - elder for younger, elder in zip(reached, [*older, 0], strict=True))
    return OpenTickets(status, priority, n, breached, at_risk, oldest, ages)
