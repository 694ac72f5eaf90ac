"""What Zendesk sends when a ticket changes, what changed since, and what it knows of the customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Changed, Ignored, Inbound
from serving.helpdesks.vendor_table import HEARD
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.webhook_payloads import ZENDESK
from tests.serving.helpdesks.zendesk_answers import CUSTOMER, SHOWN, TICKET, USERS, answers, thread

# what arrives

EVENTS = """
    agent_assignment_changed attachment_linked_to_comment attachment_redacted_from_comment brand_changed comment_added
    comment_made_private comment_redacted custom_field_changed custom_status_changed description_changed
    email_ccs_changed external_id_changed followers_changed form_changed group_assignment_changed marked_as_spam merged
    organization_changed permanently_deleted priority_changed problem_link_changed requester_changed schedule_changed
    sla_policy_changed soft_deleted status_changed subject_changed submitter_changed tags_changed task_due_at_changed
    type_changed undeleted
"""


def heard(payload: Any, **more: Any) -> Any:
    [found] = HEARD["zendesk"](payload, a_connection("zendesk", **more))
    return found


def event(kind: str, **detail: Any) -> Any:
    return ZENDESK | {"type": f"zen:event-type:ticket.{kind}", "detail": ZENDESK["detail"] | detail}


@pytest.mark.parametrize("kind", EVENTS.split())
def test_an_event_of_a_known_ticket_says_that_it_changed(kind: str) -> None:
    assert heard(event(kind, actor_id="20978392")) == Changed("35436")


def test_a_ticket_that_we_made_changes_there_as_any_other() -> None:
    assert heard(event("status_changed", external_id="tkt_01")) == Changed("35436")
    assert heard(event("created", external_id="tkt_01")) == Ignored("it is our own")


@pytest.mark.parametrize("kind", ["created", "comment_added", "tags_changed"])
def test_what_our_own_user_did_there_is_ignored(kind: str) -> None:
    assert isinstance(heard(event(kind, actor_id="77"), bot="77"), Ignored)
    assert not isinstance(heard(event(kind, actor_id="77"), bot=""), Ignored)


@pytest.mark.parametrize("number", [None, "", {}, [], True, "9" * 81])
def test_an_event_without_the_number_of_its_ticket_is_ignored(number: Any) -> None:
    assert isinstance(heard(event("status_changed", id=number)), Ignored)


@pytest.mark.parametrize("number", [35436, "35436"])
def test_numbers_come_as_text_or_number(number: Any) -> None:
    assert heard(event("status_changed", id=number)) == Changed("35436")
    assert heard({"event": "updated", "ticket": {"id": number}}) == Changed("35436")


def test_the_bodies_of_our_triggers_are_read() -> None:
    new = heard({"event": "created", "ticket": {"id": "35436", "external_id": ""}})
    assert (new.remote_id, new.has_text) == ("35436", False)
    assert heard({"event": "created", "ticket": {"id": "9", "external_id": "tkt_01"}}) == Ignored("it is our own")
    assert heard({"event": "updated", "ticket": {"id": "35436", "external_id": "tkt_01"}}) == Changed("35436")
    mine = {"event": "updated", "ticket": {"id": "35436"}, "actor": "bot@acme.example"}
    assert isinstance(heard(mine, bot="bot@acme.example"), Ignored)


def test_fields_that_a_trigger_sends_are_kept() -> None:
    found = heard({"ticket": {"id": 1, "title": "Export"}, "fields": {"organization.plan": "gold", "empty": None}})
    assert (found.has_text, found.fields) == (True, {"organization.plan": "gold"})


# what is known of the customer

FIELDS = {
    "brand": "Acme Cloud",
    "group": "Second line",
    "type": "incident",
    "form": "47",
    "tags": "vip, category_bug",
    "organization": "Acme",
    "organization.external_id": "A-1",
    "organization.domains": "acme.example, acme.test",
    "organization.tags": "enterprise",
    "organization.plan": "gold",
    "organization.arr": "120000.5",
    "requester.locale": "de",
    "requester.time_zone": "Berlin",
    "requester.tags": "vip",
    "requester.seats": "12",
    "requester.beta": "true",
    "field.101": "bug",
    "field.103": "a, b c",
}


def test_what_zendesk_knows_of_the_customer_is_flat() -> None:
    assert thread().fields == FIELDS


def test_a_new_ticket_is_fetched_with_fields_and_attachments() -> None:
    first = {"id": 11, "attachments": [{"file_name": "a.png"}, {"file_name": None}], "metadata": {"flags": [4]}}
    path = "/api/v2/tickets/35436/comments.json"
    recorder = RecordingTransport(answers() | {f"GET {path}": {"comments": [first]}})
    found = a_desk("zendesk", recorder).fetch("35436")
    assert isinstance(found, Inbound)
    assert (found.subject, found.text, found.email) == ("Export is empty", "All of them.", "ann@acme.example")
    assert (found.channel, found.automatic, found.attachments) == ("email", True, ("a.png",))
    assert found.fields == FIELDS
    assert recorder.only("GET", TICKET).query == {"include": "users,organizations,groups"}
    assert recorder.only("GET", path).query == {"page[size]": "1"}
    assert len(recorder.calls) == 3  # and the brand


def test_what_does_not_come_with_the_ticket_is_asked_for_once() -> None:
    alone = {f"GET {TICKET}": {"ticket": SHOWN["ticket"], "users": [{"id": CUSTOMER, "name": "Ann Lee"}]}}
    others = {
        f"GET /api/v2/users/{CUSTOMER}.json": {"user": USERS[0]},
        "GET /api/v2/organizations/509974.json": {"organization": SHOWN["organizations"][0]},
    }
    recorder = RecordingTransport(answers() | alone | others)
    found = a_desk("zendesk", recorder).fetch("35436")
    assert (found.email, found.fields) == ("ann@acme.example", {k: v for k, v in FIELDS.items() if k != "group"})
    assert len(recorder.calls) == 5


@pytest.mark.parametrize("refusal", [403, 404])
def test_what_is_not_for_us_to_see_is_left_out(refusal: int) -> None:
    alone = {f"GET {TICKET}": {"ticket": SHOWN["ticket"]}}
    hidden = {"GET /api/v2/organizations/509974.json": refusal, "GET /api/v2/brands/123.json": refusal}
    found = a_desk("zendesk", RecordingTransport(answers() | alone | hidden)).fetch("35436")
    assert "organization" not in found.fields
    assert found.fields["tags"] == "vip, category_bug"


def test_a_ticket_without_organization_group_or_brand_is_read() -> None:
    found = thread(organization_id=None, group_id=None, brand_id=None, custom_fields=None, tags=None)
    assert set(found.fields) == {name for name in FIELDS if name.startswith("requester")} | {"type", "form"}


# what changed, and notes


def test_changes_are_read_from_the_export_and_go_on_from_its_cursor() -> None:
    path = "/api/v2/incremental/tickets/cursor.json"
    rows = {"tickets": [{"id": 9, "status": "open"}, {"id": 10, "status": "deleted"}, {"id": 9}, {}, None]}
    recorder = RecordingTransport({f"GET {path}": rows | {"after_cursor": "MTU3", "end_of_stream": False}})
    desk = a_desk("zendesk", recorder)
    page = desk.changed_since(datetime(2026, 3, 2, 10, tzinfo=UTC), None)
    assert (page.ids, page.cursor, page.more) == (["9", "10"], "MTU3", True)
    assert recorder.calls[0].query == {"start_time": str(1772445600 - 120)}  # the last minute is refused
    desk.changed_since(datetime(2026, 3, 2, 10, tzinfo=UTC), "MTU3")
    assert recorder.calls[1].query == {"cursor": "MTU3"}


@pytest.mark.parametrize(
    ("reply", "cursor"),
    [({"after_cursor": "B", "end_of_stream": True, "tickets": []}, "B"), ({"tickets": None}, "A"), (None, "A")],
)
def test_the_end_of_the_export_is_the_last_page(reply: Any, cursor: str) -> None:
    recorder = RecordingTransport({"GET /api/v2/incremental/tickets/cursor.json": reply})
    page = a_desk("zendesk", recorder).changed_since(datetime(2026, 3, 2, tzinfo=UTC), "A")
    assert (page.ids, page.cursor, page.more) == ([], cursor, False)


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ({"ticket": {"id": 9}, "audit": {"events": [{"id": 1, "type": "Change"}, {"id": 2, "type": "Comment"}]}}, "2"),
        ({"ticket": {"id": 9}}, ""),
        (None, ""),
    ],
)
def test_a_note_has_the_number_that_the_thread_shows(reply: Any, number: str) -> None:
    assert (
        a_desk("zendesk", RecordingTransport({"PUT /api/v2/tickets/9.json": reply})).note("9", "Due tomorrow") == number
    )


def test_it_says_what_it_can() -> None:
    can = a_desk("zendesk", RecordingTransport()).capabilities
    assert (can.threads, can.edits_notes) == (True, False)


def test_a_ticket_that_was_closed_by_a_merge_teaches_nothing() -> None:
    closed = SHOWN | {"status": "closed", "tags": ["vip"]}
    rows = [closed | {"id": 9}, closed | {"id": 11, "tags": ["vip", "closed_by_merge"]}]
    found = {
        "GET /api/v2/incremental/tickets/cursor.json": {"tickets": rows},
        "GET /api/v2/tickets/9/comments.json": {},
    }
    page = a_desk("zendesk", RecordingTransport(found)).closed_since(datetime(2026, 1, 1, tzinfo=UTC), None)
    assert [record["id"] for record in page.records] == ["zendesk-9"]
