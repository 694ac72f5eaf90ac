"""What the desk does by itself: it notes breaches once, and tags what came in without a model."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.tables import ticket_events
from serving.tickets.desk import Desk
from serving.tickets.tasks import TicketTasks
from tests.fakes import FixedTagger, FrozenClock

Client = TestClient[Litestar]


@pytest.fixture
def ticket_tasks(desk_client: Client, tagger: FixedTagger) -> TicketTasks:
    context = desk_client.app.state.context
    return TicketTasks(context, Desk(context, tagger))


def open_ticket(client: Client, **fields: Any) -> str:
    return client.post("/v1/tickets", json={"subject": "x", **fields}).json()["id"]


def breaches(client: Client) -> list[dict[str, Any]]:
    asked = sa.select(ticket_events.c.record).where(ticket_events.c.type == "sla_breached")
    return client.app.state.context.database.read(lambda connection: list(connection.scalars(asked)))


def test_a_missed_target_is_noted_once_and_earns_nothing(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    open_ticket(desk_client, plan="premium")
    late = clock.advance(timedelta(hours=1, seconds=1))
    assert [ticket_tasks.note_breaches(late) for _ in range(3)] == [1, 0, 0]
    assert breaches(desk_client) == [
        {
            "type": "sla_breached",
            "at": "2026-03-02T11:00:01Z",
            "by": "firstline",
            "source": "target",
            "kind": "first_response",
            "due_by": "2026-03-02T11:00:00Z",
            "credit_percent": 0,
        }
    ]


def test_a_missed_contract_earns_the_plans_credit(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    open_ticket(desk_client, plan="premium")
    ticket_tasks.note_breaches(clock.advance(timedelta(hours=4, seconds=1)))
    noted = {(each["source"], each["kind"]): each["credit_percent"] for each in breaches(desk_client)}
    assert noted == {("contract", "first_response"): 5, ("target", "first_response"): 0}


def test_what_was_answered_in_time_is_no_breach(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    ticket = open_ticket(desk_client, plan="premium")
    desk_client.post(f"/v1/tickets/{ticket}/replies", json={"text": "Hello"})
    assert ticket_tasks.note_breaches(clock.advance(timedelta(hours=5))) == 0


def test_how_many_are_overdue_is_a_metric(desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock) -> None:
    open_ticket(desk_client, plan="premium")
    open_ticket(desk_client, plan="free", tags={"priority": "P4"})
    ticket_tasks.note_breaches(clock.advance(timedelta(hours=2)))
    assert "firstline_tickets_overdue 1.0" in desk_client.get("/metrics").text


def test_a_ticket_that_came_before_the_model_gets_its_tags_and_deadlines_from_its_creation(
    desk_client: Client, ticket_tasks: TicketTasks, tagger: FixedTagger, clock: FrozenClock
) -> None:
    tagger.ready = False
    ticket = open_ticket(desk_client, plan="standard")
    assert ticket_tasks.tag_the_untagged(clock.now()) == 0
    tagger.ready = True
    assert [ticket_tasks.tag_the_untagged(clock.advance(timedelta(minutes=10))) for _ in range(2)] == [1, 0]
    tagged = desk_client.get(f"/v1/tickets/{ticket}").json()
    assert (tagged["tags"]["category"]["label"], tagged["team"], tagged["notes"]) == ("bug", "integrations", [])
    assert tagged["sla"]["target"]["first_response_by"] == "2026-03-02T11:00:00Z"


def test_a_late_model_does_not_touch_what_an_agent_set(
    desk_client: Client, ticket_tasks: TicketTasks, tagger: FixedTagger, clock: FrozenClock
) -> None:
    tagger.ready = False
    ticket = open_ticket(desk_client, tags={"category": "billing"})
    tagger.ready = True
    ticket_tasks.tag_the_untagged(clock.now())
    tags = desk_client.get(f"/v1/tickets/{ticket}").json()["tags"]
    assert (tags["category"]["label"], tags["priority"]["label"]) == ("billing", "P1")


def test_each_deadline_of_a_ticket_is_noted_once_when_its_time_comes(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    open_ticket(desk_client, plan="premium")
    for hours in (
        2,
        3,
        4,
    ):  # P1 aims for 1 h, premium promises 4 h: from 10:00, so 12:00, 15:00 and 19:00 are looked at
        ticket_tasks.note_breaches(clock.advance(timedelta(hours=hours)))
    noted = [(each["source"], each["kind"], each["at"]) for each in breaches(desk_client)]
    assert noted == [
        ("target", "first_response", "2026-03-02T12:00:00Z"),
        ("contract", "first_response", "2026-03-02T15:00:00Z"),
        ("target", "resolution", "2026-03-02T19:00:00Z"),
    ]
