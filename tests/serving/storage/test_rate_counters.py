"""Counts of rate limits: exact under a thousand parallel hits, in one process and between replicas."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from serving.storage.database import Database
from serving.storage.errors import DatabaseUnavailable
from serving.storage.postgres import PostgresDatabase
from serving.storage.rate_counters import Charge, Counters, MemoryCounters, TableCounters, forget
from tests.fakes import MONDAY_MORNING
from tests.postgres import Postgres

MINUTE = timedelta(minutes=1)


def a_charge(subject: str = "ann", amount: int = 1, quota: int = 100) -> Charge:
    return Charge(subject, amount, quota, MINUTE)


def passed(counters: list[Counters], hits: int) -> int:
    """Hit a limit of 100 in parallel, each replica in turn, and count what passes."""

    def hit(number: int) -> bool:
        (standing,) = counters[number % len(counters)].charge([a_charge()], MONDAY_MORNING)
        return not standing.exceeded

    with ThreadPoolExecutor(12) as pool:
        return sum(pool.map(hit, range(hits)))


def test_of_a_thousand_parallel_hits_on_a_limit_of_a_hundred_exactly_a_hundred_pass() -> None:
    assert passed([MemoryCounters()], 1_000) == 100


@pytest.fixture
def replicas(postgres: Postgres, template: str) -> Iterator[list[Database]]:
    url = postgres.fresh(template)
    opened = [PostgresDatabase(url) for _ in range(3)]
    for each in opened:
        each.open()
    yield list(opened)
    for each in opened:
        each.close()


def test_of_a_thousand_parallel_hits_on_three_replicas_exactly_a_hundred_pass(replicas: list[Database]) -> None:
    assert passed([TableCounters(each) for each in replicas], 1_000) == 100


@pytest.fixture(params=["memory", "table"])
def counters(request: pytest.FixtureRequest, database: Database) -> Counters:
    return MemoryCounters() if request.param == "memory" else TableCounters(database)


def test_a_window_begins_with_its_first_hit_and_ends(counters: Counters) -> None:
    (first,) = counters.charge([a_charge(quota=1)], MONDAY_MORNING)
    (second,) = counters.charge([a_charge(quota=1)], MONDAY_MORNING + 0.9 * MINUTE)
    (third,) = counters.charge([a_charge(quota=1)], MONDAY_MORNING + MINUTE)
    assert [each.exceeded for each in (first, second, third)] == [False, True, False]
    assert (first.remaining, second.ends_at) == (0, MONDAY_MORNING + MINUTE)
    assert third.ends_at == MONDAY_MORNING + 2 * MINUTE


def test_what_one_limit_refuses_counts_for_none(counters: Counters) -> None:
    both = [a_charge("visitor", quota=1), a_charge("site", quota=2)]
    for _ in range(5):
        standings = counters.charge(both, MONDAY_MORNING)
    assert [(each.exceeded, each.remaining) for each in standings] == [(True, 0), (False, 1)]
    assert not counters.charge([a_charge("site", quota=2)], MONDAY_MORNING)[0].exceeded


def test_amounts_are_bytes_as_well_as_hits(counters: Counters) -> None:
    quota = 1_000
    assert [
        counters.charge([a_charge(amount=amount, quota=quota)], MONDAY_MORNING)[0].exceeded
        for amount in (600, 600, 400, 1)
    ] == [False, True, False, True]


def test_who_is_over_a_limit_is_refused_without_the_database(database: Database) -> None:
    counters = TableCounters(database)
    counters.charge([a_charge(quota=1)], MONDAY_MORNING)
    database.close()
    assert counters.charge([a_charge(quota=1)], MONDAY_MORNING)[0].exceeded
    database.open()


def test_counts_of_ended_windows_are_deleted_and_names_nobody(database: Database) -> None:
    TableCounters(database).charge([a_charge("192.0.2.7")], MONDAY_MORNING)
    rows = database.read(lambda connection: connection.exec_driver_sql("SELECT * FROM rate_counters").all())
    assert len(rows) == 1
    assert "192.0.2.7" not in str(rows)
    assert [forget(database, MONDAY_MORNING), forget(database, MONDAY_MORNING + MINUTE)] == [0, 1]


def test_without_the_database_each_process_counts_for_itself() -> None:
    class Away:
        def write(self, operation: object) -> object:
            raise DatabaseUnavailable("gone")

    counters = TableCounters(Away())  # type: ignore[arg-type]
    assert passed([counters], 200) == 100


def test_a_hundred_thousand_visitors_of_a_day_have_a_bound_and_who_is_near_a_quota_stays_known() -> None:
    counters, day = MemoryCounters(most=10_000), timedelta(days=1)
    for _ in range(90):
        counters.charge([Charge("guesser", 1, 100, day)], MONDAY_MORNING)
    for number in range(100_000):
        both = [Charge(f"visitor {number}", 1, 200, day), Charge(f"bytes {number}", 50_000, 10_000_000, day)]
        counters.charge(both, MONDAY_MORNING + number * timedelta(milliseconds=100))
        assert len(counters._counts) <= 10_002
    (standing,) = counters.charge([Charge("guesser", 11, 100, day)], MONDAY_MORNING + timedelta(hours=3))
    assert standing.exceeded


def test_counts_in_memory_do_not_pile_up() -> None:
    counters = MemoryCounters()
    for number in range(5_000):
        counters.charge([a_charge(f"visitor {number}")], MONDAY_MORNING + number * timedelta(seconds=1))
    assert len(counters._counts) <= 1_001
