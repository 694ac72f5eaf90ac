"""A commit that made work wakes one who waits for it, and no other commit does."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from serving.jobs import queue as jobs
from serving.storage.commit_signal import CommitSignal
from serving.storage.database import Database
from tests.fakes import FrozenClock

AT_ONCE, LONG = 0.0, 60.0


def enqueue(database: Database, clock: FrozenClock) -> None:
    database.write(lambda c: jobs.enqueue(c, "k", subject="a", record={}, at=clock.now()))


def test_it_rings_once_for_a_commit_that_made_work(database: Database, clock: FrozenClock) -> None:
    database.write(lambda connection: None)
    assert not database.commit_signal.wait(AT_ONCE)
    enqueue(database, clock)
    assert database.commit_signal.wait(LONG)
    database.write(lambda connection: None)
    assert not database.commit_signal.wait(AT_ONCE)


def test_who_waits_when_it_rings_finds_the_work(database: Database, clock: FrozenClock) -> None:
    found: list[list[str]] = []

    def wait() -> None:
        assert database.commit_signal.wait(LONG)
        found.append(database.read(lambda c: jobs.due(c, {"k": 9}, clock.now())))

    waiting = threading.Thread(target=wait)
    waiting.start()
    enqueue(database, clock)
    waiting.join(LONG)
    assert found == [["k"]]


def test_a_dead_job_that_is_revived_rings(database: Database, clock: FrozenClock) -> None:
    enqueue(database, clock)
    job = database.write(lambda c: jobs.claim(c, "k", most=9, at=clock.now()))
    assert job is not None
    database.write(lambda c: jobs.bury(c, job, fault="x"))
    while database.commit_signal.wait(AT_ONCE):
        pass
    database.write(lambda c: jobs.revive(c, job.id, clock.now()))
    assert database.commit_signal.wait(LONG)


def test_what_was_undone_leaves_nobody_asleep_and_no_work(database: Database, clock: FrozenClock) -> None:
    def undone(connection: sa.Connection) -> None:
        jobs.enqueue(connection, "k", subject="a", record={}, at=clock.now())
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        database.write(undone)
    assert database.read(lambda c: jobs.due(c, {"k": 9}, clock.now())) == []


def test_a_ring_wakes_one_and_is_kept_for_the_next_when_nobody_waits() -> None:
    commit_signal = CommitSignal()
    commit_signal.notify()
    commit_signal.notify()
    assert [commit_signal.wait(AT_ONCE) for _ in range(3)] == [True, True, False]
