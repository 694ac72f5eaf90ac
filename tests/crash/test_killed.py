"""Killed without warning, again and again: what was acknowledged is there, once and whole, and was told.

Firstline promises nothing for a request that was not answered; its customer repeats it under the same key, and the
effect is one. An endpoint may hear of one event twice; one that looks at webhook-id hears of each once, in order.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter

import httpx
import pytest
import sqlalchemy as sa

from serving.tickets.announcing import TYPES
from tests.crash.killable_service import Customers, KillableService, all_tickets, assert_whole
from tests.crash.operation_history import OperationHistory
from tests.serving.webhooks.receiver import Receiver

#: At which points it dies, and the last time that it may come there before it does.
POINTS = {
    "before_begin": 40,
    "before_statement": 400,
    "before_commit": 40,
    "after_commit": 40,
    "before_answer": 10,
    "before_call": 4,
    "after_call": 4,
    "before_extend": 2,
    "after_extend": 2,
}
LEASE = 1.0  # seconds: as much as whoever waits for a dead worker's job waits
PATIENCE = 60.0  # seconds for a point to be reached: a machine that does much else takes some
SILENCE = 90.0  # seconds without a job done after which those that are left are an error


def live_and_die(service: KillableService, history: OperationHistory, kills: int, seed: int) -> Counter[str]:
    """Let customers open tickets while the service dies, at random instants and at each point in turn; count where."""
    chance, deaths = random.Random(seed), Counter[str]()
    points = iter([point for _ in range(kills) for point in POINTS])
    customers = Customers(service, history, pause=0.3)
    point = None
    customers.start()
    for number in range(kills):
        if service.died(PATIENCE if point else chance.uniform(0.05, 0.6)):
            deaths[point or "by itself"] += 1
        else:
            service.kill()
            deaths["at a random instant"] += 1
        # From here to the next death: until a named point is reached, or until it is killed at a random instant.
        point = None if number % 2 else next(points)
        service.start(point and f"{point}:{chance.randint(1, POINTS[point])}")
    service.kill()
    service.start()
    customers.stop()
    return deaths


def wait_until_told(service: KillableService) -> None:
    """Wait until no job is left: whoever was killed held leases, which must run out first."""
    left, since = None, time.monotonic()
    while left != 0:
        before = left
        with service.look() as connection:
            left = connection.scalar(sa.text("SELECT count(*) FROM jobs"))
        since = time.monotonic() if left != before else since
        assert time.monotonic() - since < SILENCE, f"{left} jobs are left, and nobody does them"
        time.sleep(0.2)


def check_tickets(service: KillableService, history: OperationHistory) -> None:
    """Compare what was acknowledged with what a customer can read."""
    acknowledged = history.acknowledged_by_key("ticket")
    by_key: dict[str, list[str]] = {}
    for ticket in all_tickets(service):
        by_key.setdefault(ticket["subject"].removeprefix("Case "), []).append(ticket["id"])

    lost = {key for key, answers in acknowledged.items() if [answers[0]["id"]] != by_key.get(key)}
    doubled = {key: ids for key, ids in by_key.items() if len(ids) > 1}

    assert len(acknowledged) > 10
    assert lost == set(), "acknowledged, and not there as it was acknowledged"
    assert doubled == {}, "one request, several tickets"


def check_kept(service: KillableService) -> dict[str, str]:
    """Look at the tables, with nobody at them any more; return the subject of every event by its id."""
    with service.look() as connection:
        assert_whole(connection)
        counted = [connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in ("receipts", "tickets")]
        facts = connection.execute(sa.text("SELECT ticket_id, number, type FROM ticket_events")).all()
        events = connection.execute(sa.text("SELECT id, subject, sequence FROM outbox_events")).all()
    assert counted[0] == counted[1], "each ticket was opened under a key: effect and receipt are one"
    announced = Counter(ticket for ticket, _, kind in facts if kind in TYPES)
    assert Counter(subject for _, subject, _ in events) == announced, "a fact and its event are one"
    return {event_id: subject for event_id, subject, _ in events}


def check_told(receiver: Receiver, kept: dict[str, str]) -> int:
    """Look at what an endpoint was told that drops what it knows by webhook-id; return how often it had to."""
    told: dict[str, bytes] = {}
    numbers: dict[str, list[int]] = {}
    for received in receiver.received:
        name, body = received.headers["webhook-id"], json.loads(received.body)
        if name not in told:
            numbers.setdefault(kept[name], []).append(body["sequence"])
        assert told.setdefault(name, received.body) == received.body, "told twice, and not the same"
    assert set(told) == set(kept), "each event was told, and no other"
    assert {name: each for name, each in numbers.items() if each != list(range(1, len(each) + 1))} == {}, "in order"
    return len(receiver.received) - len(told)


def kill_and_check(
    service: KillableService, history: OperationHistory, receiver: Receiver, kills: int, seed: int
) -> Counter[str]:
    deaths = live_and_die(service, history, kills, seed)
    check_tickets(service, history)
    wait_until_told(service)
    service.kill()
    kept = check_kept(service)
    repeats = check_told(receiver, kept)
    starts = sorted(service.started)
    print(
        f"seed {seed}: {kills} kills ({dict(deaths)}); {len(history.acknowledged_by_key('ticket'))} tickets"
        f" acknowledged, 0 lost, doubled or torn; {len(kept)} events told, {repeats} of them again;"
        f" answers after {starts[len(starts) // 2]:.2f} s, at most {starts[-1]:.2f} s"
    )
    return deaths


@pytest.fixture
def subscribed(service: KillableService, receiver: Receiver) -> KillableService:
    """A service that runs, and tells the receiver of all that happens."""
    service.environment |= {"FIRSTLINE_ALLOW_CIDRS": "127.0.0.0/8", "CRASH_LEASE": str(LEASE)}
    service.start()
    url, headers = f"http://127.0.0.1:{service.port}/v1/webhooks", {"Authorization": f"Bearer {service.key}"}
    httpx.post(url, json={"url": receiver.url}, headers=headers, timeout=60).raise_for_status()
    return service


@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_doubled_torn_or_untold_when_the_service_is_killed_20_times(
    subscribed: KillableService, history: OperationHistory, receiver: Receiver
) -> None:
    deaths = kill_and_check(subscribed, history, receiver, kills=20, seed=1)
    assert set(deaths) >= {"before_commit", "after_commit", "before_answer"}


@pytest.mark.deep
@pytest.mark.timeout(3_000)
def test_nothing_acknowledged_is_lost_doubled_torn_or_untold_when_the_service_is_killed_200_times(
    subscribed: KillableService, history: OperationHistory, receiver: Receiver
) -> None:
    kill_and_check(subscribed, history, receiver, kills=200, seed=random.SystemRandom().randrange(10**6))
