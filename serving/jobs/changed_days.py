"""Note the days of which a fact changes: what reports have counted of them is counted again."""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from serving.storage.instants import to_text
from serving.storage.job_tables import changed_days
from serving.storage.tables import deflections, tickets

What = Literal["tickets", "sessions"]
_DAY = len("2026-03-02")


def note(connection: sa.Connection, what: What, at: datetime) -> None:
    """Note the day of an instant, in the transaction of the change."""
    connection.execute(changed_days.insert(), {"day": to_text(at)[:_DAY], "what": what})


def note_sessions(connection: sa.Connection, changing: sa.ColumnElement[bool]) -> None:
    """Note the days of sessions that are about to change."""
    _note_all(connection, "sessions", deflections.c.created_at, changing)


def note_contacts(connection: sa.Connection, changing: sa.ColumnElement[bool]) -> None:
    """Note the days of tickets that an account opened without a session: to sessions before they are contacts."""
    direct = sa.and_(changing, tickets.c.account.is_not(None), tickets.c.deflection_id.is_(None))
    _note_all(connection, "sessions", tickets.c.created_at, direct)


def _note_all(
    connection: sa.Connection, what: What, column: sa.Column[datetime], changing: sa.ColumnElement[bool]
) -> None:
    day = sa.func.substr(column, 1, _DAY, type_=sa.String)
    chosen = sa.select(day, sa.literal(what)).where(changing).distinct()
    connection.execute(changed_days.insert().from_select(["day", "what"], chosen))
