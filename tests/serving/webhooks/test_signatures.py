"""What we send is verified by the library that receivers use, as they use it: with its own look at the time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks

from tests.fakes import FrozenClock
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import OK, Received, Receiver, answers

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FrozenClock:
    """Stand a day and an hour ago, so that what a test sends at last is sent now: the library takes nothing older."""
    return FrozenClock(datetime.now(UTC) - 25 * HOUR)


def verified(secret: str, received: Received) -> Any:
    return standardwebhooks.Webhook(secret).verify(received.body, received.headers)


def send(scene: Scene, webhook: dict[str, Any]) -> None:
    assert scene.client.post(f"/v1/webhooks/{webhook['id']}/test").status_code == 201
    scene.work()


def rotate(scene: Scene, webhook: dict[str, Any]) -> str:
    return str(scene.client.post(f"/v1/webhooks/{webhook['id']}/secret").json()["secret"])


def test_every_event_of_a_ticket_is_verified(scene: Scene, receiver: Receiver, clock: FrozenClock) -> None:
    webhook = scene.subscribe(receiver.url)
    clock.advance(25 * HOUR)
    scene.open()
    scene.work()
    types = [verified(webhook["secret"], received)["type"] for received in receiver.received]
    assert types == ["ticket.created", "ticket.tagged", "ticket.routed"]


def test_a_repeat_is_signed_anew_under_the_same_id(scene: Scene, receiver: Receiver, clock: FrozenClock) -> None:
    webhook = scene.subscribe(receiver.url)
    receiver.behaviour = answers(500)
    send(scene, webhook)
    receiver.behaviour = OK
    clock.advance(25 * HOUR)
    scene.work()
    (received,) = receiver.received
    assert verified(webhook["secret"], received)["type"] == "webhook.test"
    assert len(scene.deliveries(webhook)[0]["attempts"]) == 2
    assert received.headers["webhook-id"] == scene.deliveries(webhook)[0]["event_id"]


def test_a_body_that_was_changed_and_a_strange_secret_are_noticed(
    scene: Scene, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook, other = scene.subscribe(receiver.url), scene.subscribe(receiver.url)
    clock.advance(25 * HOUR)
    send(scene, webhook)
    (received,) = receiver.received
    changed = Received(received.headers, json.dumps(json.loads(received.body) | {"type": "x"}).encode())
    for secret, message in ((webhook["secret"], changed), (other["secret"], received)):
        with pytest.raises(standardwebhooks.WebhookVerificationError, match="No matching signature"):
            verified(secret, message)


def test_for_a_day_after_a_rotation_either_secret_verifies(
    scene: Scene, receiver: Receiver, clock: FrozenClock
) -> None:
    webhook = scene.subscribe(receiver.url)
    clock.advance(2 * HOUR)
    fresh = rotate(scene, webhook)
    clock.advance(23 * HOUR)
    send(scene, webhook)
    for secret in (webhook["secret"], fresh):
        assert verified(secret, receiver.received[-1])["type"] == "webhook.test"


def test_after_that_day_only_the_new_one_does(scene: Scene, receiver: Receiver, clock: FrozenClock) -> None:
    webhook = scene.subscribe(receiver.url)
    clock.advance(HOUR)
    fresh = rotate(scene, webhook)
    clock.advance(24 * HOUR)
    send(scene, webhook)
    assert verified(fresh, receiver.received[-1])["type"] == "webhook.test"
    with pytest.raises(standardwebhooks.WebhookVerificationError, match="No matching signature"):
        verified(webhook["secret"], receiver.received[-1])


def test_a_secret_is_shown_once(scene: Scene, receiver: Receiver) -> None:
    webhook = scene.subscribe(receiver.url)
    assert webhook["secret"].startswith("whsec_")
    for path in ("/v1/webhooks", f"/v1/webhooks/{webhook['id']}"):
        assert webhook["secret"] not in scene.client.get(path).text
