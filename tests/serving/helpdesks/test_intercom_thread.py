"""An Intercom ticket or conversation as a thread: parts, states, fields.

The shapes are those of Intercom's OpenAPI description 2.15.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Ignored, Inbound, Thread
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import broken

BEGUN = 1_772_445_600  # 2026-03-02 10:00 UTC
ANN = {"type": "user", "id": "6", "name": "Ann", "email": "ann@acme.example"}
BOB = {"type": "admin", "id": "11", "name": "Bob"}
BOT = {"type": "admin", "id": "814860", "name": "Firstline"}
FIN = {"type": "bot", "id": "99", "name": "Fin"}

CONTACT: dict[str, Any] = {
    "type": "contact",
    "id": "6",
    "role": "user",
    "email": "ann@acme.example",
    "phone": "+49301",
    "name": "Ann",
    "external_id": "u-6",
    "location": {"country": "Germany", "region": "Berlin"},
    "language_override": None,
    "browser_language": "de",
    "custom_attributes": {"seats": 40, "beta": False, "none": None},
}
COMPANIES: dict[str, Any] = {
    "type": "list",
    "data": [
        {
            "type": "company",
            "id": "531e",
            "company_id": "acme-1",
            "name": "Acme",
            "plan": {"type": "plan", "id": "1", "name": "Enterprise"},
            "monthly_spend": 4200,
            "size": 85,
            "industry": "Toys",
            "custom_attributes": {"health": "red"},
        }
    ],
}


def part(number: int, kind: str, author: Any, body: str | None = None, **more: Any) -> dict[str, Any]:
    given = {"type": "ticket_part", "id": str(number), "part_type": kind, "body": body, "author": author}
    return given | {"created_at": BEGUN + number, "updated_at": BEGUN + number, "attachments": []} | more


def moved(number: int, state: str, before: str = "submitted", kind: str = "admin", author: Any = BOB) -> dict[str, Any]:
    return part(number, f"ticket_state_updated_by_{kind}", author, ticket_state=state, previous_ticket_state=before)


def a_ticket(*parts: Any, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "type": "ticket",
        "id": "215",
        "ticket_id": "12",
        "category": "Customer",
        "ticket_attributes": {
            "_default_title_": "Export",
            "_default_description_": "<p>Empty</p>",
            "Plan": "Enterprise",
            "Priority": "P1",
            "Seats": 7,
            "Root cause": None,
        },
        "ticket_state": {"type": "ticket_state", "id": "1", "category": "submitted", "internal_label": "Submitted"},
        "ticket_type": {"type": "ticket_type", "id": "55", "name": "Bug"},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "6", "external_id": "u-6"}]},
        "admin_assignee_id": "11",
        "team_assignee_id": "0",
        "open": True,
        "created_at": BEGUN,
        "updated_at": BEGUN + 90,
        "ticket_parts": {"type": "ticket_part.list", "ticket_parts": list(parts), "total_count": len(parts)},
    }
    return given | more


def a_conversation(*parts: Any, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "type": "conversation",
        "id": "215",
        "created_at": BEGUN,
        "updated_at": BEGUN + 90,
        "open": True,
        "state": "open",
        "admin_assignee_id": None,
        "source": {
            "type": "email",
            "subject": "Export",
            "body": "<p>Empty</p>",
            "author": ANN,
            "attachments": [{"type": "upload", "name": "log.txt"}],
        },
        "tags": {"type": "tag.list", "tags": [{"id": "1", "name": "vip"}, {"id": "2", "name": "needs help"}]},
        "custom_attributes": {"Plan": "Enterprise"},
        "contacts": {"contacts": [{"type": "contact", "id": "6"}]},
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
    }
    return given | more


def answers(ticket: Any, conversation: Any = 404) -> RecordingTransport:
    return RecordingTransport(
        {
            "GET /tickets/215": ticket,
            "GET /conversations/215": conversation,
            "GET /contacts/6": CONTACT,
            "GET /contacts/6/companies": COMPANIES,
        }
    )


def read(ticket: Any, conversation: Any = 404, **more: Any) -> Thread:
    given = {"bot": "814860", "fields": {"priority": "Priority"}} | more
    thread: Thread = a_desk("intercom", answers(ticket, conversation), **given).thread("215")
    return thread


def test_a_thread_tells_who_said_what_and_when_the_state_moved() -> None:
    ticket = a_ticket(
        moved(1, "submitted", author=FIN),
        part(2, "channel_and_reply_time_expectation", FIN, "<p>You will get replies here</p>"),
        part(3, "assignment", BOB, assigned_to={"type": "admin", "id": "11"}),
        part(4, "comment", BOB, "<p>Which <b>filter</b>?</p>"),
        part(5, "note", BOT, "<p>Firstline</p>"),
        moved(6, "waiting_on_customer", "submitted"),
        part(7, "comment", ANN, "<p>All of them</p>"),
        moved(8, "in_progress", "waiting_on_customer", author=FIN),
        part(9, "assignment", BOB, "<p>We look into it</p>", assigned_to={"type": "team", "id": "5"}),
        part(10, "comment", ANN, None, attachments=[{"type": "upload", "name": "log.txt"}]),
        part(11, "ticket_attribute_updated_by_admin", BOB),
        moved(12, "resolved", "in_progress", kind="workflow", author=FIN),
        part(13, "comment", FIN, "<p>Anything else?</p>"),
        ticket_state={"category": "resolved"},
    )
    thread = read(ticket)
    assert [(each.id, each.kind, each.by, each.text, each.status, each.automatic) for each in thread.events] == [
        ("2", "note", "Fin", "You will get replies here", None, True),
        ("4", "agent_reply", "Bob", "Which filter?", None, False),
        ("5", "note", "814860", "Firstline", None, False),
        ("6:status", "status", "Bob", "", "pending", False),
        ("7", "customer_reply", "Ann", "All of them", None, False),
        ("8:status", "status", "Fin", "", "open", True),
        ("9", "agent_reply", "Bob", "We look into it", None, False),
        ("10", "customer_reply", "Ann", "log.txt", None, False),
        ("12:status", "status", "Fin", "", "resolved", True),
        ("13", "note", "Fin", "Anything else?", None, True),
    ]
    assert (thread.status, thread.assignee, thread.remote.values) == ("resolved", "Bob", {"priority": "P1"})
    assert thread.events[1].at == datetime(2026, 3, 2, 10, 0, 4, tzinfo=UTC)
    assert thread.changed_at == datetime(2026, 3, 2, 10, 1, 30, tzinfo=UTC)


def test_a_conversation_that_is_no_ticket_is_read_by_its_own_parts() -> None:
    conversation = a_conversation(
        part(1, "close", BOB, "<p>Done.</p>"),
        part(2, "open", ANN, "<p>Not done.</p>"),
        part(3, "snoozed", BOB),
        part(4, "timer_unsnooze", FIN),
        part(5, "note_and_reopen", BOB, "<p>look</p>"),
    )
    thread = read(404, conversation)
    assert [(each.id, each.kind, each.text, each.status) for each in thread.events] == [
        ("1", "agent_reply", "Done.", None),
        ("1:status", "status", "", "resolved"),
        ("2", "customer_reply", "Not done.", None),
        ("2:status", "status", "", "open"),
        ("3:status", "status", "", "open"),
        ("4:status", "status", "", "open"),
        ("5", "note", "look", None),
        ("5:status", "status", "", "open"),
    ]
    assert (thread.status, thread.assignee, thread.fields["tags"]) == ("open", "", "vip, needs help")


STATES: list[tuple[dict[str, Any], dict[str, str], str | None]] = [
    ({"ticket_state": {"category": "submitted"}}, {}, "new"),
    ({"ticket_state": {"category": "in_progress"}}, {}, "open"),
    ({"ticket_state": {"category": "waiting_on_customer"}}, {}, "pending"),
    ({"ticket_state": {"category": "resolved"}}, {}, "resolved"),
    ({"ticket_state": {"category": "in_progress"}, "open": False}, {}, "resolved"),
    ({"ticket_state": None, "state": "snoozed"}, {}, "open"),
    ({"ticket_state": None, "state": "snoozed"}, {"pending_statuses": "snoozed"}, "pending"),
    ({"ticket_state": {"category": "waiting_on_customer"}}, {"pending_statuses": "snoozed"}, "open"),
    ({"ticket_state": None, "state": "closed"}, {}, "resolved"),
    ({"ticket_state": None}, {}, None),
]


@pytest.mark.parametrize(("state", "options", "status"), STATES)
def test_a_state_is_read_by_its_category(state: dict[str, Any], options: dict[str, str], status: str | None) -> None:
    given = dict(a_connection("intercom").options) | options
    assert read(a_ticket(**state), options=given).status == status


def test_a_submitted_ticket_that_came_back_is_open_and_not_new() -> None:
    assert read(a_ticket(moved(1, "submitted", "resolved"))).status == "open"


@pytest.mark.parametrize(
    ("assigned", "assignee"),
    [("11", "Bob"), (11, "Bob"), ("814860", "814860"), ("12", "12"), ("0", ""), (0, ""), (None, "")],
)
def test_an_assignee_has_a_name_where_a_part_tells_it(assigned: Any, assignee: str) -> None:
    assert read(a_ticket(part(1, "comment", BOB, "x"), admin_assignee_id=assigned)).assignee == assignee
    ticket = a_ticket()
    del ticket["admin_assignee_id"]
    assert read(ticket).assignee is None


FIELDS = {
    "ticket_type": "Bug",
    "category": "Customer",
    "field.Plan": "Enterprise",
    "field.Priority": "P1",
    "field.Seats": "7",
    "contact.name": "Ann",
    "contact.email": "ann@acme.example",
    "contact.phone": "+49301",
    "contact.role": "user",
    "contact.external_id": "u-6",
    "contact.country": "Germany",
    "contact.seats": "40",
    "contact.beta": "false",
    "language": "de",
    "organization": "Acme",
    "company.name": "Acme",
    "company.id": "acme-1",
    "company.plan": "Enterprise",
    "company.monthly_spend": "4200",
    "company.size": "85",
    "company.industry": "Toys",
    "company.health": "red",
}


def test_the_fields_are_what_the_page_of_this_helpdesk_names() -> None:
    assert read(a_ticket()).fields == FIELDS


@pytest.mark.parametrize("status", [403, 404])
def test_a_contact_that_may_not_be_read_costs_only_its_fields(status: int) -> None:
    recorder = RecordingTransport({"GET /tickets/215": a_ticket(), "GET /contacts/6": status})
    assert "contact.name" not in a_desk("intercom", recorder).thread("215").fields


def test_a_contact_that_cannot_be_asked_for_now_is_a_fault() -> None:
    with pytest.raises(DeskRefused):
        a_desk("intercom", RecordingTransport({"GET /tickets/215": a_ticket(), "GET /contacts/6": 503})).thread("215")


def test_a_fetched_case_knows_who_asks() -> None:
    case = a_desk("intercom", answers(a_ticket())).fetch("215")
    assert isinstance(case, Inbound)
    assert (case.subject, case.text, case.email, case.fields) == ("Export", "Empty", "ann@acme.example", FIELDS)
    talk = a_desk("intercom", answers(404, a_conversation())).fetch("215")
    assert (talk.subject, talk.text, talk.channel, talk.attachments) == ("Export", "Empty", "email", ("log.txt",))
    assert (talk.email, talk.fields["field.Plan"], talk.has_text) == ("ann@acme.example", "Enterprise", True)


def test_what_is_gone_as_a_ticket_and_as_a_conversation_is_deleted() -> None:
    assert read(404, 404).deleted
    with pytest.raises(DeskRefused):
        read(503)
    refused = {f"GET {path}": 404 for path in ("/tickets/215", "/conversations/215", "/ticket_types/55")}
    with pytest.raises(DeskRefused):
        a_desk("intercom", RecordingTransport(refused)).thread("215")


def test_our_own_ticket_is_not_fetched_as_a_new_one() -> None:
    ticket = a_ticket(ticket_attributes={"firstline_id": "tkt_01"})
    assert isinstance(a_desk("intercom", answers(ticket)).fetch("215"), Ignored)


def test_a_thread_that_is_read_twice_is_the_same() -> None:
    ticket = a_ticket(part(1, "close", BOB, "a"), part(1, "close", BOB, "a"), part(2, "comment", ANN, "b"))
    first, second = (read(ticket) for _ in range(2))
    assert first == second
    assert [each.id for each in first.events] == ["1", "1:status", "2"]


def test_whatever_else_stands_in_a_thread_nothing_breaks() -> None:
    for ticket in broken(a_ticket(part(1, "close", BOB, "a", attachments=[{"name": "x"}]), moved(2, "resolved"))):
        assert isinstance(read(ticket), Thread)
    for conversation in broken(a_conversation(part(1, "comment", ANN, "a"))):
        assert isinstance(read(404, conversation), Thread)
