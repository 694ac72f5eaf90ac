"""One outage, one timer: tickets that are cases of an incident follow its strictest deadline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.tickets.desk import Desk
from serving.tickets.tasks import TicketTasks
from tests.fakes import FixedTagger, FrozenClock

Client = TestClient[Litestar]
PATH = "/v1/tickets"


def open_ticket(client: Client, priority: str, plan: str = "standard") -> str:
    return client.post(PATH, json={"subject": "x", "plan": plan, "tags": {"priority": priority}}).json()["id"]


def follow(client: Client, case: str, incident: str | None) -> Any:
    return client.post(f"{PATH}/{case}/incident", json={"incident": incident})


def read(client: Client, ticket: str) -> dict[str, Any]:
    return client.get(f"{PATH}/{ticket}").json()


@pytest.fixture
def incident(desk_client: Client) -> str:
    return open_ticket(desk_client, "P1")


@pytest.fixture
def case(desk_client: Client, incident: str) -> str:
    ticket = open_ticket(desk_client, "P3")
    follow(desk_client, ticket, incident).raise_for_status()
    return ticket


def test_a_case_shows_the_strictest_deadline_and_keeps_its_own_promises(
    desk_client: Client, incident: str, case: str
) -> None:
    told = read(desk_client, case)
    assert (told["incident_id"], told["sla"]["incident"]) == (incident, incident)
    assert told["sla"]["sla_deadline"] == read(desk_client, incident)["sla"]["sla_deadline"]
    assert told["sla"]["target"]["first_response_by"] == "2026-03-03T10:00:00Z"
    listed = desk_client.get(PATH).json()["tickets"]
    assert {each["id"]: each["sla"] for each in listed}[case] == told["sla"]


def test_what_answers_the_incident_answers_its_cases_and_moves_their_rows(
    desk_client: Client, incident: str, case: str, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=2))
    overdue = [each["id"] for each in desk_client.get(f"{PATH}?overdue=true").json()["tickets"]]
    assert sorted(overdue) == sorted([incident, case])
    desk_client.post(f"{PATH}/{incident}/replies", json={"text": "We are on it."})
    assert desk_client.get(f"{PATH}?overdue=true").json()["tickets"] == []
    assert read(desk_client, case)["sla"]["sla_deadline"]["kind"] == "resolution"


def test_fifty_cases_make_one_timer(
    desk_client: Client, incident: str, clock: FrozenClock, tagger: FixedTagger
) -> None:
    for _ in range(9):
        follow(desk_client, open_ticket(desk_client, "P1"), incident).raise_for_status()
    context = desk_client.app.state.context
    TicketTasks(context, Desk(context, tagger)).watch(clock.advance(timedelta(hours=2)))
    notices = desk_client.get("/v1/sla/notices?what=breached").json()["notices"]
    assert [(each["ticket_id"], each["source"]) for each in notices] == [(incident, "target")]


def test_a_case_that_leaves_has_its_own_time_again_and_keeps_what_was_said_to_it(
    desk_client: Client, incident: str, case: str, clock: FrozenClock
) -> None:
    clock.advance(timedelta(minutes=5))
    desk_client.post(f"{PATH}/{incident}/replies", json={"text": "We are on it."})
    clock.advance(timedelta(minutes=5))
    left = follow(desk_client, case, None).json()
    assert left["incident_id"] is None
    assert left["sla"]["sla_deadline"] == {"at": "2026-03-09T10:00:00Z", "kind": "resolution", "source": "target"}
    assert left["sla"] == read(desk_client, case)["sla"]


def test_what_cannot_be_followed_is_refused(desk_client: Client, incident: str, case: str) -> None:
    other = open_ticket(desk_client, "P2")
    problems = {
        (other, "tkt_none"): (400, "There is no ticket with this id."),
        (other, other): (409, "a ticket is no case of itself"),
        (other, case): (409, f"it is itself a case of {incident}; join that one"),
        (incident, other): (409, "this ticket is an incident itself"),
    }
    for (ticket, leader), (status, words) in problems.items():
        refused = follow(desk_client, ticket, leader)
        assert (refused.status_code, words in refused.text) == (status, True), refused.text


def test_to_follow_twice_is_to_follow_once(desk_client: Client, incident: str, case: str) -> None:
    version = read(desk_client, case)["version"]
    assert follow(desk_client, case, incident).json()["version"] == version
