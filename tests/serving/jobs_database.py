"""A database with jobs: add, claim and run them at a clock that stands still."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from serving.jobs import queue as jobs
from serving.jobs.queue import Job, RetryPolicy, Task, TaskSpec
from serving.jobs.workers import Workers
from serving.storage.database import Database
from serving.storage.job_tables import jobs as table
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock

KIND = "greet"
QUICK = RetryPolicy((timedelta(seconds=10), timedelta(seconds=10)))


class JobsDatabase:
    """What the tests of queue and workers do with jobs."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database, self.clock = database, clock

    def add(self, subject: str, run_in: timedelta = timedelta(0), **options: object) -> str:
        at = self.clock.now()
        return self.database.write(
            lambda c: jobs.enqueue(c, KIND, subject=subject, record={}, at=at, run_at=at + run_in, **options)  # type: ignore[arg-type]
        )

    def claim(self, most: int = 9) -> Job | None:
        return self.database.write(lambda c: jobs.claim(c, KIND, most=most, at=self.clock.now()))

    def states(self) -> dict[str, str]:
        return self.database.read(
            lambda c: {row.id: row.state for row in c.execute(sa.select(table.c.id, table.c.state))}
        )

    def workers(self, task: Task, *, threads: int = 1, concurrency: int = 4) -> Workers:
        tasks = {KIND: TaskSpec(task, QUICK, concurrency)}
        return Workers(self.database, self.clock, Telemetry(), tasks, threads=threads, draw=lambda: 0.5)


def run_one(workers: Workers) -> bool:
    """Claim a job and run it here; False when nothing is due."""
    job = workers._claim(workers._tasks)
    if job is not None:
        workers._begin(job)
        workers._run(job)
    return job is not None
