"""Automatic mail over HTTP: it raises no alarm, and a reply of a machine reopens no ticket."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from serving.tickets.view import BY_MACHINE
from tests.fakes import FrozenClock
from tests.serving.conftest import Client

AWAY = "I am currently out of the office and will reply when I am back. In case of an outage call our hotline."
HEADERS = {"Auto-Submitted": "auto-replied"}


def resolved(client: Client) -> str:
    ticket: str = client.post(
        "/v1/tickets", json={"subject": "Colour", "description": "grey", "channel": "email"}
    ).json()["id"]
    for to in ("open", "resolved"):
        assert client.post(f"/v1/tickets/{ticket}/transitions", json={"to": to}).status_code < 300
    return ticket


@pytest.mark.parametrize("reply", [{"text": AWAY}, {"text": "Back on Monday.", "headers": HEADERS}])
def test_an_automatic_reply_reopens_nothing_and_a_persons_does(client: Client, reply: dict[str, object]) -> None:
    ticket = resolved(client)
    for _ in range(5):
        answer = client.post(f"/v1/tickets/{ticket}/replies", json=reply | {"by": "customer"})
        assert answer.status_code < 300
    found = client.get(f"/v1/tickets/{ticket}").json()
    assert found["status"] == "resolved"
    client.post(f"/v1/tickets/{ticket}/replies", json={"text": "It is grey again.", "by": "customer"})
    assert client.get(f"/v1/tickets/{ticket}").json()["status"] == "open"


def test_automatic_mail_is_no_alarm(client: Client) -> None:
    told = {"subject": "Trouble", "description": "Production is down for everyone."}
    assert client.post("/v1/tags", json=told).json()["tags"]["priority"]["raised_by"] == "lexicon"
    tags = client.post("/v1/tags", json=told | {"headers": HEADERS}).json()["tags"]
    assert tags["priority"]["raised_by"] is None


def mail(client: Client, clock: FrozenClock, **more: object) -> dict[str, object]:
    clock.advance(timedelta(seconds=1))
    new = {"subject": "Re: your mail", "description": "We have received it.", "channel": "email", "plan": "enterprise"}
    answer = client.post("/v1/tickets", json=new | {"email": "desk@other.example"} | more)
    assert answer.status_code == 201
    opened: dict[str, object] = answer.json()
    return opened


def running(ticket: object) -> object:
    assert isinstance(ticket, dict)
    return ticket["sla"]["sla_deadline"]


def test_automatic_mail_opens_a_ticket_for_which_nobody_is_late(client: Client, clock: FrozenClock) -> None:
    opened = mail(client, clock, headers=HEADERS)
    assert (opened["status"], running(opened)) == ("new", None)
    assert BY_MACHINE in str(opened["notes"])
    assert running(mail(client, clock, subject="A question")) is not None


def test_its_deadlines_run_from_when_a_person_replies(client: Client, clock: FrozenClock) -> None:
    opened = mail(client, clock, headers=HEADERS)
    clock.advance(timedelta(hours=30))
    path = f"/v1/tickets/{opened['id']}"
    assert running(client.post(f"{path}/replies", json={"text": AWAY, "by": "customer"}).json()) is None
    told = client.post(f"{path}/replies", json={"text": "It is broken, though.", "by": "customer"}).json()
    due = datetime.fromisoformat(told["sla"]["sla_deadline"]["at"])
    assert clock.now() < due <= clock.now() + timedelta(hours=1)
    assert BY_MACHINE not in str(told["notes"])


def test_an_agent_who_acts_on_it_starts_its_deadlines(client: Client, clock: FrozenClock) -> None:
    opened = mail(client, clock, headers=HEADERS)
    path = f"/v1/tickets/{opened['id']}"
    version = client.get(path).headers["etag"]
    changed = client.patch(path, json={"assignee": "ana"}, headers={"If-Match": version})
    assert running(changed.json()) is not None


@pytest.mark.parametrize("headers", [{}, HEADERS])
def test_a_loop_of_new_tickets_ends_after_three_and_loses_no_mail(
    client: Client, clock: FrozenClock, headers: dict[str, str]
) -> None:
    opened = [mail(client, clock, description=f"We have received mail number {n}.", headers=headers) for n in range(7)]
    assert len({each["id"] for each in opened}) == 3
    assert {each["id"] for each in opened[3:]} == {opened[0]["id"]}
    found = client.get(f"/v1/tickets/{opened[0]['id']}").json()
    assert [turn["text"].split()[-1] for turn in found["transcript"]] == ["3.", "4.", "5.", "6."]
    assert found["status"] == "new"


def test_a_loop_goes_on_until_it_is_silent_for_an_hour(client: Client, clock: FrozenClock) -> None:
    first, *_ = [mail(client, clock)["id"] for _ in range(3)]
    for _ in range(4):
        clock.advance(timedelta(minutes=50))
        assert mail(client, clock)["id"] == first
    clock.advance(timedelta(minutes=61))
    assert mail(client, clock)["id"] != first


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "Another matter"},
        {"email": "kim@acme.example"},
        {"channel": "chat"},
        {"description": "Nobody can log in since noon."},
        {"email": None},
    ],
)
def test_what_is_not_like_the_loop_opens_a_ticket_of_its_own(
    client: Client, other: dict[str, object], clock: FrozenClock
) -> None:
    before = {mail(client, clock)["id"] for _ in range(4)}
    assert mail(client, clock, **other)["id"] not in before


def test_three_mails_alike_in_three_hours_are_no_loop(client: Client, clock: FrozenClock) -> None:
    opened = set()
    for _ in range(5):
        opened.add(mail(client, clock)["id"])
        clock.advance(timedelta(minutes=45))
    assert len(opened) == 5
