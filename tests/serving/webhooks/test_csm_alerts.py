"""The CSM alert leaves as an event, once a window, and names an account only until it is erased."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from serving.erasure import MARK, ErasureSubject, ErasureTrail
from serving.storage.database import Database
from serving.storage.job_tables import outbox_events
from serving.tickets.accounts import AccountWatch
from serving.tickets.erasing import erase
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import Receiver

ACME: dict[str, Any] = {"account": "acme", "plan": "enterprise", "arr": 250_000.0, "health": "red"}


def urgent(scene: Scene, **more: Any) -> str:
    wanted = {"subject": "All is down", "tags": {"priority": "P0"}} | ACME | more
    answer = scene.client.post("/v1/tickets", json=wanted)
    assert answer.status_code == 201, answer.text
    scene.clock.advance(timedelta(minutes=1))
    return str(answer.json()["id"])


def look(scene: Scene) -> None:
    AccountWatch(scene.client.app.state.context).alert(scene.clock.now())
    scene.work()


def test_an_account_with_several_urgent_tickets_is_told_of_once(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url, "csm.alerted")
    first = urgent(scene)
    look(scene)
    assert receiver.received == []
    second = urgent(scene)
    for _ in range(3):
        look(scene)
    urgent(scene)  # in the same window
    look(scene)
    [received] = receiver.received
    body = json.loads(received.body)
    assert body["type"] == "csm.alerted"
    assert body["data"] == ACME | {
        "id": second,
        "csm": "named",
        "since": "2026-03-02T10:00:00Z",
        "tickets": [first, second],
    }


def test_accounts_of_little_value_and_tickets_that_are_not_urgent_raise_none(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url, "csm.alerted")
    for _ in range(2):
        urgent(scene, account="small", plan="standard")
        urgent(scene, account="calm", tags={"priority": "P3"})
        urgent(scene, account=None)
    look(scene)
    assert receiver.received == []


def test_whoever_is_erased_is_in_no_event_that_is_kept(scene: Scene) -> None:
    for name in ("acme", "other"):
        for _ in range(2):
            urgent(scene, account=name)
    look(scene)
    database: Database = scene.client.app.state.context.database
    for _ in range(2):  # again, it changes nothing
        trail = ErasureTrail(whose=ErasureSubject(account="acme"))
        database.write(lambda writing, trail=trail: erase(writing, trail))
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "csm.alerted")
    kept = database.read(lambda reading: list(reading.scalars(asked)))
    assert sorted((each["account"], each["arr"], each["health"]) for each in kept) == [
        (MARK, None, None),
        ("other", 250_000.0, "red"),
    ]
