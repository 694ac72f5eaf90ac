"""A system without an API delivers what happens to its tickets: it is applied once, and at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.context import Context
from serving.jobs.workers import Workers
from serving.settings import Settings
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.jobs_database import run_one

pytestmark = pytest.mark.usefixtures("migrated_home")

SHOP = '[shop]\nkind = "standard"\nhook_secret = "s3cret"\nbot = "Firstline"\n'


class Shop:
    """Sends signed deliveries."""

    def __init__(self, client: TestClient[Litestar], clock: FrozenClock, headers: dict[str, str]) -> None:
        self.client, self.clock, self.headers, self.sent = client, clock, headers, 0

    def send(self, kind: str, **data: Any) -> Any:
        self.sent += 1
        stamp = self.clock.now().isoformat()
        body = json.dumps({"type": f"ticket.{kind}", "timestamp": stamp, "data": {"id": "c-1"} | data}).encode()
        name, at = f"msg_{self.sent}", str(int(self.clock.now().timestamp()))
        mac = hmac.new(b"s3cret", f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        signed = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        }
        return self.client.post("/v1/inbound/shop", content=body, headers=signed)

    def open(self) -> str:
        self.send("created", subject="Export is empty", description="All.")
        rounds, context = self.client.app.dependencies["rounds"].dependency(), self.client.app.state.context
        rounds.look(self.clock.now())
        workers = Workers(context.database, self.clock, context.telemetry, rounds.tasks(), threads=1, draw=lambda: 0.5)
        assert run_one(workers)
        [ticket] = self.client.get("/v1/tickets", headers=self.headers).json()["tickets"]
        return str(ticket["id"])

    def read(self, ticket_id: str) -> Any:
        return self.client.get(f"/v1/tickets/{ticket_id}", headers=self.headers).json()


@pytest.fixture
def shop(settings: Settings, clock: FrozenClock, tmp_path: Path, make_key: Any) -> Iterator[Shop]:
    from serving.app import create_app
    from serving.helpdesks.wiring import wire

    path = tmp_path / "helpdesks.toml"
    path.write_text(SHOP, encoding="utf-8")

    def compose(context: Context) -> list[Any]:
        tickets = wire_tickets(context, tagger=FixedTagger())
        known: dict[str, Any] = dict(tickets.dependencies)
        return [tickets, wire(context, known["desk"], known["vocabulary"])]

    with TestClient(create_app(replace(settings, helpdesks=path), clock=clock, compose=compose)) as client:
        yield Shop(client, clock, make_key("agent"))


def test_a_delivered_reply_is_the_first_response_and_pauses_where_it_says_so(shop: Shop) -> None:
    ticket_id = shop.open()
    answer = shop.send("replied", by="agent", author="Bob", message_id="m-1", text="Which filter?", status="pending")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "repeated": 0, "ignored": []})
    ticket = shop.read(ticket_id)
    assert ticket["status"] == "pending"
    assert [(turn["by"], turn["text"]) for turn in ticket["transcript"]] == [("agent", "Which filter?")]


def test_the_same_message_is_applied_once(shop: Shop) -> None:
    ticket_id = shop.open()
    for _ in range(3):
        shop.send("replied", by="customer", message_id="m-1", text="Still empty")
    assert len(shop.read(ticket_id)["transcript"]) == 1


def test_the_first_label_that_is_delivered_counts_and_what_is_not_said_stays(shop: Shop) -> None:
    ticket_id = shop.open()
    shop.send("updated", message_id="u-1", priority="P0", assignee="Bob")
    shop.send("updated", message_id="u-2", status="resolved")
    ticket = shop.read(ticket_id)
    assert ticket["tags"]["priority"]["label"] == "P0"
    assert (ticket["status"], ticket["assignee"]) == ("resolved", "Bob")


def test_a_merge_closes_the_ticket(shop: Shop) -> None:
    ticket_id = shop.open()
    shop.send("merged", into="c-2")
    assert shop.read(ticket_id)["status"] == "closed"


def test_what_is_delivered_about_a_ticket_that_is_being_opened_is_sent_again(shop: Shop) -> None:
    shop.send("created", subject="Export is empty", description="All.")
    answer = shop.send("replied", by="customer", message_id="m-1", text="Still empty")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_what_is_delivered_about_a_ticket_that_is_not_here_is_ignored_with_the_reason(shop: Shop) -> None:
    answer = shop.send("replied", by="customer", message_id="m-1", text="Still empty")
    assert answer.json() == {"accepted": 0, "repeated": 0, "ignored": ["a change of a ticket that is not here"]}
