"""A case goes up with a packet of what people give and its thread says; engineering says what it does with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.erasure import MARK, ErasureSubject, ErasureTrail
from serving.storage.job_tables import outbox_events
from serving.storage.tables import ticket_events
from serving.tickets.erasing import erase

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


class TestThePacketOfTheLatestEscalation:
    def test_is_not_there_before_one_and_the_answer_says_what_to_do(self, desk_client: Client, path: str) -> None:
        answer = desk_client.get(f"{path}/packet")
        assert answer.status_code == 404
        assert f"{path}/packet?to=T2" in answer.json()["detail"]
        assert f"{path}/escalations" in answer.json()["detail"]

    def test_says_of_each_field_where_it_comes_from_and_what_the_next_tier_needs(
        self, desk_client: Client, path: str
    ) -> None:
        escalate(desk_client, path, "T2", steps_taken="Cleared the cache")
        packet = desk_client.get(f"{path}/packet").json()
        assert (packet["from"], packet["to"], packet["by"], packet["queue"]) == ("T1", "T2", "agent:kim", "standard")
        assert packet["escalated_at"] == "2026-03-02T10:00:00Z"
        assert packet["fields"]["steps_taken"] == {"mark": "given", "value": "Cleared the cache"}
        assert packet["fields"]["customer_impact"] == {"mark": "extracted", "value": "All users are affected."}
        assert packet["missing"] == []
        assert packet["next"]["to"] == "T3"
        assert packet["next"]["missing"] == [
            "bug_report",
            "business_impact",
            "workaround_status",
            "communication_plan",
        ]  # the ARR stands in the ticket
        escalate(desk_client, path, "T3", **BUG)
        latest = desk_client.get(f"{path}/packet").json()
        assert (latest["to"], latest["handling"], latest["next"]) == ("T3", "sprint_backlog", None)

    @pytest.mark.parametrize(("form", "heading"), [("text/plain", ""), ("text/markdown", "## ")])
    def test_is_a_page_for_people(self, desk_client: Client, path: str, form: str, heading: str) -> None:
        escalate(desk_client, path, "T2", steps_taken="Cleared the cache", seen_by=["Ann", "Ben"])
        answer = desk_client.get(f"{path}/packet", headers={"Accept": form})
        assert answer.headers["content-type"] == f"{form}; charset=utf-8"
        lines = answer.text.splitlines()
        assert lines[0].removeprefix("# ") == "Escalated from T1 to T2 on 2026-03-02 10:00 UTC by agent:kim"
        assert f"{heading}Steps already taken (written by a person)" in lines
        assert f"{heading}Summary of the customer impact (from the ticket, word for word)" in lines
        assert "- Ben" in lines
        assert lines[-4:] == [
            "- a structured bug report",
            "- the business impact",
            "- the status of a workaround",
            "- a plan for telling the customer",
        ]

    @pytest.mark.parametrize("form", ["*/*", "application/json", "text/html"])
    def test_is_json_for_everybody_else(self, desk_client: Client, path: str, form: str) -> None:
        escalate(desk_client, path, "T2", steps_taken="Cleared the cache")
        assert desk_client.get(f"{path}/packet", headers={"Accept": form}).json()["to"] == "T2"

    def test_is_for_agents(self, desk_client: Client, path: str, make_key: Callable[..., dict[str, str]]) -> None:
        escalate(desk_client, path, "T2", steps_taken="Cleared the cache")
        assert desk_client.get(f"{path}/packet", headers=make_key("tag")).status_code == 403
        assert desk_client.get(f"{path}/packet", headers=make_key("admin")).status_code == 200

    def test_travels_with_the_event_without_personal_data_and_is_erased_there(
        self, desk_client: Client, path: str
    ) -> None:
        long = "Called ann@acme.example\n" + '\u00e4\u0001"' * 5_000
        others = {f"x{number}": "y" * 9_000 for number in range(9)}
        answer = escalate(desk_client, path, "T2", steps_taken=long, more={"of": ["it"]}, **others)
        assert answer.status_code == 201, answer.text
        data = escalated_event(desk_client)
        assert len(json.dumps(data, ensure_ascii=False).encode()) < 20_000
        packet = data["packet"]
        assert (packet["from"], packet["to"], packet["queue"]) == ("T1", "T2", "standard")
        assert packet["fields"]["steps_taken"]["value"].startswith("Called [email]\n")
        assert packet["fields"]["steps_taken"]["value"].endswith("(shortened)")
        assert packet["fields"]["customer_impact"] == {"mark": "extracted", "value": "All users are affected."}
        assert packet["fields"]["more"]["value"] == '{"of": ["it"]}'
        trail = ErasureTrail(whose=ErasureSubject(ticket=path.rpartition("/")[2]))
        desk_client.app.state.context.database.write(lambda writing: erase(writing, trail))
        values = {each["value"] for each in escalated_event(desk_client)["packet"]["fields"].values()}
        assert values == {MARK}


def escalated_event(client: Client) -> dict[str, Any]:
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "ticket.escalated")
    [data] = client.app.state.context.database.read(lambda connection: list(connection.scalars(asked)))
    return data
