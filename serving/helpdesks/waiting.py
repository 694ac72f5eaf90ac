"""`firstline helpdesks waiting`: what has not reached the other side yet, since when, and why."""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from serving.helpdesks.port.connections import read
from serving.helpdesks.store import behind
from serving.helpdesks.vendor_table import KINDS
from serving.storage.database import read_only

_MOST = 1_000


def waiting(database: Path | str, at: datetime, silent: Collection[str] = ()) -> list[str]:
    """Return a line for each ticket that a desk does not show as it is, and each case that is not open here yet.

    Nothing is written to the connections in `silent`, so their tickets wait for nothing.

    Raises `DatabaseMissing`: there is no database to read.
    """
    with read_only(database) as connection:
        return [_line(row, at) for row in behind(connection, _MOST, silent)]


def silent(file: Path | None) -> set[str]:
    """Return the connections to which nothing is written: without a token, or of a kind that takes no tickets.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    connections = read(file).values()
    return {each.name for each in connections if not (each.token and KINDS[each.kind].capabilities.create)}


def _line(row: Any, at: datetime) -> str:  # noqa: ANN401 (a row)
    what = f"{row.ticket_id} is not shown there" if row.ticket_id else f"case {row.remote_id} is not open here"
    since = f" as it is since {row.updated_at:%Y-%m-%d %H:%M} UTC" if row.updated_at else ""
    next_ = f"next try in {_span(row.due_at - at)}" if row.due_at > at else "due now"
    fault = f": {row.fault}" if row.fault else ""
    return f"{row.connection}: {what}{since}; {row.attempts} attempts failed, {next_}{fault}"


def _span(span: timedelta) -> str:
    minutes = -(-span // timedelta(minutes=1))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
