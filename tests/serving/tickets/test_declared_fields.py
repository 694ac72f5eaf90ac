"""Declared fields through the whole service: tags, hand-offs, tickets, people, webhooks, erasure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.jobs.event_types import TICKET_CREATED, TICKET_FIELDS_SET
from serving.settings import Settings
from serving.storage.job_tables import outbox_events
from serving.storage.tables import deflections, receipts, taggings, ticket_events
from tests.serving.conftest import Client

FIELDS = """
[order_number]
kind = "order_number"
checksum = "luhn"
label = { en = "Order number", de = "Bestellnummer" }
required_for = { category = ["bug"] }

[version]
kind = "version"
required_for = { plan = "premium" }

[amount]
kind = "amount"
store = false

[date]
kind = "date"
not_in_future = true

[digits]
kind = "pattern"
pattern = '\\d{4,20}'
"""
TEXT = "Since 2.3.1 order 79927398713 costs 49,90 €, on 12.03.2026. My card is 4111 1111 1111 1111."
RIGHT, WRONG, CARD = "79927398713", "79927398710", "4111 1111 1111 1111"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "fields.toml").write_text(FIELDS, encoding="utf-8")
    return replace(settings, policies=folder)


def stored(client: Client, *tables: Any) -> str:
    """Return everything that some tables hold, as one text."""
    database = client.app.state.context.database
    rows = [database.read(lambda c, t=table: c.execute(t.select()).mappings().all()) for table in tables]
    return " ".join(str(value) for some in rows for row in some for value in row.values())


def named(fields: list[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in fields}


def opened(client: Client, **content: Any) -> dict[str, Any]:
    answer = client.post("/v1/tickets", json={"subject": "Broken", "description": TEXT, **content})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patched(client: Client, ticket: dict[str, Any], fields: dict[str, str | None]) -> Any:
    headers = {"If-Match": f'"{ticket["version"]}"'}
    return client.patch(f"/v1/tickets/{ticket['id']}", json={"fields": fields, "actor": "kim"}, headers=headers)


def test_tags_come_with_fields_of_subject_and_description(client: Client) -> None:
    body = {"subject": "v2.3.1", "description": TEXT}
    answer = client.post("/v1/tags", json=body, headers={"Idempotency-Key": "one"}).json()
    found = answer["fields"]

    assert [(each["name"], each["value"], each["valid"], each["problem"]) for each in found] == [
        ("order_number", RIGHT, True, None),
        ("version", "2.3.1", True, None),
        ("amount", "49.90 EUR", True, None),
        ("date", "2026-03-12", False, "future"),
        ("digits", RIGHT, True, None),
        ("digits", "2026", True, None),
    ]
    assert all(body[each["source"]][each["start"] : each["end"]] == each["as_written"] for each in found)
    again = client.post("/v1/tags", json=body, headers={"Idempotency-Key": "one"}).json()
    assert again["id"] == answer["id"]
    assert [each["name"] for each in again["fields"]] == ["order_number", "version", "date", "digits", "digits"]
    assert "49.90 EUR" not in stored(client, receipts, taggings)
    assert CARD not in stored(client, receipts, taggings)

    batch = client.post("/v1/tags/batch", json={"tickets": [body, {"description": "hello"}]}).json()["results"]
    assert [len(each["fields"]) for each in batch] == [6, 0]


def test_a_ticket_keeps_its_fields_and_people_set_them(client: Client) -> None:
    ticket = opened(client)
    assert named(ticket["fields"]) == {
        "order_number": RIGHT,
        "version": "2.3.1",
        "date": "2026-03-12",
        "digits": "2026",
    }
    assert client.get(f"/v1/tickets/{ticket['id']}").json()["fields"] == ticket["fields"]

    changed = patched(client, ticket, {"order_number": WRONG, "version": None, "date": "1.3.2026"}).json()
    assert changed["version"] == ticket["version"] + 1
    assert named(changed["fields"]) == {"digits": "2026", "order_number": WRONG, "date": "2026-03-01"}
    (order,) = [each for each in changed["fields"] if each["name"] == "order_number"]
    assert order == {
        "name": "order_number",
        "value": WRONG,
        "valid": False,
        "problem": "checksum",
        "source": "person",
        "start": None,
        "end": None,
        "as_written": WRONG,
    }
    assert patched(client, changed, {"order_number": WRONG}).json()["version"] == changed["version"]

    database = client.app.state.context.database
    events = database.read(
        lambda c: c.execute(outbox_events.select().order_by(outbox_events.c.sequence)).mappings().all()
    )
    told = {row["type"]: row["data"]["fields"] for row in events if "fields" in row["data"]}
    assert {"name": "order_number", "value": RIGHT, "valid": True} in told[TICKET_CREATED]
    assert {"name": "order_number", "value": WRONG, "valid": False} in told[TICKET_FIELDS_SET]
    assert "49,90" not in json.dumps(told)


def test_a_later_reply_fills_fields_and_the_console_and_webhooks_say_so(client: Client) -> None:
    ticket = opened(client, description="Since 2.3.1 it is broken.")
    reply = {"by": "customer", "text": f"The order is {RIGHT}, not 2.3.2. My card: {CARD}."}
    answered = client.post(f"/v1/tickets/{ticket['id']}/replies", json=reply).json()
    assert named(answered["fields"]) == {"version": "2.3.1", "order_number": RIGHT, "digits": RIGHT}
    (order,) = [each for each in answered["fields"] if each["name"] == "order_number"]
    assert (order["source"], order["start"], order["end"], order["valid"]) == ("reply", None, None, True)
    database = client.app.state.context.database
    rows = database.read(lambda c: c.execute(outbox_events.select()).mappings().all())
    (told,) = [row["data"] for row in rows if row["type"] == TICKET_FIELDS_SET]
    assert (told["fact"], told["message"], told["fact_number"]) == ("fields_found", 4, 5)
    client.post("/v1/erasures", json={"ticket": ticket["id"]})
    left = stored(client, ticket_events, outbox_events)
    assert not any(value in left for value in (RIGHT, "2.3.1", CARD))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"colour": "red"}, "no such field"),
        ({"amount": "5 €"}, "no such field"),
        ({"digits": CARD}, "personal data"),
        ({"version": "kim@example.com"}, "personal data"),
    ],
)
def test_what_no_field_keeps_is_refused(client: Client, fields: dict[str, str | None], said: str) -> None:
    ticket = opened(client)
    refused = patched(client, ticket, fields)
    assert refused.status_code == 400
    assert said in refused.json()["errors"][0]["message"]
    assert client.get(f"/v1/tickets/{ticket['id']}").json()["version"] == ticket["version"]


def test_a_hand_off_says_what_is_missing_and_takes_it_along(knowing: Client) -> None:
    asked = {
        "question": "I want to talk to a person about 2.3.1, 49,90 € are gone",
        "plan": "premium",
        "locale": "de-AT",
    }
    answer = knowing.post("/v1/deflections", json=asked).json()
    assert answer["decision"] == "hand_off"
    assert named(answer["fields"]) == {"version": "2.3.1", "amount": "49.90 EUR"}
    assert answer["missing"] == [{"name": "order_number", "label": "Bestellnummer"}]
    assert "49.90 EUR" not in stored(knowing, deflections)

    given = {
        "email": "kim@example.com",
        "fields": {"order_number": RIGHT, "colour": "red", "digits": CARD, "amount": "5 €", "date": ""},
    }
    ticket = knowing.post(f"/v1/deflections/{answer['id']}/ticket", json=given)
    assert ticket.status_code == 201
    assert named(ticket.json()["fields"]) == {"version": "2.3.1", "order_number": RIGHT}
    assert {each["source"] for each in ticket.json()["fields"]} == {"subject", "form"}


def test_nothing_wrong_that_is_typed_hinders_a_hand_off(knowing: Client) -> None:
    answer = knowing.post("/v1/deflections", json={"question": "I want to talk to a person"}).json()
    given = {"email": "kim@example.com", "fields": {"order_number": "I do not know", "version": WRONG, "x y": "z"}}
    ticket = knowing.post(f"/v1/deflections/{answer['id']}/ticket", json=given)
    assert ticket.status_code == 201
    (order, version) = ticket.json()["fields"]
    assert (order["value"], order["problem"]) == ("I do not know", "format")
    assert version["value"] == WRONG


def test_an_answer_says_what_its_form_would_ask_for_and_small_talk_does_not(knowing: Client) -> None:
    answer = knowing.post("/v1/deflections", json={"question": "How do I reset my password?", "plan": "premium"}).json()
    assert (answer["decision"], answer["fields"]) == ("answer", [])
    assert {each["name"] for each in answer["missing"]} >= {"version"}
    greeting = knowing.post("/v1/deflections", json={"question": "hello", "plan": "premium"}).json()
    assert (greeting["missing"], greeting["fields"]) == ([], [])


def test_an_erasure_removes_fields_everywhere(client: Client) -> None:
    ticket = opened(client, email="kim@example.com")
    patched(client, ticket, {"order_number": WRONG})
    assert WRONG in stored(client, ticket_events, outbox_events)
    client.post("/v1/erasures", json={"email": "kim@example.com"})
    left = stored(client, ticket_events, outbox_events, receipts)
    assert not any(value in left for value in (RIGHT, WRONG, "2.3.1", "2026-03-12"))
    assert client.get(f"/v1/tickets/{ticket['id']}").json()["fields"] == []
