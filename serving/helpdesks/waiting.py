"""`firstline helpdesks waiting`: what has not reached the other side yet, since when, and why."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.helpdesks.port.connections import read
from serving.helpdesks.vendor_table import KINDS
from serving.storage.database import read_only
from serving.storage.tables import helpdesk_links, tickets
from triage.tickets.closed_ticket import LABELS

_MOST = 1_000


def waiting(database: Path | str, at: datetime, silent: Collection[str] = ()) -> list[str]:
    """Return a line for each ticket that either side does not show as it is on the other.

    Nothing is written to the connections in `silent`, so their tickets wait for nothing.

    Raises `DatabaseMissing`: there is no database to read.
    """
    with read_only(database) as connection:
        return lines(connection, at, silent)


def lines(reading: sa.Connection, at: datetime, silent: Collection[str] = ()) -> list[str]:
    """Return what `waiting` returns, of a database that is open."""
    return [_line(row, at) for row in _behind(reading, silent)]


def silent(
    file: Path | None, heads: tuple[str, ...] = LABELS, multi: tuple[str, ...] = (), declared: tuple[str, ...] = ()
) -> set[str]:
    """Return the connections to which nothing is written: without a token, or of a kind that takes no tickets.

    The connections are read with the desk's names, as `connections.read` takes them.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    connections = read(file, heads, multi, declared).values()
    return {each.name for each in connections if not (each.token and KINDS[each.kind].capabilities.create)}


def _behind(reading: sa.Connection, silent: Collection[str]) -> Sequence[Any]:
    """Return the links that are behind on either side: not shown there, not open here, or not read since a change."""
    c = helpdesk_links.c
    shown = sa.true() if not silent else c.connection.not_in(silent)
    newer = sa.and_(tickets.c.version > c.version, tickets.c.status != "closed", shown)
    return reading.execute(
        sa.select(
            *(c.connection, c.ticket_id, c.remote_id, c.attempts, c.due_at, c.fault, c.stale_at),
            *(tickets.c.updated_at, newer.label("is_newer")),
        )
        .select_from(helpdesk_links.outerjoin(tickets, tickets.c.id == c.ticket_id))
        .where(sa.or_(newer, c.arrived.is_not(None), c.stale_at.is_not(None)))
        .order_by(c.connection, c.id)
        .limit(_MOST)
    ).all()


def _line(row: Any, at: datetime) -> str:  # noqa: ANN401 (a row)
    if row.ticket_id and not row.is_newer:
        next_ = f"next try in {_span(row.stale_at - at)}" if row.stale_at > at else "due now"
        return f"{row.connection}: ticket {row.remote_id} changed there and is not read yet; {next_}"
    what = f"{row.ticket_id} is not shown there" if row.ticket_id else f"case {row.remote_id} is not open here"
    since = f" as it is since {row.updated_at:%Y-%m-%d %H:%M} UTC" if row.updated_at else ""
    next_ = f"next try in {_span(row.due_at - at)}" if row.due_at > at else "due now"
    fault = f": {row.fault}" if row.fault else ""
    return f"{row.connection}: {what}{since}; {row.attempts} attempts failed, {next_}{fault}"


def _span(span: timedelta) -> str:
    minutes = -(-span // timedelta(minutes=1))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
