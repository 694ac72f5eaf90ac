"""The list's tickets and counts, from the row that each ticket has: no log is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.console.queue.filters import ME, NOBODY, UNFINISHED, Filter
from serving.policy.label_filter import has
from serving.storage.tables import tickets
from serving.ticket_desk import ending_of

PAGE = 50
_NUMBER = re.compile(r"[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}")
_MOST_WORDS = 8  # of a search
_MOST_ASSIGNEES = 200
_SEARCHED = (tickets.c.subject, tickets.c.email, tickets.c.account, tickets.c.external_id, tickets.c.id)
_cases = tickets.alias()
_HAS_CASES = sa.exists().where(_cases.c.incident_id == tickets.c.id)
_NEEDS_SOMEBODY = tickets.c.needs_nobody.is_(None)
_LEADS = sa.and_(  # an incident; asked only where the deadline may be that of another ticket
    tickets.c.due_by.is_distinct_from(tickets.c.first_response_by),
    tickets.c.due_by.is_distinct_from(tickets.c.resolution_by),
    _HAS_CASES,
).label("leads")
_SHOWN = (
    tickets.c.id,
    tickets.c.subject,
    tickets.c.status,
    tickets.c.priority,
    tickets.c.due_by,
    tickets.c.at_risk_from,
    tickets.c.first_response_by,
    tickets.c.resolution_by,
    tickets.c.incident_id,
    tickets.c.assignee,
    tickets.c.email,
    tickets.c.account,
    tickets.c.plan,
    tickets.c.team,
    tickets.c.tier,
    tickets.c.category,
    tickets.c.category_mode,
    tickets.c.needs_nobody,
    tickets.c.created_at,
    _LEADS,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets there are by status, and how many are breached or at risk."""

    by_status: Mapping[str, int]
    breached: int
    at_risk: int
    needs_nobody: int  # the unfinished ones; they are in no other count

    @property
    def unfinished(self) -> int:
        """Those that are neither resolved nor closed."""
        return sum(self.by_status.get(each, 0) for each in UNFINISHED)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list."""

    rows: Sequence[sa.RowMapping]
    total: int
    counts: Counts
    assignees: Sequence[str]


def find(connection: sa.Connection, wanted: Filter, me: str, at: datetime) -> Found:
    """Return a page of tickets with all that stands around it; `me` is the name under which the reader acts."""
    where = _conditions(wanted, me, at)
    total = connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(*where)) or 0
    asked = sa.select(*_SHOWN).where(*where).order_by(*_order(wanted.sort, at))
    rows = connection.execute(asked.limit(PAGE).offset((wanted.page - 1) * PAGE)).mappings().all()
    return Found(rows, total, _counts(connection, at), _assignees(connection))


def count_cases(connection: sa.Connection, incident_id: str) -> int:
    """Return how many tickets are linked to an incident."""
    linked = sa.select(sa.func.count()).select_from(tickets).where(tickets.c.incident_id == incident_id)
    return connection.scalar(linked) or 0


def id_of(connection: sa.Connection, named: str) -> str:
    """Return the id of the ticket that a person names by its number, or what was written where it is none."""
    if not _NUMBER.fullmatch(named):
        return named
    ending = tickets.c.id.endswith(ending_of(named), autoescape=True)
    return connection.scalar(sa.select(tickets.c.id).where(ending).order_by(tickets.c.id.desc()).limit(1)) or named


def _is_breached(at: datetime) -> sa.ColumnElement[bool]:
    return tickets.c.due_by < at


def _is_at_risk(at: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(tickets.c.at_risk_from <= at, tickets.c.due_by >= at)


def _conditions(wanted: Filter, me: str, at: datetime) -> list[sa.ColumnElement[bool]]:
    where = [_has(word) for word in wanted.q.split()[:_MOST_WORDS]]
    if wanted.statuses is not None:
        where.append(tickets.c.status.in_(wanted.statuses))
    for name in ("priority", "team", "tier", "category"):
        value, column = getattr(wanted, name), tickets.c[name]
        if value:
            where.append(column.is_(None) if value == NOBODY else column == value)
    head, _, label = wanted.label.partition("=")
    if label:
        where.append(has(head, label))
    if wanted.assignee:
        name = me if wanted.assignee == ME else wanted.assignee
        where.append(tickets.c.assignee.is_(None) if name == NOBODY else tickets.c.assignee == name)
    if wanted.incident:
        where.append(sa.or_(tickets.c.incident_id == wanted.incident, tickets.c.id == wanted.incident))
    asked = (
        (wanted.breached, _is_breached(at)),
        (wanted.at_risk, _is_at_risk(at)),
        (wanted.leads, _HAS_CASES),
        (wanted.needs_nobody, sa.not_(_NEEDS_SOMEBODY)),
        (wanted.somebody_only, _NEEDS_SOMEBODY),
    )
    return [*where, *(condition for is_asked, condition in asked if is_asked)]


def _has(word: str) -> sa.ColumnElement[bool]:
    """Ask for a word in subject, address, account or id. SQLite ignores the case of ASCII letters only."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    found = [column.icontains(each, autoescape=True) for column in _SEARCHED for each in sorted(forms)]
    if _NUMBER.fullmatch(word):
        found.append(tickets.c.id.endswith(ending_of(word), autoescape=True))
    return sa.or_(*found)


def _order(sort: str, at: datetime) -> Sequence[sa.ColumnElement[Any]]:
    """Order a list; unless the reader asks otherwise what is breached comes first, then what is at risk."""
    newest = tickets.c.id.desc()
    urgent = sa.case((_is_breached(at), 0), (_is_at_risk(at), 1), else_=2)
    due: tuple[sa.ColumnElement[Any], ...] = (tickets.c.due_by.is_(None), tickets.c.due_by)
    orders: dict[str, list[sa.ColumnElement[Any]]] = {
        "due": [urgent, *due, newest],
        "priority": [tickets.c.priority.is_(None), tickets.c.priority, *due, newest],
        "newest": [newest],
        "oldest": [tickets.c.id],
        "updated": [tickets.c.updated_at.desc(), newest],
    }
    return orders[sort]


def _counts(connection: sa.Connection, at: datetime) -> Counts:
    unfinished = tickets.c.status.in_(UNFINISHED)
    by_status = sa.select(tickets.c.status, sa.func.count().label("tickets")).group_by(tickets.c.status)
    by_status = by_status.where(sa.or_(sa.not_(unfinished), _NEEDS_SOMEBODY))
    late, near, nobody = (
        sa.select(sa.func.count()).select_from(tickets).where(each, unfinished).scalar_subquery()
        for each in (_is_breached(at), _is_at_risk(at), sa.not_(_NEEDS_SOMEBODY))
    )
    found = connection.execute(sa.select(late, near, nobody)).one()
    return Counts({row.status: row.tickets for row in connection.execute(by_status)}, *found)


def _assignees(connection: sa.Connection) -> Sequence[str]:
    taken = sa.select(tickets.c.assignee).where(tickets.c.status.in_(UNFINISHED), tickets.c.assignee.is_not(None))
    return connection.scalars(taken.distinct().order_by(tickets.c.assignee).limit(_MOST_ASSIGNEES)).all()
