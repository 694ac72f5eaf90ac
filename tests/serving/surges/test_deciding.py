"""What becomes of a proposal: an incident with its cases, one message at the end, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from serving.storage.job_tables import incident_proposals, outbox_events
from serving.surges.certifying import is_certified
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
        events = surges.client.get(f"/v1/tickets/{each}/history").json()["events"]
        written = [event for event in events if event["by"] == "agent:kim"]
        assert written
        assert all(event["key_id"] for event in written)
    assert surges.post(proposal["id"], "conclude", text="Again.").json() == {"tickets": 0}


def test_each_customer_of_an_incident_is_asked_how_the_help_was(
    surges: SurgeDesk, tickets: list[str], proposal: dict[str, Any]
) -> None:
    surges.post(proposal["id"], "accept")
    surges.post(proposal["id"], "conclude", text="Paying works again.")
    surges.post(proposal["id"], "conclude", text="Again.")
    asked = sa.select(outbox_events.c.subject).where(outbox_events.c.type == "survey.offered")
    assert sorted(surges.context.database.read(lambda c: c.scalars(asked).all())) == sorted(tickets)


def test_a_subject_of_spaces_is_none(surges: SurgeDesk, proposal: dict[str, Any]) -> None:
    accepted = surges.post(proposal["id"], "accept", subject="  ").json()
    assert surges.ticket(accepted["incident_id"])["subject"].startswith("Incident: ")


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


def test_by_itself_it_becomes_an_incident_only_while_people_accept_nearly_all(surges: SurgeDesk) -> None:
    surges.live()
    surges.watch._accepts_from = 0.8
    surges.burst()
    (first,) = surges.look()
    assert first["state"] == "open"
    rows = [_decided(number, "accepted", surges.clock.now()) for number in range(20)]
    surges.context.database.write(lambda connection: connection.execute(incident_proposals.insert(), rows))
    more = surges.burst(("Webhook events of orders are lost", "No events on our webhook: orders lost"))
    (found,) = [each for each in surges.look() if each["actor"] == "firstline"]
    assert found["state"] == "accepted"
    assert {surges.ticket(each)["incident_id"] for each in more} == {found["incident_id"]}
    wrong = [_decided(number, "dismissed", surges.clock.now()) for number in range(20, 28)]
    surges.context.database.write(lambda connection: connection.execute(incident_proposals.insert(), wrong))
    now = surges.clock.now()
    read = surges.context.database.read
    judged = read(lambda connection: [is_certified(connection, least, now) for least in (0.5, 0.8)])
    assert judged == [True, False]


def _decided(number: int, state: str, at: datetime) -> dict[str, Any]:
    past = at - timedelta(days=30)
    moments = dict.fromkeys(("proposed_at", "began_at", "grew_at", "ended_at", "decided_at"), past)
    counts = {"window_minutes": 60, "count": 9, "expected": 1.0, "usual_most": 3, "log10_p": -9.0, "senders": 9}
    said = {"kind": "all", "words": [], "state": state, "actor": "agent:ann"}
    return {"id": f"ipr_0{number}", **moments, **counts, **said}
