"""Six hours in which endpoints fail in every way at once, by a clock that is moved on, and what they got afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from serving.jobs import queue as jobs
from serving.storage.database import Database
from serving.webhooks.tasks import DELIVER
from tests.conftest import on_both_engines
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import OK, Receiver, answers, behaviours, told

pytestmark = pytest.mark.slow

HOUR, STEP = timedelta(hours=1), timedelta(minutes=30)
OUTAGE = 6
AFTER = 20 * HOUR  # within which the schedule comes round for everything that failed
TYPES = ("ticket.created", "ticket.tagged", "ticket.routed")
WAYS = ["500", "301", "429", "reset", "garbage", "hang", "drip", "drip body"]


@pytest.fixture
def receivers() -> Iterator[dict[str, Receiver]]:
    """One that fails in each way, one that says that it is gone, and one that is well."""
    found = {name: Receiver() for name in (*WAYS, "410", "well")}
    for name in WAYS:
        found[name].behaviour = behaviours(found[name])[name]
    found["410"].behaviour = answers(410)
    yield found
    for receiver in found.values():
        receiver.close()


def poison(scene: Scene) -> str:
    """Add a job that nobody can do."""
    database: Database = scene.client.app.state.context.database
    at = scene.clock.now()
    return database.write(lambda c: jobs.enqueue(c, DELIVER, subject="poison:1", record={}, at=at))


def enable_again(scene: Scene, webhook_id: str) -> None:
    """Do by hand what an endpoint that said 410 needs: enable it, and deliver what it missed, oldest first."""
    scene.client.patch(f"/v1/webhooks/{webhook_id}", json={"enabled": True})
    for delivery in reversed(scene.deliveries({"id": webhook_id})):
        scene.client.post(f"/v1/webhooks/{webhook_id}/deliveries/{delivery['id']}/redeliver")


@on_both_engines
def test_six_hours_of_every_failure_are_made_up_in_order_and_the_others_never_wait(
    scene: Scene, receivers: dict[str, Receiver]
) -> None:
    webhooks = {name: scene.subscribe(receiver.url, *TYPES)["id"] for name, receiver in receivers.items()}
    poison(scene)
    tickets = []
    for _ in range(OUTAGE):
        tickets.append(scene.open())
        scene.work()
        assert told(receivers["well"])[-3:] == _of(tickets[-1]), "the one that is well is told before time passes"
        scene.pass_time(HOUR, STEP)
    down = {name: receiver.calls for name, receiver in receivers.items()}
    for receiver in receivers.values():
        receiver.behaviour = OK
    enable_again(scene, webhooks["410"])
    scene.pass_time(AFTER, STEP)

    print(f"\n{'endpoint':<10}{'delivered':>10}{'attempts':>10}{'in order':>10}{'twice':>7}{'waited at most':>17}")
    for name, receiver in receivers.items():
        expected = tickets[:1] if name == "410" else tickets
        got, ids = told(receiver), Counter(each.headers["webhook-id"] for each in receiver.received)
        ordered = all([each for each in got if each[0] == ticket] == _of(ticket) for ticket in expected)
        deliveries = scene.deliveries({"id": webhooks[name]})
        waited = max(_waited(delivery) for delivery in deliveries)
        print(
            f"{name:<10}{len(got):>6}/{3 * len(expected):<3}{down[name]:>4}+{receiver.calls - down[name]:<5}"
            f"{'yes' if ordered else 'NO':>10}{sum(n > 1 for n in ids.values()):>7}{waited!s:>17}"
        )
        assert (len(got), ordered, len(ids)) == (3 * len(expected), True, len(got)), name
        assert {delivery["state"] for delivery in deliveries} == {"delivered"}, name
        assert receiver.calls <= 3 * len(expected) + 2 * OUTAGE + 6, (
            "a breaker asks now and then, not for each delivery"
        )
        if name == "well":
            assert waited == timedelta(0)
    scene.pass_time(100 * HOUR, HOUR)
    left = scene.client.app.state.context.database.read(lambda c: jobs.counts(c, scene.clock.now()))[0]
    assert left == {"waiting": 0, "running": 0, "dead": 1}, "the poison is given up alone"


def _of(ticket: str) -> list[tuple[str, str, int]]:
    return [(ticket, type_, number) for number, type_ in enumerate(TYPES, start=1)]


def _waited(delivery: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(delivery["settled_at"]) - datetime.fromisoformat(delivery["created_at"])
