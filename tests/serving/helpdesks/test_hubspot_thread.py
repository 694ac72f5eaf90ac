"""A HubSpot ticket as a thread: stages, e-mails, notes, messages of the inbox, fields.

The shapes are those of developers.hubspot.com: CRM objects with history and associations, and the conversations API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Ignored, Inbound, Thread
from serving.helpdesks.vendors.hubspot import HubSpot
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk

ONE = "/crm/v3/objects/tickets/987"
INBOX = "/conversations/v3/conversations/threads"


def minute(number: int, seconds: int = 0) -> str:
    return f"2026-03-02T10:{number:02}:{seconds:02}.000Z"


def stage(value: str, number: int, **more: Any) -> dict[str, Any]:
    return {"value": value, "timestamp": minute(number), "sourceType": "CRM_UI", "sourceId": "userId:11"} | more


def linked(*ids: str) -> dict[str, Any]:
    return {"results": [{"id": number, "type": "ticket_to_something"} for number in ids]}


def a_ticket(*history: Any, **properties: Any) -> dict[str, Any]:
    own: dict[str, Any] = {
        "subject": "Export",
        "content": "<p>Empty</p>",
        "createdate": minute(0),
        "hs_lastmodifieddate": minute(30),
        "source_type": "EMAIL",
        "hs_pipeline": "0",
        "hs_pipeline_stage": "3",
        "hs_ticket_priority": "HIGH",
        "hs_ticket_category": "PRODUCT_ISSUE",
        "hubspot_owner_id": "11",
        "tier": "gold",
    }
    return {
        "id": "987",
        "archived": False,
        "properties": own | properties,
        "propertiesWithHistory": {"hs_pipeline_stage": list(history)},
        "associations": {
            "contacts": linked("6"),
            "companies": linked("7"),
            "emails": linked("21", "22", "23"),
            "notes": linked("31", "32"),
        },
    }


def a_mail(number: str, at: int, direction: str, words: str, **more: Any) -> dict[str, Any]:
    told = {"hs_timestamp": minute(at), "hs_email_direction": direction, "hs_email_text": words}
    return {"id": number, "properties": told | {"hubspot_owner_id": "11"} | more}


def a_note(number: str, at: int, words: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "properties": {"hs_timestamp": minute(at), "hs_note_body": words} | more}


def a_message(number: str, at: int, direction: str, words: str, actor: str, **more: Any) -> dict[str, Any]:
    given = {"type": "MESSAGE", "id": number, "createdAt": minute(at), "createdBy": actor, "text": words}
    return given | {"direction": direction, "senders": [{"actorId": actor, "name": None}]} | more


MAILS = [
    a_mail("21", 0, "INCOMING_EMAIL", "Empty"),
    a_mail("22", 4, "EMAIL", "Which filter?"),
    a_mail("23", 9, "INCOMING_EMAIL", "", hs_email_html="<p>All of <b>them</b></p>"),
]
NOTES = [
    a_note("31", 5, "Firstline<br>Team: billing", hs_object_source="INTEGRATION", hs_object_source_id="77"),
    a_note("32", 6, "<p>easy one</p>", hubspot_owner_id="12"),
]
STAGES: dict[str, Any] = {
    "results": [
        {
            "id": "0",
            "label": "Support",
            "stages": [
                {"id": "1", "label": "New", "metadata": {"ticketState": "OPEN", "isClosed": "false"}},
                {"id": "2", "label": "Waiting on contact", "metadata": {"ticketState": "OPEN"}},
                {"id": "3", "label": "Waiting on us", "metadata": {"ticketState": "OPEN"}},
                {"id": "4", "label": "Closed", "metadata": {"ticketState": "CLOSED"}},
                {"id": "901", "label": "Shipped", "metadata": {"isClosed": "true"}},
            ],
        }
    ]
}
ANSWERS: dict[str, Any] = {
    "GET /crm/v3/pipelines/tickets": STAGES,
    "POST /crm/v3/objects/emails/batch/read": {"results": MAILS},
    "POST /crm/v3/objects/notes/batch/read": {"results": NOTES},
    "GET /crm/v3/objects/contacts/6": {
        "id": "6",
        "properties": {
            "email": "ann@acme.example",
            "firstname": "Ann",
            "lastname": "Lee",
            "hs_language": "de",
            "seats": "40",
        },
    },
    "GET /crm/v3/objects/companies/7": {
        "id": "7",
        "properties": {"name": "Acme", "domain": "acme.example", "plan": "Enterprise"},
    },
    f"GET {INBOX}": {"results": []},
}


def read(ticket: Any, answers: dict[str, Any] | None = None, **more: Any) -> tuple[Thread, RecordingTransport]:
    recorder = RecordingTransport({f"GET {ONE}": ticket} | ANSWERS | (answers or {}))
    return a_desk("hubspot", recorder, **{"bot": "77"} | more).thread("987"), recorder


def test_a_thread_tells_who_said_what_and_when_the_stage_moved() -> None:
    thread, recorder = read(
        a_ticket(stage("3", 10, sourceType="WORKFLOWS"), stage("2", 7, updatedByUserId=12), stage("1", 0))
    )
    assert [(each.id, each.kind, each.by, each.text, each.status, each.automatic) for each in thread.events] == [
        ("22", "agent_reply", "11", "Which filter?", None, False),
        ("31", "note", "77", "Firstline\nTeam: billing", None, False),
        ("32", "note", "12", "easy one", None, False),
        ("stage:2:1772446020000", "status", "12", "", "pending", False),
        ("23", "customer_reply", "", "All of them", None, False),
        ("stage:3:1772446200000", "status", "11", "", "open", True),
    ]
    assert thread.events[0].at == datetime(2026, 3, 2, 10, 4, tzinfo=UTC)
    assert (thread.status, thread.assignee, thread.remote.values) == ("open", "11", {"priority": "HIGH"})
    assert thread.changed_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    asked = recorder.only("GET", ONE).query
    assert asked["propertiesWithHistory"] == "hs_pipeline_stage"
    assert asked["associations"] == "contacts,companies,emails,notes"
    assert {"hs_ticket_priority", "hs_lastmodifieddate", "hubspot_owner_id"} <= set(asked["properties"].split(","))
    batch = recorder.only("POST", "/crm/v3/objects/emails/batch/read").json
    assert batch["inputs"] == [{"id": "21"}, {"id": "22"}, {"id": "23"}]
    assert "hs_email_text" in batch["properties"]
    assert recorder.only("GET", INBOX).query == {"associatedTicketId": "987"}


def test_messages_of_the_inbox_are_read_and_their_copies_as_emails_are_not() -> None:
    messages = [
        a_message("m1", 0, "INCOMING", "Empty", "V-6"),
        a_message("m2", 1, "OUTGOING", "We got it", "B-1"),
        a_message("m3", 4, "OUTGOING", "Which filter?", "A-11", senders=[{"actorId": "A-11", "name": "Bob"}]),
        a_message("m4", 6, "OUTGOING", "look", "A-12", type="COMMENT"),
        a_message("m5", 9, "INCOMING", "", "V-6", richText="<p>All of them</p>"),
        a_message("m6", 12, "INCOMING", "", "V-6", attachments=[{"type": "FILE", "name": "log.txt"}]),
        a_message("m7", 13, "", "", "S-hubspot", type="THREAD_STATUS_CHANGE"),
        a_message("m8", 14, "OUTGOING", "x", "I-77"),
    ]
    talk = {f"GET {INBOX}": {"results": [{"id": "500"}]}, f"GET {INBOX}/500/messages": {"results": messages}}
    thread, recorder = read(a_ticket(), talk)
    assert [(each.id, each.kind, each.by, each.text) for each in thread.events if each.id[0] == "m"] == [
        ("m2", "note", "B-1", "We got it"),
        ("m3", "agent_reply", "Bob", "Which filter?"),
        ("m4", "note", "12", "look"),
        ("m5", "customer_reply", "V-6", "All of them"),
        ("m6", "customer_reply", "V-6", "log.txt"),
        ("m8", "note", "I-77", "x"),
    ]
    assert recorder.only("GET", f"{INBOX}/500/messages").query == {"limit": "100", "sort": "-createdAt"}


def test_an_inbox_that_the_token_may_not_read_leaves_emails_and_notes() -> None:
    hidden = {f"GET {INBOX}": 403, "GET /crm/v3/pipelines/tickets": 403, "POST /crm/v3/objects/notes/batch/read": 403}
    thread, _ = read(a_ticket(stage("4", 20), hs_pipeline_stage="4"), hidden)
    assert [each.id for each in thread.events] == ["22", "23", "stage:4:1772446800000"]
    assert thread.status == "resolved"
    with pytest.raises(DeskRefused):
        read(a_ticket(), {f"GET {INBOX}": 503})


STATES: list[tuple[str, dict[str, str], str]] = [
    ("1", {}, "new"),
    ("2", {}, "pending"),
    ("3", {}, "open"),
    ("4", {}, "resolved"),
    ("901", {}, "resolved"),
    ("4", {"closed_stages": "Closed"}, "closed"),
    ("901", {"closed_stages": "4, 901"}, "closed"),
    ("3", {"pending_stages": "waiting  on us"}, "pending"),
    ("3", {"pending_stages": "3"}, "pending"),
    ("2", {"pending_stages": "3"}, "open"),
    ("777", {}, "open"),
]


@pytest.mark.parametrize(("value", "options", "status"), STATES)
def test_a_stage_is_read_by_its_state_and_by_the_names_that_pause(
    value: str, options: dict[str, str], status: str
) -> None:
    given = dict(a_connection("hubspot").options) | options
    thread, _ = read(a_ticket(hs_pipeline_stage=value), options=given)
    assert thread.status == status
    moved, _ = read(a_ticket(stage(value, 8)), options=given)
    assert moved.events[-2].status == (status if status != "new" else "open")


def test_a_merged_ticket_is_answered_by_the_one_that_goes_on() -> None:
    thread, _ = read(a_ticket() | {"id": "1000"})
    assert (thread.merged_into, thread.remote.id, thread.events) == ("1000", "987", ())
    assert read(a_ticket(hs_merged_object_ids="12;13"))[0].merged_from == ("12", "13")
    answer = {"results": [{"id": "1001"}]}
    thread, recorder = read(404, {"POST /crm/v3/objects/tickets/search": answer})
    assert (thread.merged_into, thread.deleted, thread.events) == ("1001", False, ())
    [filters] = [group["filters"] for group in recorder.calls[-1].json["filterGroups"]]
    assert filters == [{"propertyName": "hs_merged_object_ids", "operator": "CONTAINS_TOKEN", "value": "987"}]
    assert read(404, {"POST /crm/v3/objects/tickets/search": 400})[0].deleted


def test_a_deleted_ticket_is_told_from_a_token_that_is_refused() -> None:
    assert read(404, {"GET /crm/v3/objects/tickets": {"results": []}})[0].deleted
    assert read(a_ticket() | {"archived": True})[0].deleted
    with pytest.raises(DeskRefused):
        read(404, {"GET /crm/v3/objects/tickets": 404})
    with pytest.raises(DeskRefused):
        read(503)


@dataclass(frozen=True, kw_only=True)
class Mapped(Connection):
    """A connection that says where to find who a customer is."""

    customer: Any = field(default=None)


FIELDS = {
    "pipeline": "0",
    "category": "PRODUCT_ISSUE",
    "source": "EMAIL",
    "language": "de",
    "organization": "Acme",
    "contact.name": "Ann Lee",
    "contact.email": "ann@acme.example",
    "contact.firstname": "Ann",
    "contact.lastname": "Lee",
    "contact.hs_language": "de",
    "contact.seats": "40",
    "company.name": "Acme",
    "company.domain": "acme.example",
    "company.plan": "Enterprise",
}


def test_the_fields_are_what_the_page_of_this_helpdesk_names_and_mapped_ones_are_asked_for() -> None:
    assert read(a_ticket())[0].fields == FIELDS
    recorder = RecordingTransport({f"GET {ONE}": a_ticket()} | ANSWERS)
    named = [SimpleNamespace(name=name) for name in ("field.tier", "contact.seats", "company.plan", "tags:plan_*")]
    plain = a_connection("hubspot")
    told = {name: getattr(plain, name) for name in ("name", "kind", "url", "token", "options")}
    connection = Mapped(**told, customer=SimpleNamespace(sources={"plan": named}))
    thread = HubSpot(connection, recorder).thread("987")
    assert thread.fields == FIELDS | {"field.tier": "gold"}
    assert "tier" in recorder.only("GET", ONE).query["properties"].split(",")
    assert "seats" in recorder.only("GET", "/crm/v3/objects/contacts/6").query["properties"].split(",")
    assert "plan" in recorder.only("GET", "/crm/v3/objects/companies/7").query["properties"].split(",")


def test_a_fetched_case_knows_who_asks_unless_it_is_ours() -> None:
    case = a_desk("hubspot", RecordingTransport({f"GET {ONE}": a_ticket()} | ANSWERS)).fetch("987")
    assert isinstance(case, Inbound)
    assert (case.subject, case.text, case.email, case.channel) == ("Export", "Empty", "ann@acme.example", "email")
    assert (case.created_at, case.fields) == (datetime(2026, 3, 2, 10, 0, tzinfo=UTC), FIELDS)
    ours = a_ticket(firstline_id="tkt_01")
    assert isinstance(a_desk("hubspot", RecordingTransport({f"GET {ONE}": ours})).fetch("987"), Ignored)
    assert isinstance(a_desk("hubspot", RecordingTransport({f"GET {ONE}": 404})).fetch("987"), Ignored)
    with pytest.raises(DeskRefused):
        a_desk("hubspot", RecordingTransport({f"GET {ONE}": 404, "GET /crm/v3/objects/tickets": 401})).fetch("987")
