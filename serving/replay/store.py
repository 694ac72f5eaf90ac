"""Replays that somebody asked for over HTTP, in the database; each is kept for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa

from serving.errors import NotFound
from serving.replay.trial import Window
from serving.storage.job_tables import replays
from serving.storage.tables import deflections, tickets

State = Literal["waiting", "running", "done", "failed"]
KEPT: Final = timedelta(days=1)
LONGEST: Final = timedelta(hours=1)
"""A replay that has not ended by then has failed, for example because the service was stopped for good."""
_UNENDED = ("waiting", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReplay:
    """A replay: what is tried, how far it is, and what came of it."""

    id: str
    at: datetime
    state: State
    tried: Mapping[str, Any]
    done: int
    n: int
    result: Mapping[str, Any] | None
    problem: str | None
    ended_at: datetime | None
    key_id: str | None


def add(connection: sa.Connection, replay: StoredReplay) -> None:
    """Add a replay."""
    values = {column.name: getattr(replay, column.name) for column in replays.columns}
    connection.execute(replays.insert().values(values))


def find(connection: sa.Connection, replay_id: str) -> StoredReplay | None:
    """Return a replay, None where there is none."""
    row = connection.execute(sa.select(replays).where(replays.c.id == replay_id)).mappings().first()
    return None if row is None else StoredReplay(**row)


def load(connection: sa.Connection, replay_id: str) -> StoredReplay:
    """Return a replay. Raises `NotFound`."""
    found = find(connection, replay_id)
    if found is None:
        raise NotFound("replay", replay_id)
    return found


def newest(connection: sa.Connection, most: int) -> list[StoredReplay]:
    """Return replays, the newest first."""
    rows = connection.execute(sa.select(replays).order_by(replays.c.id.desc()).limit(most)).mappings()
    return [StoredReplay(**row) for row in rows]


def unended(connection: sa.Connection) -> str | None:
    """Return the id of a replay that waits or runs."""
    return connection.scalar(sa.select(replays.c.id).where(replays.c.state.in_(_UNENDED)).limit(1))


def change(connection: sa.Connection, replay_id: str, **values: Any) -> None:  # noqa: ANN401 (columns)
    """Write how a replay stands."""
    connection.execute(replays.update().where(replays.c.id == replay_id).values(values))


def tidy(connection: sa.Connection, at: datetime) -> None:
    """Forget replays of more than a day ago, and give up what has not ended."""
    connection.execute(replays.delete().where(replays.c.at < at - KEPT))
    stuck = replays.c.state.in_(_UNENDED), replays.c.at < at - LONGEST
    values = {"state": "failed", "problem": "It did not end within an hour.", "ended_at": at}
    connection.execute(replays.update().where(*stuck).values(values))


def size(connection: sa.Connection, window: Window) -> int:
    """Return how many tickets and sessions there are to replay."""
    counts = (
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.created_at >= window.begins_at, table.c.created_at < window.ends_at, *besides)
        for table, besides in ((tickets, ()), (deflections, (deflections.c.eligible,)))
    )
    return sum(connection.scalar(each) or 0 for each in counts)
