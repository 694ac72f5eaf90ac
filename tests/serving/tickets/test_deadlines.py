"""Deadlines over HTTP: of a stored ticket, and of a case that is kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]
PATH = "/v1/sla/deadlines"
MONDAY = "2026-03-02T10:00:00Z"


def asked(client: Client, **case: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"created_at": MONDAY, **case})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_earlier_of_both_clocks_is_the_one_to_show(desk_client: Client) -> None:
    found = asked(desk_client, plan="standard", priority="P1")
    assert found["contract"] == {"first_response_by": "2026-03-03T10:00:00Z", "resolution_by": "2026-03-10T10:00:00Z"}
    assert found["target"] == {"first_response_by": "2026-03-02T11:00:00Z", "resolution_by": "2026-03-03T10:00:00Z"}
    assert found["sla_deadline"] == {"at": "2026-03-02T11:00:00Z", "kind": "first_response", "source": "target"}


def test_every_clock_explains_the_intervals_that_it_counted(desk_client: Client) -> None:
    clocks = asked(desk_client, plan="standard", priority="P1")["explain"]
    assert [(clock["source"], clock["kind"]) for clock in clocks] == [
        ("contract", "first_response"),
        ("contract", "resolution"),
        ("target", "first_response"),
        ("target", "resolution"),
    ]
    counted = [part for part in clocks[0]["intervals"] if part["counted"]]
    assert [(part["from"], part["to"]) for part in counted] == [
        ("2026-03-02T10:00:00Z", "2026-03-02T17:00:00Z"),  # 7 h of Monday
        ("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"),  # and 1 h of Tuesday are 8 business hours
    ]


def test_a_pause_moves_the_resolution_and_not_the_first_response(desk_client: Client) -> None:
    pauses = [{"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T14:00:00+01:00"}]
    found = asked(desk_client, plan="standard", priority="P1", pauses=pauses)
    assert found["target"] == {"first_response_by": "2026-03-02T11:00:00Z", "resolution_by": "2026-03-03T11:00:00Z"}


def test_a_case_that_still_waits_has_no_deadline_for_its_resolution(desk_client: Client) -> None:
    found = asked(desk_client, plan="standard", priority="P1", pauses=[{"from": "2026-03-02T12:00:00Z"}])
    assert (found["target"]["resolution_by"], found["contract"]["resolution_by"]) == (None, None)


def test_a_request_of_a_free_customer_runs_no_clock_but_one(desk_client: Client) -> None:
    found = asked(desk_client, plan="free", priority="P4")
    assert found["target"] == {"first_response_by": None, "resolution_by": None}
    assert found["contract"] == {"first_response_by": "2026-03-04T10:00:00Z", "resolution_by": None}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        (
            {"plan": "gold"},
            "plan",
            "Plan 'gold' is not in the policy; known plans: free, standard, premium, enterprise.",
        ),
        ({"priority": "P5"}, "priority", "Priority 'P5' does not exist; priorities: P0, P1, P2, P3, P4."),
        (
            {"created_at": "2026-03-02T10:00:00"},
            "created_at",
            "Say the time zone: write the instant like 2024-03-01T09:30:00Z.",
        ),
        (
            {"pauses": [{"from": "2026-03-02T12:00:00", "to": None}]},
            "pauses[0].from",
            "Say the time zone: write the instant like 2024-03-01T09:30:00Z.",
        ),
        ({"pauses": [{"to": MONDAY}]}, "from", "This field is required."),
    ],
)
def test_what_cannot_be_computed_is_refused_by_field(
    desk_client: Client, change: dict[str, Any], field: str, message: str
) -> None:
    case = {"created_at": MONDAY, "plan": "standard", "priority": "P1"}
    refused = desk_client.post(PATH, json=case | change)
    assert refused.json() == {
        "type": "urn:firstline:problem:invalid-request",
        "title": "Invalid request",
        "status": 400,
        "detail": "The request was not understood: see `errors`. Nothing was stored.",
        "instance": PATH,
        "errors": [{"field": field, "message": message}],
    }


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_the_calendar_are_refused_and_break_nothing(desk_client: Client, at: str) -> None:
    assert desk_client.post(PATH, json={"created_at": at}).status_code == 400


def test_a_pause_that_ends_before_it_begins_is_refused(desk_client: Client) -> None:
    pauses = [{"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T11:00:00Z"}]
    refused = desk_client.post(PATH, json={"created_at": MONDAY, "pauses": pauses})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "pauses")


def test_a_tagging_key_may_ask(desk_client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    assert desk_client.post(PATH, json={"created_at": MONDAY}, headers=make_key("tag")).status_code == 200


def test_a_stored_ticket_explains_its_clocks_in_the_same_form(desk_client: Client) -> None:
    sent = {"subject": "x", "plan": "standard", "tags": {"priority": "P1"}}
    ticket = desk_client.post("/v1/tickets", json=sent).json()
    explained = desk_client.get(f"/v1/tickets/{ticket['id']}/sla").json()
    assert {name: explained[name] for name in ticket["sla"]} == ticket["sla"]
    assert explained["explain"] == asked(desk_client, plan="standard", priority="P1")["explain"]


def test_a_region_that_the_policy_amends_has_its_own_hours(desk_client: Client) -> None:
    sent = {"subject": "x", "plan": "standard", "region": "apac", "brand": "acme"}
    ticket = desk_client.post("/v1/tickets", json=sent).json()
    assert (ticket["region"], ticket["brand"]) == ("apac", "acme")
    seen = {"If-Match": f'"{ticket["version"]}"'}
    moved = desk_client.patch(f"/v1/tickets/{ticket['id']}", json={"region": None}, headers=seen).json()
    assert (moved["region"], moved["brand"], moved["version"]) == (None, "acme", ticket["version"] + 1)


def test_an_explanation_says_how_late_a_clock_is_in_open_time(desk_client: Client) -> None:
    clocks = asked(desk_client, plan="standard", priority="P1", created_at="2026-02-27T15:00:00Z")["explain"]
    late = {(clock["source"], clock["kind"]): clock["overdue_seconds"] for clock in clocks}
    assert late["target", "first_response"] == 7200  # Friday 16:00 to 17:00, Monday 09:00 to 10:00
    assert late["contract", "resolution"] == 0
