"""`POST /v1/inbound/{helpdesk}` over HTTP: proven or refused, once, answered before any work is done."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.context import Context
from serving.helpdesks.endpoints import LIMIT
from serving.jobs.workers import Workers
from serving.settings import Settings
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.jobs_database import run_one

pytestmark = pytest.mark.usefixtures("migrated_home")

Client = TestClient[Litestar]
CONNECTIONS = """
[rt]
url = "http://127.0.0.1:9"
hook_secret = "s3cret"
bot = "firstline"
options.queue = "Support"
[hubspot]
url = "http://127.0.0.1:9"
hook_secret = "s3cret"
options = { pipeline = "0", stage = "1", closed_stage = "4" }
[jira]
url = "http://127.0.0.1:9"
options = { user = "u", project = "SD", service_desk_id = "1", request_type_id = "2" }
[django_helpdesk]
url = "http://127.0.0.1:9"
hook_secret = "s3cret"
options.queue = 1
"""


@pytest.fixture
def hooked(settings: Settings, clock: FrozenClock, tmp_path: Path) -> Iterator[Client]:
    from serving.app import create_app
    from serving.helpdesks.wiring import wire

    path = tmp_path / "helpdesks.toml"
    path.write_text(CONNECTIONS)

    def compose(context: Context) -> list[Any]:
        tickets = wire_tickets(context, tagger=FixedTagger())
        known: dict[str, Any] = dict(tickets.dependencies)
        return [tickets, wire(context, known["desk"], known["vocabulary"])]

    told = replace(settings, helpdesks=path, public_url="https://hooks.acme.example")
    with TestClient(create_app(told, clock=clock, compose=compose)) as client:
        yield client


def signed(clock: FrozenClock, body: bytes, secret: str = "s3cret") -> dict[str, str]:
    at = str(int(clock.now().timestamp()))
    mac = hmac.new(secret.encode(), f"rt-1.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": "rt-1",
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def a_case(**more: Any) -> bytes:
    case = {"event": "ticket.created", "id": "17", "subject": "Export is empty", "content": "All.", "creator": "kim"}
    return json.dumps(case | more).encode()


@pytest.fixture
def send(hooked: Client, clock: FrozenClock) -> Callable[..., Any]:
    def sending(body: bytes, **headers: str) -> Any:
        return hooked.post("/v1/inbound/rt", content=body, headers=signed(clock, body) | headers)

    return sending


def test_a_delivery_is_accepted_before_anything_is_done_and_a_repeat_is_one(send: Callable[..., Any]) -> None:
    answer = send(a_case())
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "repeated": 0, "ignored": []})
    assert send(a_case()).json() == {"accepted": 0, "repeated": 1, "ignored": []}


def test_it_becomes_one_tagged_ticket_in_the_next_round(
    hooked: Client, send: Callable[..., Any], make_key: Callable[..., dict[str, str]], clock: FrozenClock
) -> None:
    send(a_case())
    rounds, context = hooked.app.dependencies["rounds"].dependency(), hooked.app.state.context
    rounds.look(clock.now())  # what the watch does every two seconds
    workers = Workers(context.database, clock, context.telemetry, rounds.tasks(), threads=1, draw=lambda: 0.5)
    assert run_one(workers)
    listed = hooked.get("/v1/tickets", headers=make_key("agent")).json()["tickets"]
    assert [(each["external_id"], each["tags"]["category"]["label"]) for each in listed] == [("rt:17", "bug")]


def test_our_own_ticket_is_accepted_and_ignored_with_the_reason(send: Callable[..., Any]) -> None:
    assert send(a_case(creator="firstline")).json()["ignored"] == ["it is our own"]
    assert send(a_case(event="ticket.resolved")).json()["ignored"] == ["event 'ticket.resolved'"]


def test_a_change_is_ignored_where_nothing_can_be_read(send: Callable[..., Any]) -> None:
    answer = send(a_case(event="ticket.changed")).json()
    assert (answer["accepted"], len(answer["ignored"])) == (0, 1)
    assert "no token" in answer["ignored"][0]


def test_a_wrong_signature_is_a_problem_that_tells_nothing_it_should_not(send: Callable[..., Any]) -> None:
    answer = send(a_case(), **{"webhook-signature": "v1,bm8="})
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:firstline:problem:hook-not-proven"
    assert "s3cret" not in answer.text


def test_a_connection_without_a_secret_refuses_everything(hooked: Client) -> None:
    answer = hooked.post("/v1/inbound/jira", json={"webhookEvent": "jira:issue_created"})
    assert answer.status_code == 401
    assert "no hook_secret is set" in answer.json()["detail"]


def test_an_unknown_connection_is_not_found(hooked: Client) -> None:
    assert hooked.post("/v1/inbound/zendesk", json={}).status_code == 404


def test_a_token_in_the_address_proves_django_helpdesk(hooked: Client) -> None:
    ticket = {"ticket": {"id": 3, "title": "x", "description": "y", "submitter_email": "a@b.example"}}
    assert hooked.post("/v1/inbound/django_helpdesk?token=s3cret", json=ticket).json()["accepted"] == 1
    assert hooked.post("/v1/inbound/django_helpdesk?token=other", json=ticket).status_code == 401
    assert hooked.post("/v1/inbound/django_helpdesk", json=ticket).status_code == 401


def test_an_address_that_guesses_signatures_is_refused_and_a_proven_sender_of_it_is_not(hooked: Client) -> None:
    """30 a minute, with the keys that are not known: `sign_in.address`."""
    ticket = {"ticket": {"id": 3, "title": "x", "description": "y", "submitter_email": "a@b.example"}}
    path = "/v1/inbound/django_helpdesk?token="
    keys = [hooked.get("/v1/tickets", headers={"Authorization": "Bearer sk_000000000000_guess"}) for _ in range(2)]
    guesses = [hooked.post(f"{path}guess", json=ticket) for _ in range(30)]
    assert [each.status_code for each in (*keys, *guesses)] == [401] * 30 + [429] * 2
    assert guesses[-1].json()["violated-policies"] == ["sign_in.address.minute"]
    assert hooked.post(f"{path}s3cret", json=ticket).status_code == 202


def test_hubspot_signs_the_public_address_and_sends_a_batch(hooked: Client, clock: FrozenClock) -> None:
    body = json.dumps([{"subscriptionType": "ticket.creation", "objectId": n} for n in (1, 2, 2)]).encode()
    at = f"{int(clock.now().timestamp())}000"
    signed_text = b"POST" + b"https://hooks.acme.example/v1/inbound/hubspot" + body + at.encode()
    mac = base64.b64encode(hmac.new(b"s3cret", signed_text, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-signature-v3": mac, "x-hubspot-request-timestamp": at, "content-type": "application/json"}
    answer = hooked.post("/v1/inbound/hubspot", content=body, headers=headers)
    assert answer.json() == {"accepted": 2, "repeated": 1, "ignored": []}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "The body is not JSON."),
        (b"", 400, "The body is not JSON."),
        (a_case(id=None), 400, "The case has no id"),
        (a_case(id="9" * 81), 400, "The case has no id"),
        (b'{"event": "\xff"}', 400, "not UTF-8"),
        (b"[" * 40 + b"]" * 40, 400, "nested deeper"),
    ],
)
def test_what_cannot_be_read_is_said(send: Callable[..., Any], body: bytes, status: int, said: str) -> None:
    answer = send(body)
    assert answer.status_code == status
    assert said in answer.text


def test_a_body_of_nearly_a_megabyte_is_taken_and_a_larger_one_is_not(send: Callable[..., Any]) -> None:
    assert send(a_case(content="x" * (LIMIT - 200))).status_code == 202
    assert send(a_case(content="x" * LIMIT)).status_code == 413


def test_a_form_is_no_delivery(send: Callable[..., Any]) -> None:
    assert send(b"payload=%7B%7D", **{"content-type": "application/x-www-form-urlencoded"}).status_code == 415


def test_somebody_who_only_looks_is_answered(hooked: Client) -> None:
    assert hooked.head("/v1/inbound/intercom").status_code == 200


def test_a_file_that_cannot_be_used_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    from serving.app import create_app
    from serving.helpdesks.port.errors import HelpdesksNotValid

    path = tmp_path / "helpdesks.toml"
    path.write_text("[rt]\n")
    with pytest.raises(HelpdesksNotValid, match=r"lacks options: options\.queue"):
        create_app(replace(settings, helpdesks=path))
