"""What HubSpot tells of a ticket that is already there: events, what changed since, and notes that are rewritten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Changed, Ignored, Inbound, RemoteEvent, Thread
from serving.helpdesks.vendors.hubspot import heard
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_hubspot_thread import (
    INBOX,
    MAILS,
    NOTES,
    a_message,
    a_ticket,
    linked,
    minute,
    read,
    stage,
)
from tests.serving.helpdesks.test_inbound_payloads import broken

SINCE = datetime(2026, 2, 1, tzinfo=UTC)
SEARCH = "/crm/v3/objects/tickets/search"


def event(kind: str, **more: Any) -> dict[str, Any]:
    given = {"eventId": 1, "subscriptionId": 51, "portalId": 33, "appId": 77, "occurredAt": 1_772_445_598_021}
    return given | {"subscriptionType": kind, "attemptNumber": 0, "objectId": 987, "changeSource": "CRM_UI"} | more


def linking(kind: str, of: int, to: int, **more: Any) -> dict[str, Any]:
    given = {"objectId": None, "associationType": kind, "fromObjectId": of, "toObjectId": to}
    return event("ticket.associationChange") | given | more


MERGE = event("ticket.merge", objectId=1000, primaryObjectId=1000, mergedObjectIds=[987, 988])
NEWER = {"subscriptionType": "object.associationChange", "objectTypeId": "0-5", "fromObjectTypeId": "0-5"}
CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    (event("ticket.propertyChange", propertyName="hs_pipeline_stage", sourceId="userId:11"), ["987"]),
    (event("ticket.propertyChange", propertyName="hs_ticket_priority", propertyValue=None), ["987"]),
    (event("ticket.deletion"), ["987"]),
    (event("ticket.privacyDeletion"), ["987"]),
    (event("ticket.restore"), ["987"]),
    (event("object.propertyChange", objectTypeId="0-5", propertyName="hubspot_owner_id"), ["987"]),
    (event("object.deletion", objectTypeId="0-5"), ["987"]),
    (MERGE, ["987", "988", "1000"]),
    (MERGE | {"objectId": None, "newObjectId": 1001}, ["987", "988", "1000", "1001"]),
    (linking("TICKET_TO_CONTACT", 987, 6), ["987"]),
    (linking("CONTACT_TO_TICKET", 6, 987), ["987"]),
    (linking("", 987, 6, **NEWER), ["987"]),
]


@pytest.mark.parametrize(("sent", "ids"), CHANGES)
def test_an_event_about_a_known_ticket_says_that_it_changed(sent: dict[str, Any], ids: list[str]) -> None:
    assert heard([sent], a_connection("hubspot", bot="77")) == [Changed(each) for each in ids]


@pytest.mark.parametrize(
    "sent",
    [
        event("ticket.propertyChange", changeSource="INTEGRATION", sourceId="77"),
        event("ticket.propertyChange", sourceId="userId:77"),
        event("ticket.propertyChange", objectId=None),
        event("ticket.merge", objectId=None),
        event("contact.propertyChange"),
        event("object.creation", objectTypeId="0-1"),
        event("conversation.newMessage"),
        event(""),
    ],
)
def test_our_own_deeds_and_other_events_are_ignored(sent: dict[str, Any]) -> None:
    [found] = heard([sent], a_connection("hubspot", bot="77"))
    assert isinstance(found, Ignored)


def test_a_ticket_in_the_newer_form_of_subscriptions_is_a_new_case() -> None:
    [case] = heard([event("object.creation", objectTypeId="0-5")], a_connection("hubspot"))
    assert case == Inbound(remote_id="987", has_text=False)


def test_a_thread_that_is_read_twice_is_the_same() -> None:
    history = [stage("2", 7), stage("2", 7), stage("1", 0)]
    first, second = (read(a_ticket(*history))[0] for _ in range(2))
    assert first == second
    assert [each.id for each in first.events].count("stage:2:1772446020000") == 1


def test_many_activities_are_listed_on_and_the_newest_are_read() -> None:
    ticket = a_ticket()
    ticket["associations"]["notes"] = linked("31") | {"paging": {"next": {"after": "x"}}}
    more = {"results": [{"toObjectId": number} for number in range(900, 1_050)]}
    _, recorder = read(ticket, {"GET /crm/v4/objects/tickets/987/associations/notes": more})
    assert recorder.only("GET", "/crm/v4/objects/tickets/987/associations/notes").query == {"limit": "500"}
    asked = [each["id"] for each in recorder.only("POST", "/crm/v3/objects/notes/batch/read").json["inputs"]]
    assert (len(asked), asked[0], asked[-1]) == (100, "950", "1049")


def test_a_long_talk_is_read_to_a_bound() -> None:
    page = {"results": [a_message("m", 1, "INCOMING", "x", "V-6")], "paging": {"next": {"after": "n"}}}
    talks = {"results": [{"id": str(number)} for number in range(9)]}
    answers: dict[str, Any] = {f"GET {INBOX}/{number}/messages": page for number in range(9)}
    _, recorder = read(a_ticket(), answers | {f"GET {INBOX}": talks})
    assert len([call for call in recorder.calls if call.path.endswith("/messages")]) == 25


def test_whatever_else_stands_in_a_delivery_or_a_thread_nothing_breaks() -> None:
    connection = a_connection("hubspot", bot="1")
    for sent in broken([MERGE, linking("TICKET_TO_CONTACT", 987, 6)]):
        assert all(isinstance(each, Changed | Ignored | Inbound) for each in heard(sent, connection))
    for ticket in broken(a_ticket(stage("2", 7))):
        assert isinstance(read(ticket)[0], Thread)
    for mail in broken(MAILS[2]):
        thread, _ = read(a_ticket(), {"POST /crm/v3/objects/emails/batch/read": {"results": [mail, None]}})
        assert all(isinstance(each, RemoteEvent) for each in thread.events)
    for note in broken(NOTES[0]):
        assert isinstance(
            read(a_ticket(), {"POST /crm/v3/objects/notes/batch/read": {"results": [note, 7]}})[0], Thread
        )
    talk: dict[str, Any] = {f"GET {INBOX}": {"results": [{"id": "500"}]}}
    for said in broken(a_message("m3", 4, "OUTGOING", "x", "A-11", attachments=[{"name": "a"}])):
        assert isinstance(read(a_ticket(), talk | {f"GET {INBOX}/500/messages": {"results": [said]}})[0], Thread)


def test_nobody_is_told_from_not_known() -> None:
    assert read(a_ticket(hubspot_owner_id=None))[0].assignee == ""
    assert read(a_ticket(hubspot_owner_id="77"))[0].assignee == "77"
    ticket = a_ticket()
    del ticket["properties"]["hubspot_owner_id"]
    assert read(ticket)[0].assignee is None


def test_what_changed_is_searched_in_the_order_of_change() -> None:
    found = {"results": [{"id": "987"}, {"id": None}], "paging": {"next": {"after": "100"}}}
    recorder = RecordingTransport({f"POST {SEARCH}": found})
    desk = a_desk("hubspot", recorder)
    first = desk.changed_since(SINCE, None)
    assert (list(first.ids), first.cursor, first.more) == (["987"], "1769904000000 100", True)
    desk.changed_since(SINCE, first.cursor)
    one, two = recorder.asked("POST", SEARCH)
    assert one.json == {
        "filterGroups": [
            {"filters": [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "1769904000000"}]}
        ],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": ["hs_lastmodifieddate"],
        "limit": 100,
    }
    assert two.json == one.json | {"after": "100"}


def test_a_search_that_goes_no_further_begins_anew_where_it_got_to() -> None:
    rows = [{"id": "987", "properties": {"hs_lastmodifieddate": minute(30)}}]
    recorder = RecordingTransport({f"POST {SEARCH}": {"results": rows, "paging": {"next": {"after": "10000"}}}})
    page = a_desk("hubspot", recorder).changed_since(SINCE, "1769904000000 9900")
    assert (page.cursor, page.more) == ("1772447400000", True)


def test_the_last_page_ends() -> None:
    page = a_desk("hubspot", RecordingTransport({f"POST {SEARCH}": {"results": []}})).changed_since(SINCE, None)
    assert (list(page.ids), page.more) == ([], False)


def test_a_note_is_rewritten_in_place_with_its_lines() -> None:
    recorder = RecordingTransport()
    a_desk("hubspot", recorder).edit_note("987", "31", "Team: billing & more\nTier: <T2>")
    assert recorder.only("PATCH", "/crm/v3/objects/notes/31").json == {
        "properties": {"hs_note_body": "Team: billing &amp; more<br>Tier: &lt;T2&gt;"}
    }
