"""Automatic mail over HTTP: it raises no alarm, and a reply of a machine reopens no ticket."""

from __future__ import annotations

import pytest

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
