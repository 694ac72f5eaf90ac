"""What becomes of a proposal: an incident with its cases, one message at the end, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.serving.surges.conftest import SurgeDesk


@pytest.fixture
def tickets(surges: SurgeDesk) -> list[str]:
    surges.live()
    return surges.burst(labels={"priority": "P2"}, plan="standard")


@pytest.fixture
def proposal(surges: SurgeDesk, tickets: list[str]) -> dict[str, Any]:
    (found,) = surges.look()
    return found


def test_accepted_it_is_an_incident_whose_cases_share_its_clocks(
    surges: SurgeDesk, tickets: list[str], proposal: dict[str, Any]
) -> None:
    accepted = surges.post(proposal["id"], "accept", priority="P1", actor="ann")
    assert accepted.status_code == 200, accepted.text
    incident = surges.ticket(accepted.json()["incident_id"])
    assert incident["tags"]["priority"]["label"] == "P1"
    assert "checkout" in incident["subject"]
    for each in tickets:
        case = surges.ticket(each)
        assert case["incident_id"] == case["sla"]["incident"] == incident["id"]
        assert case["sla"]["sla_deadline"] == incident["sla"]["sla_deadline"]
    assert (accepted.json()["state"], accepted.json()["actor"]) == ("accepted", "agent:ann")
    assert surges.look() == [{name: value for name, value in accepted.json().items() if name != "ticket_ids"}]


def test_accepted_again_it_links_the_tickets_that_came_since(surges: SurgeDesk, proposal: dict[str, Any]) -> None:
    first = surges.post(proposal["id"], "accept").json()
    more = surges.burst(senders=3)
    surges.look()
    second = surges.post(proposal["id"], "accept").json()
    assert second["incident_id"] == first["incident_id"]
    assert {surges.ticket(each)["incident_id"] for each in more} == {first["incident_id"]}


def test_one_message_reaches_all_at_the_end(surges: SurgeDesk, tickets: list[str], proposal: dict[str, Any]) -> None:
    incident = surges.post(proposal["id"], "accept").json()["incident_id"]
    said = surges.post(proposal["id"], "conclude", text="Paying works again.", root_cause="A full disk.")
    assert said.json() == {"tickets": len(tickets) + 1}
    for each in (incident, *tickets):
        ticket = surges.ticket(each)
        assert (ticket["status"], ticket["transcript"][-1]["text"]) == ("resolved", "Paying works again.")
    assert surges.post(proposal["id"], "conclude", text="Again.").json() == {"tickets": 0}


def test_dismissed_it_is_not_proposed_again(surges: SurgeDesk, proposal: dict[str, Any]) -> None:
    assert surges.post(proposal["id"], "dismiss").json()["state"] == "dismissed"
    surges.burst(senders=10)
    assert [each["id"] for each in surges.look(timedelta(minutes=5))] == [proposal["id"]]
    assert surges.post(proposal["id"], "accept").status_code == 409
    assert surges.post(proposal["id"], "conclude", text="x").status_code == 409


def test_what_cannot_be_decided_is_refused(surges: SurgeDesk, proposal: dict[str, Any]) -> None:
    assert surges.post("ipr_none", "accept").status_code == 404
    assert surges.post(proposal["id"], "accept", priority="P9").status_code == 400
    surges.post(proposal["id"], "accept").raise_for_status()
    refused = surges.post(proposal["id"], "dismiss")
    assert (refused.status_code, refused.json()["state"]) == (409, "accepted")


def test_tickets_that_are_closed_or_of_another_incident_stay_as_they_are(
    surges: SurgeDesk, tickets: list[str], proposal: dict[str, Any]
) -> None:
    closed, other = tickets[:2]
    surges.client.post(f"/v1/tickets/{closed}/transitions", json={"to": "closed"}).raise_for_status()
    lead = surges.open("An older problem", "lead")
    surges.client.post(f"/v1/tickets/{other}/incident", json={"incident": lead}).raise_for_status()
    incident = surges.post(proposal["id"], "accept").json()["incident_id"]
    found = [surges.ticket(each)["incident_id"] for each in tickets[:3]]
    assert found == [None, lead, incident]
