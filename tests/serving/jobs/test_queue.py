"""What a job promises: one holder, an order within a subject, and an end that only the last holder can write."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from serving.jobs import queue as jobs
from serving.jobs.queue import LEASE, Job, RetryLater
from serving.storage.database import Database
from tests.fakes import FrozenClock
from tests.serving.jobs_database import KIND, QUICK, JobsDatabase, run_one


@pytest.fixture
def jobs_database(database: Database, clock: FrozenClock) -> JobsDatabase:
    return JobsDatabase(database, clock)


def finish(jobs_database: JobsDatabase, job: Job) -> bool:
    return jobs_database.database.write(lambda c: jobs.finish(c, job))


def test_a_job_goes_with_the_transaction_that_made_it(jobs_database: JobsDatabase) -> None:
    def broken(connection: sa.Connection) -> None:
        jobs.enqueue(connection, KIND, subject="a", record={}, at=jobs_database.clock.now())
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        jobs_database.database.write(broken)
    assert jobs_database.states() == {}


def test_two_workers_never_hold_one_job(jobs_database: JobsDatabase) -> None:
    expected = {jobs_database.add(f"s{number}") for number in range(40)}
    held: list[str] = []

    def work() -> None:
        while (job := jobs_database.claim()) is not None:
            held.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == sorted(expected)


def test_the_job_of_a_crashed_holder_is_claimed_when_its_lease_ends(jobs_database: JobsDatabase) -> None:
    jobs_database.add("a")
    first = jobs_database.claim()
    assert first is not None
    assert jobs_database.claim() is None
    jobs_database.clock.advance(LEASE)
    second = jobs_database.claim()
    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)


def test_a_holder_that_comes_back_after_its_lease_settles_nothing(jobs_database: JobsDatabase) -> None:
    jobs_database.add("a")
    first = jobs_database.claim()
    jobs_database.clock.advance(LEASE)
    second = jobs_database.claim()
    assert first is not None
    assert second is not None
    at = jobs_database.clock.now()
    assert not finish(jobs_database, first)
    assert not jobs_database.database.write(lambda c: jobs.retry(c, first, at=at, fault="late"))
    assert not jobs_database.database.write(lambda c: jobs.bury(c, first, fault="late"))
    assert not jobs_database.database.write(lambda c: jobs.extend(c, first, at))
    assert jobs_database.states() == {second.id: "running"}
    assert finish(jobs_database, second)


def test_a_subject_keeps_its_order_and_others_go_on(jobs_database: JobsDatabase) -> None:
    first, second, other = jobs_database.add("a"), jobs_database.add("a"), jobs_database.add("b")
    held = jobs_database.claim(), jobs_database.claim(), jobs_database.claim()
    assert [job.id if job else None for job in held] == [first, other, None]
    assert held[0] is not None
    assert held[1] is not None
    finish(jobs_database, held[1])
    later = jobs_database.clock.now() + timedelta(hours=1)
    jobs_database.database.write(lambda c: jobs.retry(c, held[0], at=later, fault="x"))  # type: ignore[arg-type]
    assert jobs_database.claim() is None, "the second waits for the first, though the first waits for its retry"
    jobs_database.clock.advance(timedelta(hours=1))
    again = jobs_database.claim()
    assert again is not None
    assert again.id == first
    finish(jobs_database, again)
    following = jobs_database.claim()
    assert following is not None
    assert following.id == second


def test_a_job_without_order_neither_waits_nor_holds_up(jobs_database: JobsDatabase) -> None:
    jobs_database.add("a", timedelta(hours=1), ordered=False)
    ordered = jobs_database.add("a")
    job = jobs_database.claim()
    assert job is not None
    assert job.id == ordered


def test_poison_is_buried_alone_and_can_be_revived(jobs_database: JobsDatabase) -> None:
    poison, after, other = jobs_database.add("a"), jobs_database.add("a"), jobs_database.add("b")
    done: list[str] = []

    def task(job: Job) -> None:
        if job.id == poison and not revived:
            raise ValueError("cannot be done")
        done.append(job.id)

    revived = False
    workers = jobs_database.workers(task)
    for _ in range(QUICK.attempts):
        while run_one(workers):
            pass
        jobs_database.clock.advance(timedelta(seconds=10))
    assert done == [other, after]
    assert jobs_database.states() == {poison: "dead"}
    revived = True
    assert jobs_database.database.write(lambda c: jobs.revive(c, poison, jobs_database.clock.now()))
    assert run_one(workers)
    assert jobs_database.states() == {}


def test_a_job_whose_holders_all_crash_is_buried_without_another_try(jobs_database: JobsDatabase) -> None:
    job_id = jobs_database.add("a")
    for _ in range(QUICK.attempts):
        assert jobs_database.claim() is not None
        jobs_database.clock.advance(LEASE)
    ran: list[Job] = []
    assert run_one(jobs_database.workers(ran.append))
    assert ran == []
    assert jobs_database.states() == {job_id: "dead"}


def test_the_same_unique_key_is_one_job_until_it_is_done(jobs_database: JobsDatabase) -> None:
    first = jobs_database.add("a", unique="k")
    assert jobs_database.add("a", unique="k") == first
    job = jobs_database.claim()
    assert job is not None
    finish(jobs_database, job)
    assert jobs_database.add("a", unique="k") != first


def test_a_lane_occupies_no_more_than_its_share(jobs_database: JobsDatabase) -> None:
    for subject in ("slow:1", "slow:2", "slow:3", "quick:1"):
        jobs_database.add(subject)
    lanes = [
        job.subject if job else None
        for job in (jobs_database.claim(2), jobs_database.claim(2), jobs_database.claim(2), jobs_database.claim(2))
    ]
    assert lanes == ["slow:1", "slow:2", "quick:1", None]


def test_a_beating_heart_keeps_the_lease(jobs_database: JobsDatabase) -> None:
    jobs_database.add("a")

    def task(_: Job) -> None:
        for _beat in range(4):
            jobs_database.clock.advance(LEASE / 2)
            workers.beat()
        assert jobs_database.claim() is None

    workers = jobs_database.workers(task)
    assert run_one(workers)
    assert jobs_database.states() == {}


def test_not_tried_counts_no_attempt(jobs_database: JobsDatabase) -> None:
    jobs_database.add("a")
    attempts: list[int] = []

    def task(job: Job) -> None:
        attempts.append(job.attempt)
        raise RetryLater(timedelta(seconds=1), "closed", counted=False)

    workers = jobs_database.workers(task)
    for _ in range(QUICK.attempts + 2):
        run_one(workers)
        jobs_database.clock.advance(timedelta(seconds=1))
    assert attempts == [1] * (QUICK.attempts + 2)
