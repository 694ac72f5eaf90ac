"""What Freshdesk sends when a ticket changes, what changed since, and what it knows of the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving.helpdesks.port.port import Call, Changed, Ignored, Inbound
from serving.helpdesks.vendor_table import HEARD
from tests.serving.helpdesks.freshdesk_answers import (
    OTHERS,
    TICKET,
    answers,
    thread,
)
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.webhook_payloads import FRESHDESK

# what arrives


def heard(payload: Any) -> Any:
    [found] = HEARD["freshdesk"](payload, a_connection("freshdesk"))
    return found


EVENTS = """
    {ticket_action:updated} {ticket_action:deleted} {ticket_action:marked_spam} {status:{from:2,to:4}}
    {priority:{from:1,to:3}} {ticket_type:{from:a,to:b}} {responder_id:{from:1,to:2}} {group_id:{from:1,to:2}}
    {note_type:private} {note_type:public} {reply_sent:sent} {customer_feedback:happy} {due_by:changed} updated
"""


@pytest.mark.parametrize("event", EVENTS.split())
def test_a_rule_about_a_known_ticket_says_that_it_changed(event: str) -> None:
    simple = {"freshdesk_webhook": FRESHDESK["freshdesk_webhook"] | {"triggered_event": event}}
    assert heard(simple) == Changed("11")
    assert heard({"event": event, "ticket_id": "11", "ticket_tags": "tkt_01"}) == Changed("11")


@pytest.mark.parametrize("number", ["11", 11, "INC-11"])
def test_numbers_come_in_several_forms(number: Any) -> None:
    assert heard({"event": "updated", "ticket_id": number}) == Changed("11")
    new = heard({"event": "created", "ticket_id": number, "ticket_tags": ""})
    assert (new.remote_id, new.has_text) == ("11", False)


@pytest.mark.parametrize("number", [None, "", {}, [], True, "9" * 81])
def test_an_event_without_the_number_of_its_ticket_is_ignored(number: Any) -> None:
    assert isinstance(heard({"event": "updated", "ticket_id": number}), Ignored)


def test_our_own_new_ticket_is_ignored() -> None:
    assert heard({"event": "created", "ticket_id": "11", "ticket_tags": "vip, tkt_01"}) == Ignored("it is our own")


def test_what_a_rule_sends_of_the_customer_is_kept() -> None:
    more = {"ticket_company_name": "Acme", "ticket_cf_plan": "gold", "ticket_cf_none": None, "fields": {"brand": "X"}}
    found = heard({"freshdesk_webhook": FRESHDESK["freshdesk_webhook"] | more})
    assert found.fields == {"organization": "Acme", "field.cf_plan": "gold", "brand": "X"}


# what is known of the customer

FIELDS = {
    "brand": "Acme Cloud",
    "type": "Problem",
    "group": "5",
    "tags": "vip, big customer",
    "organization": "Acme",
    "organization.domains": "acme.example, acme.test",
    "organization.account_tier": "Premium",
    "organization.health_score": "At risk",
    "organization.renewal_date": "2026-12-31T00:00:00Z",
    "organization.plan": "gold",
    "organization.arr": "120000",
    "requester.locale": "de",
    "requester.time_zone": "Berlin",
    "requester.job_title": "Buyer",
    "requester.tags": "key",
    "requester.region": "EMEA",
    "field.cf_category": "bug",
    "field.cf_seats": "12",
    "field.cf_beta": "true",
}


def test_what_freshdesk_knows_of_the_customer_is_flat() -> None:
    recorder = RecordingTransport(answers())
    found = a_desk("freshdesk", recorder).fetch("20")
    assert isinstance(found, Inbound)
    assert (found.subject, found.text, found.email) == ("Export is empty", "All of them.", "ann@acme.example")
    assert (found.channel, found.attachments, found.fields) == ("email", ("a.png",), FIELDS)
    assert recorder.only("GET", TICKET).query == {"include": "requester,company"}
    assert len(recorder.calls) == 4
    assert thread().fields == FIELDS


@pytest.mark.parametrize("refusal", [403, 404])
def test_what_is_not_for_us_to_see_is_left_out(refusal: int) -> None:
    hidden = RecordingTransport(answers() | dict.fromkeys(OTHERS, refusal))
    found = a_desk("freshdesk", hidden).fetch("20").fields
    assert found["organization"] == "Acme"
    assert {name for name in found if name.startswith(("requester", "organization.", "brand"))} == set()


def test_a_ticket_of_nobody_in_particular_is_read() -> None:
    alone = {"company_id": None, "company": None, "product_id": None, "custom_fields": None, "tags": None}
    found = thread(**alone, requester_id=None, group_id=None, stats=None).fields
    assert found == {"type": "Problem"}


# what changed, and notes

SINCE = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_changes_are_read_by_their_time_and_none_is_missed_while_the_list_moves() -> None:
    begun = SINCE + timedelta(minutes=1)
    changed = {f"t{n}": begun + timedelta(seconds=n) for n in range(250)}

    def listed(call: Call) -> Any:
        since = datetime.fromisoformat(call.query["updated_since"])
        rows = sorted((at, name) for name, at in changed.items() if at >= since)
        at = (int(call.query["page"]) - 1) * 100
        page = [{"id": name, "updated_at": at.isoformat()} for at, name in rows[at : at + 100]]
        changed["t3"] = begun + timedelta(hours=1)  # meanwhile it changes again and moves to the end
        return page

    desk = a_desk("freshdesk", RecordingTransport({"GET /api/v2/tickets": listed}))
    found: list[str] = []
    cursor, more = None, True
    while more:
        page = desk.changed_since(SINCE, cursor)
        found, cursor, more = [*found, *page.ids], page.cursor, page.more
    assert set(found) == set(changed)
    assert desk.changed_since(SINCE, cursor).ids == ["t3"]  # and it goes on from there


def test_a_second_with_more_changes_than_a_page_is_read_by_pages() -> None:
    rows = [{"id": n, "updated_at": "2026-03-02T10:00:00Z"} for n in range(100)]
    recorder = RecordingTransport({"GET /api/v2/tickets": rows})
    page = a_desk("freshdesk", recorder).changed_since(SINCE, None)
    assert (len(page.ids), page.more, page.cursor) == (100, True, "2026-03-02T10:00:00Z|2")
    a_desk("freshdesk", recorder).changed_since(SINCE, page.cursor)
    assert recorder.calls[1].query == {
        "updated_since": "2026-03-02T10:00:00Z",
        "order_by": "updated_at",
        "order_type": "asc",
        "per_page": "100",
        "page": "2",
    }


@pytest.mark.parametrize("reply", [[], None, {}, [None, {}, {"id": None}]])
def test_where_nothing_changed_the_place_stays(reply: Any) -> None:
    page = a_desk("freshdesk", RecordingTransport({"GET /api/v2/tickets": reply})).changed_since(SINCE, None)
    assert (page.ids, page.more, page.cursor) == ([], False, "2026-03-02T10:00:00Z|1")


@pytest.mark.parametrize("cursor", ["", "x", "2026|", "|2", "2026-03-02T10:00:00Z|x"])
def test_a_cursor_that_cannot_be_read_begins_anew(cursor: str) -> None:
    recorder = RecordingTransport({"GET /api/v2/tickets": []})
    a_desk("freshdesk", recorder).changed_since(SINCE, cursor)
    assert (recorder.calls[0].query["updated_since"], recorder.calls[0].query["page"]) == ("2026-03-02T10:00:00Z", "1")


def test_a_note_is_made_and_rewritten_in_its_place() -> None:
    recorder = RecordingTransport({"POST /api/v2/tickets/20/notes": {"id": 77}})
    desk = a_desk("freshdesk", recorder)
    assert desk.note("20", "Due <today>") == "77"
    desk.edit_note("20", "77", "Due\n<tomorrow>")
    assert recorder.only("PUT", "/api/v2/conversations/77").json == {"body": "Due<br>&lt;tomorrow&gt;"}
    assert (desk.capabilities.threads, desk.capabilities.edits_notes) == (True, True)
