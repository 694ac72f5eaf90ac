"""`actor` is what a caller says; the id of its API key is recorded beside it, by every route that writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from serving.keys import api_keys
from serving.storage.tables import articles, deflections, erasures, tag_corrections
from tests.serving.http import openapi_document

Client = TestClient[Any]
Key = dict[str, str]

PACKET = {
    "bug_report": "502",
    "business_impact": "no sales",
    "workaround_status": "none",
    "communication_plan": "hourly",
}
ON_TICKETS: dict[tuple[str, str], dict[str, Any]] = {
    ("patch", "/v1/tickets/{ticket_id}"): {"assignee": "ana", "actor": "ana"},
    ("post", "/v1/tickets/{ticket_id}/replies"): {"text": "Try again.", "actor": "ana"},
    ("post", "/v1/tickets/{ticket_id}/transitions"): {"to": "pending", "actor": "ana"},
    ("post", "/v1/tickets/{ticket_id}/escalations"): {"to": "T3", "packet": PACKET, "actor": "ana"},
    ("post", "/v1/tickets/{ticket_id}/incident"): {"actor": "ana"},
}

ON_PROPOSALS = {  # whose key ids tests/serving/surges/test_deciding.py checks
    ("post", f"/v1/reports/incidents/{{proposal_id}}/{what}") for what in ("accept", "dismiss", "conclude")
}
ON_INCIDENTS = {  # whose actors tests/serving/deflections/test_opened_incidents.py checks
    ("post", "/v1/incidents"),
    ("put", "/v1/incidents/{incident_id}"),
    ("post", "/v1/incidents/{incident_id}/end"),
}


@pytest.fixture
def agent(make_key: Callable[..., Key]) -> Key:
    return make_key("agent", name="the helpdesk")


def id_of(key: Key) -> str:
    return api_keys.id_of(key["Authorization"].removeprefix("Bearer "))


@pytest.fixture
def ticket(client: Client) -> dict[str, Any]:
    return client.post("/v1/tickets", json={"subject": "CSV export is empty", "plan": "premium", "arr": 9000}).json()


def rows(client: Client, table: sa.Table) -> list[Any]:
    return client.app.state.context.database.read(lambda connection: connection.execute(sa.select(table)).all())


def test_these_are_all_routes_that_take_an_actor() -> None:
    described = json.loads((Path(openapi_document.__file__).parent / "openapi.json").read_text("utf-8"))
    schemas = {
        name for name, each in described["components"]["schemas"].items() if "actor" in each.get("properties", {})
    }
    taking = {
        (method, path)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if any(f"/{name}" in json.dumps(operation.get("requestBody", {})) for name in schemas)
    }
    assert taking == set(ON_TICKETS) | ON_PROPOSALS | ON_INCIDENTS


@pytest.mark.parametrize(("method", "path"), list(ON_TICKETS))
def test_what_a_key_did_to_a_ticket_is_recorded_with_its_id(
    client: Client, agent: Key, ticket: dict[str, Any], method: str, path: str
) -> None:
    body = dict(ON_TICKETS[method, path])
    if path.endswith("/incident"):
        body["incident"] = client.post("/v1/tickets", json={"subject": "Export is down"}).json()["id"]
    headers = agent | {"If-Match": f'"{ticket["version"]}"'}

    answer = client.request(method, path.format(ticket_id=ticket["id"]), json=body, headers=headers)

    assert answer.status_code < 300, answer.text
    told = client.get(f"/v1/tickets/{ticket['id']}/history").json()["events"]
    fresh = [each for each in told[ticket["version"] :] if each["by"] != "firstline"]
    assert fresh
    assert {(each["by"], each["key_id"]) for each in fresh} == {("agent:ana", id_of(agent))}


def test_a_history_says_when_what_and_by_whom_and_quotes_nothing(client: Client, agent: Key) -> None:
    opened = client.post(
        "/v1/tickets", json={"subject": "The secret plan", "tags": {"priority": "P2"}}, headers=agent
    ).json()

    found = client.get(f"/v1/tickets/{opened['id']}/history", headers=agent)

    events = found.json()["events"]
    assert [each["number"] for each in events] == list(range(1, opened["version"] + 1))
    assert events[0] | {"at": None} == {
        "number": 1, "at": None, "type": "ticket_opened", "by": "agent:the helpdesk", "key_id": id_of(agent),
    }  # fmt: skip
    labelled = [each for each in events if each["type"] == "ticket_tagged" and each["by"] == "agent:the helpdesk"]
    assert [each["key_id"] for each in labelled] == [id_of(agent)]
    by_itself = [each["key_id"] for each in events if each["by"].startswith(("model:", "firstline"))]
    assert set(by_itself) <= {None}
    assert "secret plan" not in found.text


def test_a_history_is_for_agents(client: Client, ticket: dict[str, Any], make_key: Callable[..., Key]) -> None:
    path = f"/v1/tickets/{ticket['id']}/history"
    assert client.get(path, headers=make_key("tag")).status_code == 403
    assert client.get(path, headers={"Authorization": ""}).status_code == 401
    assert client.get("/v1/tickets/tkt_none/history").status_code == 404


def test_corrections_of_tags_have_the_key_beside_the_actor(client: Client, agent: Key) -> None:
    tagged = client.post("/v1/tags", json={"subject": "CSV export is empty"}).json()
    path = f"/v1/tags/{tagged['id']}/correction"
    assert client.post(path, json={"category": "billing", "actor": "ana"}, headers=agent).status_code == 200
    assert [(row.actor, row.key_id) for row in rows(client, tag_corrections)] == [("ana", id_of(agent))]


def test_articles_have_the_key_that_wrote_or_deleted_them_last(client: Client, agent: Key) -> None:
    client.put("/v1/articles/a", json={"title": "T", "body": "One."}, headers=agent)
    assert client.get("/v1/articles/a").json()["key_id"] == id_of(agent)
    client.post("/v1/articles/import", json={"articles": [{"id": "a", "title": "T", "body": "Two."}]})
    mine = client.get("/v1/articles/a").json()["key_id"]
    assert mine not in {None, id_of(agent)}
    client.delete("/v1/articles/a", headers=agent)
    assert [row.key_id for row in rows(client, articles) if row.id == "a"] == [id_of(agent)]


def test_outcomes_hand_offs_and_erasures_have_their_key(knowing: Client, agent: Key) -> None:
    asked = knowing.post("/v1/deflections", json={"question": "How do I reset my password?"}).json()
    path = f"/v1/deflections/{asked['id']}"
    assert knowing.post(f"{path}/outcome", json={"outcome": "not_helpful"}, headers=agent).status_code == 200
    assert [row.outcome_key_id for row in rows(knowing, deflections)] == [id_of(agent)]
    ticket = knowing.post(f"{path}/ticket", json={"email": "kim@acme.example"}, headers=agent).json()
    first = knowing.get(f"/v1/tickets/{ticket['id']}/history").json()["events"][0]
    assert (first["by"], first["key_id"]) == ("customer", id_of(agent))

    assert knowing.post("/v1/erasures", json={"email": "kim@acme.example"}).status_code < 300
    assert [row.actor for row in rows(knowing, erasures)] == [
        id_of({"Authorization": knowing.headers["authorization"]})
    ]
