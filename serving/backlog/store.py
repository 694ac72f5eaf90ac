"""Jobs in the database, as an operator sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.errors import NotFound
from serving.jobs import queue as jobs
from serving.storage.job_tables import jobs as rows


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job; `record` holds ids, never texts."""

    id: str
    kind: str
    subject: str
    state: str  # waiting | running | dead
    attempts: int
    fault: str | None  # why the last attempt failed, in a word
    created_at: datetime
    run_at: datetime  # of one that waits: not before; of a dead one: about when it was given up
    record: dict[str, Any]


_COLUMNS = (
    rows.c.id,
    rows.c.kind,
    rows.c.subject,
    rows.c.state,
    rows.c.attempt,
    rows.c.fault,
    rows.c.created_at,
    rows.c.run_at,
    rows.c.record,
)


def page(connection: sa.Connection, state: str, before: str | None, limit: int) -> list[JobRow]:
    """Return jobs in a state, newest first."""
    asked = sa.select(*_COLUMNS).where(rows.c.state == state)
    if before is not None:
        asked = asked.where(rows.c.id < before)
    return [JobRow(*row) for row in connection.execute(asked.order_by(rows.c.id.desc()).limit(limit))]


def find(connection: sa.Connection, job_id: str) -> JobRow:
    """Return a job.

    Raises `NotFound`: there is none, or it was done.
    """
    row = connection.execute(sa.select(*_COLUMNS).where(rows.c.id == job_id)).first()
    if row is None:
        raise NotFound(kind="job", id=job_id)
    return JobRow(*row)


def revive(connection: sa.Connection, job_id: str, at: datetime) -> JobRow:
    """Let a dead job run again from its first attempt.

    Raises `NotFound`: there is no dead job with this id.
    """
    if not jobs.revive(connection, job_id, at):
        raise NotFound(kind="dead job", id=job_id)
    return find(connection, job_id)


def drop(connection: sa.Connection, job_id: str) -> None:
    """Take a dead job away: nobody will do what it was for.

    Raises `NotFound`: there is no dead job with this id.
    """
    dead = rows.c.id == job_id, rows.c.state == jobs.DEAD
    if not connection.execute(rows.delete().where(*dead)).rowcount:
        raise NotFound(kind="dead job", id=job_id)


def forget(connection: sa.Connection, before: datetime) -> int:
    """Drop jobs that were given up before an instant and return how many."""
    return connection.execute(rows.delete().where(rows.c.state == jobs.DEAD, rows.c.run_at < before)).rowcount
