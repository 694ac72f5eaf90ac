"""A case goes up with a packet of what people give and its thread says; engineering says what it does with it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.tables import ticket_events

Client = TestClient[Litestar]
PATH = "/v1/tickets"
TEXT = "All users are affected.\n1. Open the invoice\n2. Press Pay\nHTTP 502 from the API"
BUG = {"bug_report": "502", "business_impact": "no sales", "workaround_status": "none", "communication_plan": "hourly"}


@pytest.fixture
def path(desk_client: Client) -> str:
    sent = {
        "subject": "Invoice",
        "description": TEXT,
        "plan": "standard",
        "arr": 9000,
        "tags": {"category": "billing", "priority": "P2"},
    }
    return f"{PATH}/{desk_client.post(PATH, json=sent).json()['id']}"


def escalate(client: Client, path: str, to: str, **packet: Any) -> Any:
    return client.post(f"{path}/escalations", json={"to": to, "packet": packet})


def test_a_draft_says_of_each_field_where_it_comes_from(desk_client: Client, path: str) -> None:
    draft = desk_client.get(f"{path}/packet?to=T2").json()
    assert (draft["to"], list(draft["needed"]), draft["missing"]) == ("T2", list(draft["fields"]), ["steps_taken"])
    assert draft["fields"]["steps_taken"] == {"mark": "missing", "value": None}
    assert draft["fields"]["evidence"] == {
        "mark": "extracted",
        "value": "HTTP 502 from the API",
        "where": [{"in": "description", "text": "HTTP 502 from the API"}],
    }


def test_what_nobody_gave_and_nobody_wrote_is_the_list_that_is_refused(desk_client: Client, path: str) -> None:
    refused = escalate(desk_client, path, "T2")
    assert (refused.status_code, refused.json()["missing"]) == (422, ["steps_taken"])


def test_what_travels_is_kept_with_its_marks(desk_client: Client, path: str) -> None:
    answer = escalate(desk_client, path, "T2", steps_taken="Cleared the cache")
    assert (answer.status_code, answer.json()["tier"], answer.json()["handling"]) == (201, "T2", None)
    asked = sa.select(ticket_events.c.record).where(ticket_events.c.type == "ticket_escalated")
    (fact,) = desk_client.app.state.context.database.read(lambda connection: list(connection.scalars(asked)))
    assert fact["marks"] == {
        "steps_taken": "given",
        "customer_impact": "extracted",
        "reproduction_steps": "extracted",
        "evidence": "extracted",
    }
    assert fact["packet"]["customer_impact"] == "All users are affected."


def test_at_engineering_a_case_is_engineerings_and_its_priority_says_what_happens(
    desk_client: Client, path: str
) -> None:
    escalate(desk_client, path, "T2", steps_taken="Cleared the cache")
    at_t3 = escalate(desk_client, path, "T3", **BUG).json()
    assert (at_t3["team"], at_t3["tier"], at_t3["handling"]) == ("engineering", "T3", "sprint_backlog")
    urgent = desk_client.patch(path, json={"tags": {"priority": "P0"}}, headers={"If-Match": "*"}).json()
    assert (urgent["team"], urgent["handling"]) == ("engineering", "incident_response")


def test_what_goes_straight_to_engineering_starts_incident_response(desk_client: Client) -> None:
    sent = {"subject": "Down", "plan": "enterprise", "tags": {"priority": "P0"}}
    opened = desk_client.post(PATH, json=sent).json()
    assert (opened["tier"], opened["handling"]) == ("T3", "incident_response")


def test_what_can_be_asked_stands_in_the_description_of_the_api(desk_client: Client) -> None:
    paths = desk_client.get("/schema/openapi.json").json()["paths"]
    asked = {each["name"] for each in paths["/v1/tickets"]["get"]["parameters"]}
    assert {"overdue", "at_risk", "status"} <= asked
    assert {"/v1/tickets/{ticket_id}/incident", "/v1/tickets/{ticket_id}/packet"} <= set(paths)
    assert {"/v1/sla/notices", "/v1/sla/alerts"} <= set(paths)
