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
from tests.serving.jobs_database import KIND, QUICK, Bench, run_one


@pytest.fixture
def bench(database: Database, clock: FrozenClock) -> Bench:
    return Bench(database, clock)


def finish(bench: Bench, job: Job) -> bool:
    return bench.database.write(lambda c: jobs.finish(c, job))


def test_a_job_goes_with_the_transaction_that_made_it(bench: Bench) -> None:
    def broken(connection: sa.Connection) -> None:
        jobs.enqueue(connection, KIND, subject="a", record={}, at=bench.clock.now())
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        bench.database.write(broken)
    assert bench.states() == {}


def test_two_workers_never_hold_one_job(bench: Bench) -> None:
    expected = {bench.add(f"s{number}") for number in range(40)}
    held: list[str] = []

    def work() -> None:
        while (job := bench.claim()) is not None:
            held.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == sorted(expected)


def test_the_job_of_a_crashed_holder_is_claimed_when_its_lease_ends(bench: Bench) -> None:
    bench.add("a")
    first = bench.claim()
    assert first is not None
    assert bench.claim() is None
    bench.clock.advance(LEASE)
    second = bench.claim()
    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)


def test_a_holder_that_comes_back_after_its_lease_settles_nothing(bench: Bench) -> None:
    bench.add("a")
    first = bench.claim()
    bench.clock.advance(LEASE)
    second = bench.claim()
    assert first is not None
    assert second is not None
    at = bench.clock.now()
    assert not finish(bench, first)
    assert not bench.database.write(lambda c: jobs.retry(c, first, at=at, fault="late"))
    assert not bench.database.write(lambda c: jobs.bury(c, first, fault="late"))
    assert not bench.database.write(lambda c: jobs.extend(c, first, at))
    assert bench.states() == {second.id: "running"}
    assert finish(bench, second)


def test_a_subject_keeps_its_order_and_others_go_on(bench: Bench) -> None:
    first, second, other = bench.add("a"), bench.add("a"), bench.add("b")
    held = bench.claim(), bench.claim(), bench.claim()
    assert [job.id if job else None for job in held] == [first, other, None]
    assert held[0] is not None
    assert held[1] is not None
    finish(bench, held[1])
    later = bench.clock.now() + timedelta(hours=1)
    bench.database.write(lambda c: jobs.retry(c, held[0], at=later, fault="x"))  # type: ignore[arg-type]
    assert bench.claim() is None, "the second waits for the first, though the first waits for its retry"
    bench.clock.advance(timedelta(hours=1))
    again = bench.claim()
    assert again is not None
    assert again.id == first
    finish(bench, again)
    following = bench.claim()
    assert following is not None
    assert following.id == second


def test_a_job_without_order_neither_waits_nor_holds_up(bench: Bench) -> None:
    bench.add("a", timedelta(hours=1), ordered=False)
    ordered = bench.add("a")
    job = bench.claim()
    assert job is not None
    assert job.id == ordered


def test_poison_is_buried_alone_and_can_be_revived(bench: Bench) -> None:
    poison, after, other = bench.add("a"), bench.add("a"), bench.add("b")
    done: list[str] = []

    def task(job: Job) -> None:
        if job.id == poison and not revived:
            raise ValueError("cannot be done")
        done.append(job.id)

    revived = False
    workers = bench.workers(task)
    for _ in range(QUICK.attempts):
        while run_one(workers):
            pass
        bench.clock.advance(timedelta(seconds=10))
    assert done == [other, after]
    assert bench.states() == {poison: "dead"}
    revived = True
    assert bench.database.write(lambda c: jobs.revive(c, poison, bench.clock.now()))
    assert run_one(workers)
    assert bench.states() == {}


def test_a_job_whose_holders_all_crash_is_buried_without_another_try(bench: Bench) -> None:
    job_id = bench.add("a")
    for _ in range(QUICK.attempts):
        assert bench.claim() is not None
        bench.clock.advance(LEASE)
    ran: list[Job] = []
    assert run_one(bench.workers(ran.append))
    assert ran == []
    assert bench.states() == {job_id: "dead"}


def test_the_same_unique_key_is_one_job_until_it_is_done(bench: Bench) -> None:
    first = bench.add("a", unique="k")
    assert bench.add("a", unique="k") == first
    job = bench.claim()
    assert job is not None
    finish(bench, job)
    assert bench.add("a", unique="k") != first


def test_a_lane_occupies_no_more_than_its_share(bench: Bench) -> None:
    for subject in ("slow:1", "slow:2", "slow:3", "quick:1"):
        bench.add(subject)
    lanes = [job.subject if job else None for job in (bench.claim(2), bench.claim(2), bench.claim(2), bench.claim(2))]
    assert lanes == ["slow:1", "slow:2", "quick:1", None]


def test_a_beating_heart_keeps_the_lease(bench: Bench) -> None:
    bench.add("a")

    def task(_: Job) -> None:
        for _beat in range(4):
            bench.clock.advance(LEASE / 2)
            workers.beat()
        assert bench.claim() is None

    workers = bench.workers(task)
    assert run_one(workers)
    assert bench.states() == {}


def test_not_tried_counts_no_attempt(bench: Bench) -> None:
    bench.add("a")
    attempts: list[int] = []

    def task(job: Job) -> None:
        attempts.append(job.attempt)
        raise RetryLater(timedelta(seconds=1), "closed", counted=False)

    workers = bench.workers(task)
    for _ in range(QUICK.attempts + 2):
        run_one(workers)
        bench.clock.advance(timedelta(seconds=1))
    assert attempts == [1] * (QUICK.attempts + 2)
