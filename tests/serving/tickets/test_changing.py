"""Agents change tickets: labels, plan, assignee, replies, status, tier; deadlines and routing follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock
from tests.serving.stored_articles import put_article

Client = TestClient[Litestar]


@pytest.fixture
def ticket(desk_client: Client) -> dict[str, Any]:
    return desk_client.post("/v1/tickets", json={"subject": "Export broken", "plan": "standard"}).json()


@pytest.fixture
def path(ticket: dict[str, Any]) -> str:
    return f"/v1/tickets/{ticket['id']}"


def change(client: Client, path: str, version: int | str, **fields: Any) -> Any:
    return client.patch(path, json=fields, headers={"If-Match": f'"{version}"'})


class TestLabels:
    def test_of_an_agent_send_the_case_elsewhere_and_move_its_deadlines(
        self, desk_client: Client, ticket: dict[str, Any], path: str, clock: FrozenClock
    ) -> None:
        clock.advance(timedelta(minutes=30))
        answer = change(desk_client, path, ticket["version"], tags={"category": "billing", "priority": "P2"})
        changed = answer.json()
        assert changed["tags"]["category"]["by"] == "agent:kim"
        assert (changed["team"], changed["tier"]) == ("billing", "T1")
        # from the creation at 10:00, not from the change: P2 aims for 4 h
        assert changed["sla"]["target"]["first_response_by"] == "2026-03-02T14:00:00Z"
        assert answer.headers["etag"] == f'"{changed["version"]}"'
        assert desk_client.get(path).json() == changed

    def test_that_come_too_late_make_no_one_guilty(
        self, desk_client: Client, ticket: dict[str, Any], path: str, clock: FrozenClock
    ) -> None:
        clock.advance(timedelta(minutes=30))
        changed = change(desk_client, path, ticket["version"], tags={"priority": "P0"}).json()
        # 15 minutes from the creation were over before anybody knew that it was a P0
        assert changed["sla"]["target"]["first_response_by"] == "2026-03-02T10:15:00Z"
        assert "target.first_response" in changed["sla"]["inherited"]

    def test_may_be_taken_away(self, desk_client: Client, ticket: dict[str, Any], path: str) -> None:
        changed = change(desk_client, path, ticket["version"], tags={"priority": None}).json()
        assert changed["tags"]["priority"]["label"] is None
        assert changed["sla"]["target"] == {"first_response_by": None, "resolution_by": None}

    def test_name_the_person_that_the_helpdesk_names(
        self, desk_client: Client, ticket: dict[str, Any], path: str
    ) -> None:
        changed = change(desk_client, path, ticket["version"], tags={"category": "billing"}, actor="bo").json()
        assert changed["tags"]["category"]["by"] == "agent:bo"


def test_another_plan_moves_the_contract(desk_client: Client, ticket: dict[str, Any], path: str) -> None:
    changed = change(desk_client, path, ticket["version"], plan="enterprise", assignee="bo").json()
    assert (changed["plan"], changed["assignee"]) == ("enterprise", "bo")
    assert changed["sla"]["contract"]["first_response_by"] == "2026-03-02T11:00:00Z"


def test_a_change_that_changes_nothing_makes_no_version(desk_client: Client, ticket: dict[str, Any], path: str) -> None:
    assert change(desk_client, path, ticket["version"], plan="standard").json() == ticket
    assert change(desk_client, path, ticket["version"]).json() == ticket


class TestNoChangeIsLost:
    def test_without_the_version_that_was_seen_nothing_is_changed(self, desk_client: Client, path: str) -> None:
        refused = desk_client.patch(path, json={"plan": "free"})
        assert refused.json() == {
            "type": "urn:firstline:problem:version-required",
            "title": "If-Match is needed",
            "status": 428,
            "detail": 'Send `If-Match: "<version>"` with the ETag of the ticket you read, so that no change is lost.',
            "instance": path,
        }

    @pytest.mark.parametrize("seen", ['"2"', 'W/"3"', '"3x"', '"1", "2"', '""'])
    def test_after_somebody_elses_change_nothing_is_changed(
        self, desk_client: Client, ticket: dict[str, Any], path: str, seen: str
    ) -> None:
        refused = desk_client.patch(path, json={"plan": "free"}, headers={"If-Match": seen})
        assert refused.json() == {
            "type": "urn:firstline:problem:version-differs",
            "title": "The ticket has changed",
            "status": 412,
            "detail": "The ticket was changed since you read it: read it again and decide anew.",
            "instance": path,
            "version": 3,
        }
        assert desk_client.get(path).json() == ticket

    @pytest.mark.parametrize("seen", ['"3"', '"2", "3"', "*"])
    def test_the_version_that_was_seen_may_be_one_of_several_or_any(
        self, desk_client: Client, path: str, seen: str
    ) -> None:
        assert desk_client.patch(path, json={"plan": "free"}, headers={"If-Match": seen}).status_code == 200

    @pytest.mark.parametrize("seen", ["3", '"3', "abc", '"3",'])
    def test_a_header_that_is_no_list_of_etags_is_refused(self, desk_client: Client, path: str, seen: str) -> None:
        refused = desk_client.patch(path, json={"plan": "free"}, headers={"If-Match": seen})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "If-Match")

    def test_a_reply_heeds_the_version_only_if_it_is_sent(self, desk_client: Client, path: str) -> None:
        sent = {"text": "Hello"}
        assert desk_client.post(f"{path}/replies", json=sent, headers={"If-Match": '"1"'}).status_code == 412
        assert desk_client.post(f"{path}/replies", json=sent).status_code == 201


class TestReplies:
    def test_of_an_agent_open_the_case_and_end_the_wait_for_one(self, desk_client: Client, path: str) -> None:
        answer = desk_client.post(f"{path}/replies", json={"text": "We look into it."}).json()
        assert answer["status"] == "open"
        assert answer["transcript"] == [{"at": "2026-03-02T10:00:00Z", "by": "agent", "text": "We look into it."}]
        assert answer["sla"]["sla_deadline"]["kind"] == "resolution"

    def test_of_the_customer_end_the_wait_for_the_customer(self, desk_client: Client, path: str) -> None:
        desk_client.post(f"{path}/transitions", json={"to": "pending"})
        answer = desk_client.post(f"{path}/replies", json={"text": "Here it is.", "by": "customer"}).json()
        assert answer["status"] == "open"
        assert answer["transcript"][-1]["by"] == "customer"

    @pytest.mark.parametrize("text", ["", " \n"])
    def test_say_something(self, desk_client: Client, path: str, text: str) -> None:
        refused = desk_client.post(f"{path}/replies", json={"text": text})
        assert refused.json()["errors"] == [{"field": "text", "message": "The reply is empty."}]

    def test_with_one_key_are_one_reply(self, desk_client: Client, path: str) -> None:
        for _ in range(2):
            desk_client.post(f"{path}/replies", json={"text": "Hello"}, headers={"Idempotency-Key": "k"})
        assert len(desk_client.get(path).json()["transcript"]) == 1


class TestTransitions:
    def test_waiting_for_the_customer_does_not_count(self, desk_client: Client, path: str, clock: FrozenClock) -> None:
        desk_client.post(f"{path}/replies", json={"text": "Which file?"})
        desk_client.post(f"{path}/transitions", json={"to": "pending"})
        assert desk_client.get(path).json()["sla"]["sla_deadline"] is None
        clock.advance(timedelta(hours=2))
        answer = desk_client.post(f"{path}/transitions", json={"to": "open"}).json()
        # P1 aims for 8 h of 09-17: 7 h on Monday less 2 h waited, so 3 h on Tuesday
        assert answer["sla"]["target"]["resolution_by"] == "2026-03-03T12:00:00Z"

    def test_a_case_is_resolved_with_its_outcome_closed_and_rated(self, desk_client: Client, path: str) -> None:
        put_article(desk_client, "export-csv")
        outcome = {"resolution_type": "workaround", "root_cause": "A filter", "kb_article_id": "export-csv"}
        resolved = desk_client.post(f"{path}/transitions", json={"to": "resolved", **outcome}).json()
        assert (resolved["status"], resolved["resolution_type"]) == ("resolved", "workaround")
        assert resolved["sla"]["sla_deadline"] is None
        closed = desk_client.post(f"{path}/transitions", json={"to": "closed", "csat": 5}).json()
        assert (closed["status"], closed["csat"], closed["kb_article_id"]) == ("closed", 5, "export-csv")

    def test_a_status_that_does_not_lead_there_is_refused_with_those_that_do(
        self, desk_client: Client, path: str
    ) -> None:
        desk_client.post(f"{path}/transitions", json={"to": "resolved"})
        refused = desk_client.post(f"{path}/transitions", json={"to": "pending"})
        assert refused.status_code == 409
        told = refused.json()
        assert told.pop("detail").endswith("is resolved and cannot become pending: it can become closed or open.")
        assert told == {
            "type": "urn:firstline:problem:transition-refused",
            "title": "Not from this status",
            "status": 409,
            "instance": f"{path}/transitions",
            "to": "pending",
            "allowed": ["closed", "open"],
            "ticket_status": "resolved",
        }

    def test_a_closed_case_takes_nothing_more(self, desk_client: Client, path: str) -> None:
        desk_client.post(f"{path}/transitions", json={"to": "closed"})
        refused = desk_client.post(f"{path}/replies", json={"text": "Late"})
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:firstline:problem:ticket-closed"

    def test_an_outcome_that_does_not_exist_is_refused(self, desk_client: Client, path: str) -> None:
        refused = desk_client.post(f"{path}/transitions", json={"to": "resolved", "resolution_type": "magic"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "resolution_type")
        assert refused.json()["errors"][0]["message"].startswith("'magic' is none of solved, ")


PACKET = {
    "steps_taken": "Cleared the cache",
    "customer_impact": "Nobody can export",
    "reproduction_steps": "Press export",
    "evidence": "log-91",
}


class TestEscalations:
    @pytest.fixture
    def path(self, desk_client: Client) -> str:
        """Begin at T1."""
        sent = {"subject": "Invoice", "plan": "standard", "tags": {"category": "billing"}}
        return f"/v1/tickets/{desk_client.post('/v1/tickets', json=sent).json()['id']}"

    def test_with_all_that_must_travel_go_up_a_tier(self, desk_client: Client, path: str) -> None:
        answer = desk_client.post(f"{path}/escalations", json={"to": "T2", "packet": PACKET})
        assert (answer.status_code, answer.json()["tier"]) == (201, "T2")

    def test_that_lack_something_are_refused_with_the_list(self, desk_client: Client, path: str) -> None:
        packet = {**PACKET, "evidence": " ", "customer_impact": None}
        refused = desk_client.post(f"{path}/escalations", json={"to": "T2", "packet": packet})
        assert refused.json() == {
            "type": "urn:firstline:problem:packet-incomplete",
            "title": "The packet is incomplete",
            "status": 422,
            "detail": "To go from T1 to T2 the ticket still needs: customer_impact, evidence.",
            "instance": f"{path}/escalations",
            "tier": "T1",
            "to": "T2",
            "missing": ["customer_impact", "evidence"],
        }
        assert desk_client.get(path).json()["tier"] == "T1"

    def test_skip_no_tier(self, desk_client: Client, path: str) -> None:
        refused = desk_client.post(f"{path}/escalations", json={"to": "T3", "packet": PACKET})
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:firstline:problem:escalation-refused")

    def test_stay_where_they_went_when_a_label_changes(self, desk_client: Client, path: str) -> None:
        version = desk_client.post(f"{path}/escalations", json={"to": "T2", "packet": PACKET}).json()["version"]
        changed = change(desk_client, path, version, tags={"category": "account"}).json()
        assert changed["tier"] == "T2"
