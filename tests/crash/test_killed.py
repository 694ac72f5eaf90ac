"""Killed without warning, again and again: what was acknowledged is there, once and whole.

Firstline promises nothing for a request that was not answered; its customer repeats it under the same key, and the
effect is one.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.history import History
from tests.crash.launcher import POINTS
from tests.crash.mortal import Customers, Mortal, all_tickets, assert_whole


def live_and_die(service: Mortal, history: History, kills: int, seed: int) -> None:
    """Let customers open tickets while the service dies: at random instants, and at each point in turn."""
    chance = random.Random(seed)
    service.start()
    customers = Customers(service, history)
    customers.start()
    for number in range(kills):
        if not service.died(chance.uniform(0.05, 0.6) if number % 2 else 2.0 if number else 0.3):
            service.kill()
        # From here to the next death: until a named point is reached, or until it is killed at a random instant.
        service.start(None if number % 2 == 0 else f"{POINTS[number // 2 % 3]}:{chance.randint(3, 40)}")
    service.kill()
    service.start()
    customers.stop()


def check(service: Mortal, history: History) -> None:
    acknowledged = history.acknowledged_by_key("ticket")
    tickets = all_tickets(service)
    by_key: dict[str, list[str]] = {}
    for ticket in tickets:
        by_key.setdefault(ticket["subject"].removeprefix("Case "), []).append(ticket["id"])

    lost = {key for key, answers in acknowledged.items() if [answers[0]["id"]] != by_key.get(key)}
    doubled = {key: ids for key, ids in by_key.items() if len(ids) > 1}

    assert len(acknowledged) > 20
    assert lost == set(), "acknowledged, and not there as it was acknowledged"
    assert doubled == {}, "one request, several tickets"


def check_file(home: Path) -> None:
    """Look at the file itself, with nobody at it any more."""
    with closing(sqlite3.connect(home / "firstline.db")) as connection:
        assert_whole(connection)
        receipts = connection.execute("SELECT count(*) FROM receipts").fetchone()[0]
        tickets = connection.execute("SELECT count(*) FROM tickets").fetchone()[0]
    assert receipts == tickets, "each ticket was opened under a key: effect and receipt are one"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Mortal]:
    mortal = Mortal(tmp_path / "home")
    yield mortal
    mortal.close()


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.jsonl")


@pytest.mark.journey
@pytest.mark.timeout(280)
def test_nothing_acknowledged_is_lost_doubled_or_torn_when_the_service_is_killed_20_times(
    service: Mortal, history: History
) -> None:
    live_and_die(service, history, kills=20, seed=1)
    check(service, history)
    service.kill()
    check_file(service.home)


@pytest.mark.deep
@pytest.mark.timeout(3_000)
def test_nothing_acknowledged_is_lost_doubled_or_torn_when_the_service_is_killed_200_times(
    service: Mortal, history: History
) -> None:
    live_and_die(service, history, kills=200, seed=random.SystemRandom().randrange(10**6))
    check(service, history)
    service.kill()
    check_file(service.home)
    print(f"{len(history.acknowledged_by_key('ticket'))} tickets; slowest start {max(service.started):.1f} s")
