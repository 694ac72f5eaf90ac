"""Deliveries to receivers that fail in every way: all arrive afterwards, in order, and nobody else waits."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from serving.jobs.queue import revive
from serving.storage.database import Database
from serving.storage.job_tables import jobs
from serving.tickets.desk import Desk
from serving.tickets.tasks import TicketTasks
from tests.serving.jobs_database import run_one
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import OK, Receiver, answers, behaviours, told

HOURS = timedelta(hours=1)


def test_a_ticket_is_told_of_in_order_and_without_what_its_customer_wrote(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url)
    ticket = scene.open()
    scene.work()
    assert told(receiver) == [
        (ticket, "ticket.created", 1),
        (ticket, "ticket.tagged", 2),
        (ticket, "ticket.routed", 3),
    ]
    assert all(b"secret is lost" not in received.body and len(received.body) < 20_000 for received in receiver.received)
    assert json.loads(receiver.received[0].body)["data"]["requester_verified"] is False


def test_a_notice_comes_with_its_deadline(scene: Scene, receiver: Receiver) -> None:
    filed = {"subject": "Invoice", "plan": "standard", "tags": {"category": "billing", "priority": "P2"}}
    ticket = scene.client.post("/v1/tickets", json=filed).json()["id"]
    scene.client.post(f"/v1/tickets/{ticket}/replies", json={"text": "I look into it"})
    context = scene.client.app.state.context
    began = context.clock.now()
    at = context.clock.advance(timedelta(minutes=20))
    scene.subscribe(receiver.url, "ticket.escalation_due")
    TicketTasks(context, Desk(context, None)).call_for_escalation(at)
    scene.work()
    [data] = [json.loads(received.body)["data"] for received in receiver.received]
    due = (began + timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    assert (data["due_by"], data["at"]) == (due, at.isoformat().replace("+00:00", "Z"))
    assert (data["source"], data["kind"]) == ("T1", "troubleshooting")


def test_nothing_is_told_of_a_ticket_that_was_refused(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url)
    assert scene.client.post("/v1/tickets", json={"subject": "x", "plan": "gold"}).status_code == 400
    scene.work()
    assert receiver.calls == 0


@pytest.mark.parametrize("how", ["500", "301", "429", "reset", "garbage", "hang", "drip"])
def test_an_endpoint_that_failed_gets_everything_afterwards_while_others_do_not_wait(
    scene: Scene, receiver: Receiver, other: Receiver, how: str
) -> None:
    scene.subscribe(receiver.url)
    scene.subscribe(other.url)
    receiver.behaviour = behaviours(receiver)[how]
    first = scene.open()
    scene.work()
    assert [ticket for ticket, _, _ in told(other)] == [first] * 3, "the other was told at once"
    scene.pass_time(HOURS / 2)
    second = scene.open()
    scene.work()
    assert receiver.received == []
    receiver.behaviour = OK
    scene.pass_time(80 * HOURS, HOURS)
    for ticket in (first, second):
        assert [number for name, _, number in told(receiver) if name == ticket] == [1, 2, 3]
    sent = [received.headers["webhook-id"] for received in receiver.received]
    assert sorted(sent) == sorted(received.headers["webhook-id"] for received in other.received)
    assert len(sent) == len(set(sent)) == 6


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_asks_for_time_gets_it(scene: Scene, receiver: Receiver, status: int) -> None:
    scene.subscribe(receiver.url, "ticket.created")
    receiver.behaviour = answers(status, "Retry-After: 36000")
    scene.open()
    scene.pass_time(9 * HOURS, HOURS / 2)
    assert receiver.calls == 1
    receiver.behaviour = OK
    scene.pass_time(2 * HOURS, HOURS / 2)
    assert len(receiver.received) == 1


def test_of_a_backlog_that_waits_for_an_endpoint_one_delivery_a_minute_is_looked_at(
    scene: Scene, receiver: Receiver
) -> None:
    scene.subscribe(receiver.url, "ticket.created")
    receiver.behaviour = answers(500)
    for _ in range(20):
        scene.open()
    scene.work()
    for _ in range(3):
        scene.clock.advance(timedelta(minutes=1))
        before = receiver.calls
        assert [run_one(scene.workers) for _ in range(2)] == [True, False]
        assert receiver.calls == before + 1
    receiver.behaviour = OK
    scene.pass_time(HOURS)
    assert len(receiver.received) == 20


def test_gone_disables_at_once_and_the_others_hear_of_it(scene: Scene, receiver: Receiver, other: Receiver) -> None:
    webhook = scene.subscribe(receiver.url)
    scene.subscribe(other.url, "webhook.endpoint_disabled")
    receiver.behaviour = answers(410)
    scene.open()
    scene.work()
    state = scene.client.get(f"/v1/webhooks/{webhook['id']}").json()
    assert (state["enabled"], state["disabled_reason"], receiver.calls) == (False, "gone", 1)
    news = [json.loads(received.body) for received in other.received]
    assert [(body["type"], body["data"]["endpoint_id"]) for body in news] == [
        ("webhook.endpoint_disabled", webhook["id"])
    ]


def test_five_days_of_failures_disable(scene: Scene, receiver: Receiver) -> None:
    webhook = scene.subscribe(receiver.url)
    receiver.behaviour = answers(500)
    for _ in range(6):
        scene.open()
        scene.pass_time(24 * HOURS, HOURS)
    state = scene.client.get(f"/v1/webhooks/{webhook['id']}").json()
    assert (state["enabled"], state["disabled_reason"]) == (False, "failing")


def test_after_the_schedule_a_delivery_has_failed_and_can_be_made_again(
    scene: Scene, receiver: Receiver, other: Receiver
) -> None:
    webhook = scene.subscribe(receiver.url, "ticket.created")
    scene.subscribe(other.url, "webhook.delivery_exhausted")
    receiver.behaviour = answers(500)
    scene.open()
    scene.work()
    scene.pass_time(96 * HOURS, HOURS)
    (delivery,) = scene.deliveries(webhook)
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 10)
    assert {attempt["status"] for attempt in delivery["attempts"]} == {500}
    assert len(other.received) == 1
    receiver.behaviour = OK
    scene.clock.advance(HOURS)
    again = scene.client.post(f"/v1/webhooks/{webhook['id']}/deliveries/{delivery['id']}/redeliver")
    assert again.status_code == 202
    scene.work()
    assert [received.headers["webhook-id"] for received in receiver.received] == [delivery["event_id"]]


def test_a_failed_delivery_is_a_dead_job_that_can_be_revived(scene: Scene, receiver: Receiver) -> None:
    webhook = scene.subscribe(receiver.url, "ticket.created")
    receiver.behaviour = answers(500)
    scene.open()
    scene.work()
    scene.pass_time(96 * HOURS, HOURS)
    database: Database = scene.client.app.state.context.database
    (dead,) = database.read(lambda c: c.execute(sa.select(jobs.c.id, jobs.c.fault).where(jobs.c.state == "dead")).all())
    assert dead.fault == "status"
    receiver.behaviour = OK
    scene.clock.advance(HOURS)
    assert database.write(lambda c: revive(c, dead.id, scene.clock.now()))
    scene.work()
    (delivery,) = scene.deliveries(webhook)
    assert (delivery["state"], len(receiver.received)) == ("delivered", 1)
    assert database.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(jobs))) == 0


def test_an_open_breaker_lets_one_delivery_a_minute_ask(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url, "ticket.created")
    receiver.behaviour = answers(503)
    for _ in range(10):
        scene.open()
    scene.work()
    assert receiver.calls == 5, "five failures open it, and the other five deliveries are not tried"
    scene.pass_time(timedelta(minutes=1), timedelta(minutes=1))
    assert receiver.calls == 6
