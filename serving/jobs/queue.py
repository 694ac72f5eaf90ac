"""The job queue: a job is enqueued in the caller's transaction.

A worker claims a job under a lease. Each lease has a token, and only the holder of the last token can settle the job,
so a worker that lost its lease changes nothing. No recovery is needed: an expired lease can be claimed. A job may
therefore run twice, and tasks must allow that.

Jobs of one subject run in the order in which they were enqueued; a dead job does not block the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from serving.storage.column_types import Instant
from serving.storage.commit_signal import notify_after
from serving.storage.ids import new_id
from serving.storage.job_tables import jobs

WAITING, RUNNING, DEAD = "waiting", "running", "dead"
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work under a lease; its record holds ids, never texts."""

    id: str
    kind: str
    subject: str
    record: Mapping[str, Any]
    attempt: int
    token: int


Task = Callable[[Job], bool | None]
"""Does the work; True when it took its own job away, in the transaction of its effects."""


class RetryLater(Exception):
    """Retry this job after this delay, or by the policy; not `counted` as an attempt if nothing was tried."""

    def __init__(self, after: timedelta | None, reason: str, *, counted: bool = True) -> None:
        self.after, self.reason, self.counted = after, reason, counted
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The delay after each failed attempt; after the last delay there is no further attempt."""

    delays: tuple[timedelta, ...]
    jitter: float = 0.2  # of a delay, either way

    @property
    def attempts(self) -> int:
        """How many attempts there are."""
        return len(self.delays) + 1

    def delay(self, attempt: int, draw: float) -> timedelta | None:
        """Return the wait after this attempt, for a draw from [0, 1); None after the last."""
        if attempt >= self.attempts:
            return None
        return self.delays[attempt - 1] * (1 + self.jitter * (2 * draw - 1))


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What runs a kind of job, how often it is tried, and how many of one lane at a time.

    One that `calls` waits for somebody else's machine: it runs beside the worker's threads and holds up none of them.
    """

    task: Task
    policy: RetryPolicy = RetryPolicy(tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 3600, 3600)))
    concurrency: int = 4
    calls: bool = False


class Options(TypedDict, total=False):
    """Options that few jobs use."""

    run_at: datetime  # not before
    unique: str  # while a job has this key there is no second
    ordered: bool  # False: it neither waits for its subject's other jobs nor holds them up


def enqueue(
    connection: sa.Connection,
    kind: str,
    *,
    subject: str,
    record: Mapping[str, Any],
    at: datetime,
    **options: Unpack[Options],
) -> str:
    """Add a job in the caller's transaction and return its id, or that of the one with the same unique key.

    What stands before a colon in the subject is its lane: jobs of one lane share a bound on how many run at a time.
    """
    notify_after(connection)
    unique = options.get("unique")
    if unique is not None:
        known = connection.scalar(sa.select(jobs.c.id).where(jobs.c.unique_key == unique))
        if known is not None:
            return str(known)
    row = _row(kind, subject, record, at, options)
    connection.execute(_INSERT, row)
    return str(row["id"])


def enqueue_all(
    connection: sa.Connection, kind: str, wanted: Sequence[tuple[str, Mapping[str, Any], str]], *, at: datetime
) -> None:
    """Add a job for each subject, record and unique key that no other job has, in one write."""
    if wanted:
        notify_after(connection)
        rows = [_row(kind, subject, record, at, {"unique": unique}) for subject, record, unique in wanted]
        connection.execute(_INSERT, rows)


def due(connection: sa.Connection, kinds: Mapping[str, int], at: datetime) -> list[str]:
    """Return without writing the kinds of which there is something to claim, with `most` of a lane as for `claim`."""

    def is_due(kind: str, most: int) -> bool:
        return connection.scalar(_CLAIMABLE, {"of_kind": kind, "most": most, "now": at}) is not None

    return [kind for kind, most in kinds.items() if is_due(kind, most)]


def claim(connection: sa.Connection, kind: str, *, most: int, at: datetime) -> Job | None:
    """Lease the job of a kind that has waited longest, unless `most` of its lane run; None when nothing is due."""
    claiming = _CLAIM_BESIDE_OTHERS if connection.dialect.name == "postgresql" else _CLAIM
    row = connection.execute(claiming, {"of_kind": kind, "most": most, "now": at, "until": at + LEASE}).first()
    return None if row is None else Job(*row)


def extend(connection: sa.Connection, job: Job, at: datetime) -> bool:
    """Prolong the lease; False when another has it."""
    return _settle(connection, job, run_at=at + LEASE)


def finish(connection: sa.Connection, job: Job) -> bool:
    """Take the job away: it is done; False when another has it."""
    return connection.execute(jobs.delete().where(_held(job))).rowcount == 1


def retry(connection: sa.Connection, job: Job, *, at: datetime, fault: str, counted: bool = True) -> bool:
    """Let the job wait until an instant; False when another has it."""
    attempt = job.attempt if counted else job.attempt - 1
    return _settle(connection, job, state=WAITING, run_at=at, fault=fault, attempt=attempt)


def bury(connection: sa.Connection, job: Job, *, fault: str) -> bool:
    """Give the job up: it stays, can be read and revived, and holds up nothing; False when another has it."""
    return _settle(connection, job, state=DEAD, fault=fault)


def postpone(connection: sa.Connection, kind: str, lane: str, until: datetime) -> None:
    """Let what waits in a lane wait until an instant, in one write: nobody looks at each of them before."""
    waits = jobs.c.kind == kind, jobs.c.lane == lane, jobs.c.state == WAITING, jobs.c.run_at < until
    connection.execute(jobs.update().where(*waits).values(run_at=until))


def revive(connection: sa.Connection, job_id: str, at: datetime) -> bool:
    """Let a dead job run again from its first attempt; False when there is no such dead job."""
    notify_after(connection)
    dead = sa.and_(jobs.c.id == job_id, jobs.c.state == DEAD)
    return connection.execute(jobs.update().where(dead).values(state=WAITING, attempt=0, run_at=at)).rowcount == 1


def held(connection: sa.Connection, job: Job) -> bool:
    """Tell whether the lease is still the last one."""
    return connection.scalar(sa.select(jobs.c.number).where(_held(job))) is not None


def fence(connection: sa.Connection, job: Job | None) -> None:
    """Refuse to write for a job that another holds by now: raise `RetryLater`. Without a job nothing is refused."""
    if job is not None and not held(connection, job):
        raise RetryLater(None, "another holds this job by now", counted=False)


def counts(connection: sa.Connection, at: datetime) -> tuple[dict[str, int], float]:
    """Return the jobs by state, and for how many seconds the one that is longest due has waited."""
    rows = connection.execute(sa.select(jobs.c.state, sa.func.count(), sa.func.min(jobs.c.run_at)).group_by("state"))
    by_state, oldest = {WAITING: 0, RUNNING: 0, DEAD: 0}, at
    for state, number, first in rows:
        by_state[state] = number
        if state == WAITING:
            oldest = min(oldest, first)
    return by_state, (at - oldest).total_seconds()


def _settle(connection: sa.Connection, job: Job, **values: object) -> bool:
    return connection.execute(jobs.update().where(_held(job)).values(**values)).rowcount == 1


def _held(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(jobs.c.id == job.id, jobs.c.token == job.token, jobs.c.state == RUNNING)


def _row(kind: str, subject: str, record: Mapping[str, Any], at: datetime, options: Options) -> dict[str, object]:
    return {
        "id": new_id("job", at),
        "kind": kind,
        "subject": subject,
        "lane": subject.partition(":")[0],
        "unique_key": options.get("unique"),
        "record": dict(record),
        "state": WAITING,
        "ordered": options.get("ordered", True),
        "attempt": 0,
        "token": 0,
        "created_at": at,
        "run_at": options.get("run_at", at),
    }


def _claimable() -> sa.Select[tuple[int]]:
    kind, now = sa.bindparam("of_kind", type_=sa.String), sa.bindparam("now", type_=Instant)
    earlier, busy = jobs.alias("earlier"), jobs.alias("busy")
    held_up = sa.exists().where(
        earlier.c.subject == jobs.c.subject,
        earlier.c.number < jobs.c.number,
        earlier.c.state != DEAD,
        earlier.c.ordered,
    )
    full = (  # looked up once: a backlog behind an endpoint that hangs is passed over row by row
        sa.select(busy.c.lane)
        .where(busy.c.kind == kind, busy.c.state == RUNNING, busy.c.run_at > now)
        .group_by(busy.c.lane)
        .having(sa.func.count() >= sa.bindparam("most", type_=sa.Integer))
    )
    return (
        sa.select(jobs.c.number)
        .where(jobs.c.kind == kind, jobs.c.state.in_([WAITING, RUNNING]), jobs.c.run_at <= now)
        .where(jobs.c.lane.not_in(full), sa.or_(sa.not_(jobs.c.ordered), sa.not_(held_up)))
        .order_by(jobs.c.run_at, jobs.c.number)
        .limit(1)
    )


def _claim(found: sa.Select[tuple[int]]) -> sa.Executable:
    still = jobs.c.state != DEAD, jobs.c.run_at <= sa.bindparam("now", type_=Instant)
    return (
        jobs.update()
        .where(jobs.c.number == found.scalar_subquery(), *still)
        .values(
            state=RUNNING,
            attempt=jobs.c.attempt + 1,
            token=jobs.c.token + 1,
            run_at=sa.bindparam("until", type_=Instant),
        )
        .returning(jobs.c.id, jobs.c.kind, jobs.c.subject, jobs.c.record, jobs.c.attempt, jobs.c.token)
    )


# Built once: a worker asks so often that building them would cost more than the answers.
_INSERT = sa.insert(jobs)
_CLAIMABLE = _claimable()
_CLAIM = _claim(_CLAIMABLE)
_CLAIM_BESIDE_OTHERS = _claim(_CLAIMABLE.with_for_update(skip_locked=True))
