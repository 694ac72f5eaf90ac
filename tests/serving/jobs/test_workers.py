"""The threads that do jobs: all that is there, no more at a time than may be, and an orderly end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from serving.jobs import queue as jobs
from serving.jobs.queue import Job, TaskSpec
from serving.jobs.workers import Workers
from serving.storage.database import Database
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock
from tests.serving.jobs_database import KIND, QUICK, JobsDatabase


@pytest.fixture
def jobs_database(database: Database, clock: FrozenClock) -> JobsDatabase:
    return JobsDatabase(database, clock)


def test_at_the_end_nothing_is_claimed_and_what_does_not_end_is_given_back(jobs_database: JobsDatabase) -> None:
    stuck, next_ = jobs_database.add("a"), jobs_database.add("b")
    begun, released = threading.Event(), threading.Event()

    def task(_: Job) -> None:
        begun.set()
        released.wait(60)

    workers = jobs_database.workers(task)
    workers.start()
    assert begun.wait(60)
    workers.stop(timedelta(0))
    assert jobs_database.states() == {stuck: "waiting", next_: "waiting"}
    successor = jobs_database.claim()
    assert successor is not None
    released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("worker-"):
            thread.join(60)
    assert jobs_database.states() == {stuck: "running", next_: "waiting"}, "who gave it back cannot settle it"


def test_threads_do_all_that_is_there(jobs_database: JobsDatabase) -> None:
    expected: dict[str, list[str]] = {}
    for number in range(60):
        expected.setdefault(f"s{number % 7}", []).append(jobs_database.add(f"s{number % 7}"))
    order: dict[str, list[str]] = {}
    all_done = threading.Event()

    def task(job: Job) -> None:
        order.setdefault(job.subject, []).append(job.id)
        if sum(map(len, order.values())) == 60:
            all_done.set()

    workers = jobs_database.workers(task, threads=3)
    workers.start()
    assert all_done.wait(60)
    workers.stop(timedelta(seconds=60))
    assert jobs_database.states() == {}
    assert order == expected


def test_calls_that_hang_hold_up_no_other_work_and_are_bounded(jobs_database: JobsDatabase) -> None:
    """Eight calls may be under way beside the thread that claims; a ninth waits for room, and other work goes on."""
    released, hanging, quick = threading.Event(), threading.Semaphore(0), threading.Event()
    under_way: list[str] = []

    def call(job: Job) -> None:
        under_way.append(job.id)
        hanging.release()
        released.wait(60)

    tasks = {KIND: TaskSpec(call, QUICK, concurrency=1, calls=True), "quick": TaskSpec(lambda _: quick.set(), QUICK)}
    workers = Workers(jobs_database.database, jobs_database.clock, Telemetry(), tasks, threads=1, draw=lambda: 0.5)
    calls = [jobs_database.add(f"lane{number}:a") for number in range(9)]
    workers.start()
    for _ in range(8):
        assert hanging.acquire(timeout=60)
    at = jobs_database.clock.now()
    jobs_database.database.write(lambda c: jobs.enqueue(c, "quick", subject="q", record={}, at=at))
    assert quick.wait(60)
    assert sorted(under_way) == sorted(calls[:8]), "the first eight, whichever of their threads came first"
    released.set()
    assert hanging.acquire(timeout=60), "the ninth has room now"
    workers.stop(timedelta(seconds=60))
    assert jobs_database.states() == {}
    assert sorted(under_way) == sorted(calls)


def test_at_the_end_a_call_that_does_not_end_is_given_back(jobs_database: JobsDatabase) -> None:
    begun, released = threading.Event(), threading.Event()

    def call(_: Job) -> None:
        begun.set()
        released.wait(60)

    tasks = {KIND: TaskSpec(call, QUICK, calls=True)}
    workers = Workers(jobs_database.database, jobs_database.clock, Telemetry(), tasks, threads=1, draw=lambda: 0.5)
    stuck = jobs_database.add("a")
    workers.start()
    assert begun.wait(60)
    workers.stop(timedelta(0))
    assert jobs_database.states() == {stuck: "waiting"}
    released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("call-"):
            thread.join(60)
    assert jobs_database.states() == {stuck: "waiting"}, "who gave it back cannot settle it"
