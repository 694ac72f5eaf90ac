"""Incidents that were opened by hand, and the sessions that were told of any, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.storage.job_tables import incident_proposals as proposals
from serving.storage.job_tables import opened_incidents as incidents
from serving.storage.job_tables import told_sessions
from serving.storage.tables import articles, deflections, tickets
from serving.surges.incidents.schemas import OpenedIncident, ToldSession, ToldSessions
from triage.tickets.ticket import Status

OVER = (Status.RESOLVED.value, Status.CLOSED.value)
_COLUMNS = ("id", "ticket_id", "title", "message", "terms", "area", "opened_at", "opened_by", "ended_at", "ended_by")
_TOLD = ("visitor", "account", "email", "ticket_id")


def insert(connection: sa.Connection, row: Mapping[str, object]) -> None:
    """Add an incident."""
    connection.execute(sa.insert(incidents), dict(row))


def update(connection: sa.Connection, incident_id: str, values: Mapping[str, object]) -> None:
    """Change an incident."""
    connection.execute(incidents.update().where(incidents.c.id == incident_id).values(**values))


def end(connection: sa.Connection, incident_id: str, at: datetime, by: str) -> bool:
    """Mark an incident as ended; False if it was."""
    this = incidents.c.id == incident_id, incidents.c.ended_at.is_(None)
    ended = incidents.update().where(*this).values(ended_at=at, ended_by=by).returning(incidents.c.id)
    return connection.execute(ended).first() is not None


def load(connection: sa.Connection, incident_id: str) -> OpenedIncident:
    """Return an incident.

    Raises `NotFound`: there is none with this id.
    """
    found = _find(connection, (incidents.c.id == incident_id,), 1)
    if not found:
        raise NotFound(kind="incident", id=incident_id)
    return found[0]


def known_tickets(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Return those of the ids that are tickets."""
    return set(connection.scalars(sa.select(tickets.c.id).where(tickets.c.id.in_(ids))))


def areas(connection: sa.Connection) -> set[str]:
    """Return the product areas of articles."""
    has_area = articles.c.product_area.is_not(None), articles.c.deleted_at.is_(None)
    return set(connection.scalars(sa.select(articles.c.product_area).where(*has_area).distinct()))


def newest(connection: sa.Connection, limit: int) -> list[OpenedIncident]:
    """Return incidents, the newest first."""
    return _find(connection, (), limit)


def told_of(connection: sa.Connection, incident: str, limit: int) -> ToldSessions:
    """Return the sessions that were told of an incident, or of a proposal, the latest first.

    Raises `NotFound`: there is neither with this id.
    """
    both = sa.union_all(*(sa.select(table.c.id).where(table.c.id == incident) for table in (incidents, proposals)))
    if connection.scalar(both) is None:
        raise NotFound(kind="incident", id=incident)
    of_it = told_sessions.c.incident == incident
    total = connection.scalar(sa.select(sa.func.count()).select_from(told_sessions).where(of_it)) or 0
    asked = (
        sa.select(told_sessions.c.deflection_id, told_sessions.c.at, *(deflections.c[name] for name in _TOLD))
        .join(deflections, deflections.c.id == told_sessions.c.deflection_id)
        .where(of_it)
        .order_by(told_sessions.c.at.desc(), told_sessions.c.deflection_id.desc())
        .limit(limit)
    )
    return ToldSessions(total, [ToldSession(**row) for row in connection.execute(asked).mappings()])


def _find(connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], limit: int) -> list[OpenedIncident]:
    asked = (
        sa.select(*(incidents.c[name] for name in _COLUMNS), tickets.c.status)
        .join(tickets, tickets.c.id == incidents.c.ticket_id)
        .where(*where)
        .order_by(incidents.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(asked).mappings().all()
    counted = sa.select(told_sessions.c.incident, sa.func.count()).group_by(told_sessions.c.incident)
    some = counted.where(told_sessions.c.incident.in_([row["id"] for row in rows]))
    told = {row[0]: row[1] for row in connection.execute(some)}
    return [_out(row, told.get(row["id"], 0)) for row in rows]


def _out(row: sa.RowMapping, told: int) -> OpenedIncident:
    given: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    over = row["ended_at"] is not None or row["status"] in OVER
    return OpenedIncident(**given, state="ended" if over else "open", told=told)
