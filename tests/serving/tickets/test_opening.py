"""A case comes in: tagged, routed and with both clocks running, whatever the model does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.tables import ticket_events, tickets
from serving.ticket_desk import NewTicket, TicketDesk
from serving.tickets.view import UNTAGGED
from tests.fakes import MONDAY_MORNING, FixedTagger, FrozenClock
from triage.tickets.events import Message

Client = TestClient[Litestar]
PATH = "/v1/tickets"


def open_ticket(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"subject": "Export broken", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_ticket_is_tagged_routed_and_carries_both_clocks(desk_client: Client) -> None:
    ticket = open_ticket(
        desk_client, description="Every CSV is empty.", plan="standard", channel="email", account="acme"
    )
    assert {head: tag["label"] for head, tag in ticket["tags"].items()} == {
        "category": "bug",
        "priority": "P1",
        "product_area": "api",
    }
    assert ticket["tags"]["category"] == {
        "label": "bug",
        "confidence": 0.9,
        "mode": "suggest",
        "alternatives": [{"label": "other", "confidence": 0.1}],
        "certificate": None,
        "reason": "likely enough to suggest",
        "reason_code": "no_certificate",
        "by": "model:bundle-1",
        "rung": "fitted",
        "raised_by": None,
    }
    assert (ticket["team"], ticket["tier"]) == ("integrations", "T2")
    assert ticket["routing_reason"]
    assert ticket["sla"] == {
        # P1 aims for 1 h and 8 h; standard promises 8 business hours and 48 support hours, 7 of them left on Monday
        "sla_deadline": {"at": "2026-03-02T11:00:00Z", "kind": "first_response", "source": "target"},
        "contract": {"first_response_by": "2026-03-03T10:00:00Z", "resolution_by": "2026-03-10T10:00:00Z"},
        "target": {"first_response_by": "2026-03-02T11:00:00Z", "resolution_by": "2026-03-03T10:00:00Z"},
        "inherited": [],
        "policy": ticket["sla"]["policy"],
    }
    assert {name: ticket[name] for name in ("status", "subject", "description", "channel", "plan", "account")} == {
        "status": "new",
        "subject": "Export broken",
        "description": "Every CSV is empty.",
        "channel": "email",
        "plan": "standard",
        "account": "acme",
    }
    assert (ticket["created_at"], ticket["language"], ticket["notes"]) == ("2026-03-02T10:00:00Z", "en", [])


def test_the_answer_is_the_ticket_that_is_read_later(desk_client: Client) -> None:
    answer = desk_client.post(PATH, json={"subject": "x"})
    read = desk_client.get(answer.headers["location"])
    assert (read.status_code, read.content, read.headers["etag"]) == (200, answer.content, answer.headers["etag"])


def test_a_label_that_a_person_gave_is_not_overridden(desk_client: Client) -> None:
    ticket = open_ticket(desk_client, tags={"priority": "P0"}, plan="enterprise")
    assert ticket["tags"]["priority"] == {
        "label": "P0",
        "confidence": 1.0,
        "mode": "agent",
        "alternatives": [],
        "certificate": None,
        "reason": "Set by an agent.",
        "reason_code": "set_by_person",
        "by": "agent:kim",
        "rung": None,
        "raised_by": None,
    }
    assert ticket["sla"]["target"]["first_response_by"] == "2026-03-02T10:15:00Z"


def test_a_case_that_happened_earlier_counts_from_then(desk_client: Client) -> None:
    ticket = open_ticket(desk_client, created_at="2026-03-02T10:30:00+01:00", plan="enterprise")
    assert ticket["created_at"] == "2026-03-02T09:30:00Z"
    assert ticket["sla"]["contract"]["first_response_by"] == "2026-03-02T10:30:00Z"


def test_a_clock_that_is_a_little_ahead_is_forgiven(desk_client: Client) -> None:
    assert open_ticket(desk_client, created_at="2026-03-02T10:04:59Z")["created_at"] == "2026-03-02T10:04:59Z"


def test_a_free_customer_with_a_small_problem_has_no_target(desk_client: Client) -> None:
    ticket = open_ticket(desk_client, plan="free", tags={"priority": "P3"})
    assert ticket["sla"]["target"] == {"first_response_by": None, "resolution_by": None}
    assert ticket["sla"]["contract"]["resolution_by"] is None


class TestWithoutAModel:
    @pytest.fixture
    def tagger(self) -> FixedTagger:
        return FixedTagger(ready=False)

    def test_a_ticket_opens_all_the_same_and_says_that_it_is_untagged(self, desk_client: Client) -> None:
        ticket = open_ticket(desk_client, plan="standard")
        assert (ticket["tags"], ticket["notes"]) == ({}, [UNTAGGED])
        assert ticket["team"]
        assert ticket["sla"]["contract"]["first_response_by"] == "2026-03-03T10:00:00Z"
        assert ticket["sla"]["target"] == {"first_response_by": None, "resolution_by": None}

    def test_a_person_may_tag_it(self, desk_client: Client) -> None:
        ticket = open_ticket(desk_client, tags={"priority": "P1"})
        assert (ticket["tags"]["priority"]["label"], ticket["notes"]) == ("P1", [])


class BrokenTagger(FixedTagger):
    def tag(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("a bug in the model")


class TestWithABrokenModel:
    @pytest.fixture
    def tagger(self) -> FixedTagger:
        return BrokenTagger()

    def test_no_customer_is_turned_away(self, desk_client: Client) -> None:
        assert open_ticket(desk_client)["notes"] == [UNTAGGED]


class TestFromADeflection:
    """What the deflections ask of the desk, through the interface."""

    @pytest.fixture
    def desk(self, desk_client: Client) -> TicketDesk:
        handler = desk_client.app.dependencies["desk"]
        return handler.dependency()  # type: ignore[no-any-return]

    new = NewTicket(
        subject="How do I export?",
        description="The answer did not help.",
        channel="chat",
        email="ada@acme.example",
        deflection_id="dfl_1",
        transcript=(
            Message(MONDAY_MORNING, "customer", "How do I export?"),
            Message(MONDAY_MORNING + timedelta(seconds=1), "firstline", "Press export."),
        ),
    )

    def test_the_ticket_carries_the_transcript_and_the_session(self, desk: TicketDesk) -> None:
        ticket = desk.open(self.new, at=MONDAY_MORNING)
        assert [(turn.by, turn.text) for turn in ticket.transcript] == [
            ("customer", "How do I export?"),
            ("firstline", "Press export."),
        ]
        assert (ticket.deflection_id, ticket.email, ticket.channel) == ("dfl_1", "ada@acme.example", "chat")
        assert desk.read(ticket.id) == ticket

    def test_asking_twice_gives_the_same_ticket_and_does_the_rest_once(
        self, desk: TicketDesk, clock: FrozenClock
    ) -> None:
        also: list[str] = []
        first = desk.open(self.new, at=clock.now(), also=lambda _, ticket_id: also.append(ticket_id))
        later = clock.advance(timedelta(minutes=1))
        second = desk.open(self.new, at=later, also=lambda _, ticket_id: also.append(ticket_id))
        assert (second.id, also) == (first.id, [first.id])

    def test_what_the_caller_does_also_fails_with_the_ticket(self, desk: TicketDesk, desk_client: Client) -> None:
        def refuse(connection: sa.Connection, ticket_id: str) -> None:
            raise LookupError(ticket_id)

        with pytest.raises(LookupError):
            desk.open(self.new, at=MONDAY_MORNING, also=refuse)
        assert desk_client.get(PATH).json()["tickets"] == []


def test_the_row_and_its_events_are_written_together(desk_client: Client) -> None:
    ticket = open_ticket(desk_client)
    database = desk_client.app.state.context.database

    def stored(connection: sa.Connection) -> tuple[Any, list[tuple[int, str]]]:
        events = connection.execute(sa.select(ticket_events.c.number, ticket_events.c.type))
        return connection.execute(sa.select(tickets)).one(), [tuple(row) for row in events]

    row, events = database.read(stored)
    assert (row.id, row.version, row.model) == (ticket["id"], 3, "model:bundle-1")
    assert events == [(1, "ticket_opened"), (2, "ticket_tagged"), (3, "ticket_routed")]


def test_an_agents_key_is_needed(desk_client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    assert desk_client.post(PATH, json={"subject": "x"}, headers=make_key("tag")).status_code == 403
