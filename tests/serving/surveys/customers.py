"""Tickets that are resolved, the links that are sent of them, and customers who answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from serving.storage.job_tables import outbox_events
from tests.serving.conftest import Client

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def act(client: Client, ticket: str, path: str, **body: Any) -> Any:
    answer = client.post(f"/v1/tickets/{ticket}/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def opened(client: Client, **fields: Any) -> str:
    sent = {"subject": "CSV export is empty", "email": "kim@example.com", "account": "acme", **fields}
    answer = client.post("/v1/tickets", json=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def offers(client: Client) -> list[dict[str, Any]]:
    """Return what was sent of surveys, oldest first."""
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "survey.offered")
    ordered = asked.order_by(outbox_events.c.subject, outbox_events.c.sequence)
    return list(client.app.state.context.database.read(lambda c: c.scalars(ordered).all()))


def resolved(client: Client, **fields: Any) -> tuple[str, str]:
    """Return a ticket that was resolved, and the path of its survey."""
    ticket = opened(client, **fields)
    act(client, ticket, "transitions", to="resolved", resolution_type="solved")
    return ticket, path_of(next(each for each in offers(client) if each["id"] == ticket))


def path_of(offer: dict[str, Any]) -> str:
    return str(offer["url"]).removeprefix("https://help.example.com")


def send(client: Client, path: str, **form: str) -> httpx.Response:
    """Send the form as somebody does who has no key."""
    return client.post(path, data=form, headers={"Authorization": ""})


def csat(client: Client, ticket: str) -> tuple[Any, Any]:
    found = client.get(f"/v1/tickets/{ticket}").json()
    return found["csat"], found["csat_comment"]
