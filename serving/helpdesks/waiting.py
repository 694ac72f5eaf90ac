"""`firstline helpdesks waiting`: what has not reached the other side yet, since when, and why."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from serving.helpdesks.store import behind
from serving.storage.database import read_only

_MOST = 1_000


def waiting(database: Path | str, at: datetime) -> list[str]:
    """Return a line for each ticket that either side does not show as it is on the other.

    Raises `DatabaseMissing`: there is no database to read.
    """
    with read_only(database) as connection:
        return [_line(row, at) for row in behind(connection, _MOST)]


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
