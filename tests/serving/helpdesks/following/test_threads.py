"""What Request Tracker and django-helpdesk tell of a ticket, in shapes that were seen on real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from serving.helpdesks.port.port import Call, Changed, Ignored
from serving.helpdesks.vendor_table import HEARD
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.webhook_payloads import DJANGO

SINCE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
AT = "2026-03-02T10:05:00Z"


def moves(number: int, kind: str, by: str = "kim", **more: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "Type": kind,
        "Creator": {"id": by, "type": "user"},
        "Created": AT,
        "NewValue": "",
    } | more


def says(number: int, transaction: int, content: str, kind: str = "text/plain") -> dict[str, Any]:
    return {"id": str(number), "TransactionId": str(transaction), "ContentType": kind, "Content": content}


RT: dict[str, Any] = {
    "GET /REST/2.0/ticket/9": {
        "id": 9,
        "Status": "stalled",
        "Priority": "100",
        "LastUpdated": AT,
        "Owner": {"id": "kim"},
        "Requestor": [{"id": "bob@acme.example"}],
        "CustomFields": [],
    },
    "GET /REST/2.0/ticket/9/history": {
        "items": [
            moves(1, "Create", "bob@acme.example"),
            moves(2, "Correspond"),
            moves(3, "Status", "RT_System", NewValue="open"),
            moves(4, "Comment"),
            moves(5, "Correspond", "bob@acme.example"),
            moves(6, "Set", NewValue="100"),
            moves(7, "Status", NewValue="stalled"),
        ]
    },
    "GET /REST/2.0/ticket/9/attachments": {
        "items": [
            says(11, 1, "All of them."),
            says(12, 2, "<p>Which <b>browser</b>?</p>", "text/html"),
            says(13, 2, "Which browser?"),
            says(14, 4, "easy one"),
            says(15, 5, "Firefox."),
        ]
    },
}


def test_rt_tells_replies_notes_and_statuses_by_its_transactions() -> None:
    thread = a_desk("rt", RecordingTransport(RT)).thread("9")
    assert [(each.id, each.kind, each.by, each.text, each.status) for each in thread.events] == [
        ("2", "agent_reply", "kim", "Which browser?", None),
        ("3", "status", "", "", "open"),
        ("4", "note", "kim", "easy one", None),
        ("5", "customer_reply", "bob@acme.example", "Firefox.", None),
        ("7", "status", "kim", "", "pending"),
    ]
    assert (thread.status, thread.assignee, thread.merged_into, thread.deleted) == ("pending", "kim", None, False)
    assert thread.remote.values["priority"] == "High"


def test_rt_answers_for_a_merged_ticket_with_the_one_that_goes_on() -> None:
    answers = {"GET /REST/2.0/ticket/9": RT["GET /REST/2.0/ticket/9"] | {"id": 4}}
    assert a_desk("rt", RecordingTransport(answers)).thread("9").merged_into == "4"


def test_rt_is_asked_from_the_last_instant_on_because_tickets_change_places() -> None:
    rows = [{"id": str(number), "LastUpdated": AT} for number in range(50)]
    recorder = RecordingTransport({"GET /REST/2.0/tickets": {"items": rows}})
    desk = a_desk("rt", recorder)
    first = desk.changed_since(SINCE, None)
    assert (first.more, first.cursor, first.ids[:2]) == (True, "2026-03-02 10:05:00|1", ["0", "1"])
    second = desk.changed_since(SINCE, first.cursor)
    assert (second.more, second.cursor) == (True, "2026-03-02 10:05:00|2")  # all of one second: numbered pages
    assert [call.query["query"].partition("LastUpdated")[2] for call in recorder.calls] == [
        " >= '2026-03-02 10:00:00'",
        " >= '2026-03-02 10:05:00'",
    ]


def test_rts_scrip_tells_of_changes_and_not_of_ours() -> None:
    payload = {"event": "ticket.changed", "id": "9", "creator": "kim"}
    assert HEARD["rt"](payload, a_connection("rt", bot="firstline")) == [Changed("9")]
    [ignored] = HEARD["rt"](payload | {"creator": "firstline"}, a_connection("rt", bot="firstline"))
    assert isinstance(ignored, Ignored)


def follows(number: int, comment: str, **more: Any) -> dict[str, Any]:
    given = {"id": number, "ticket": 9, "date": AT, "comment": comment, "public": True, "user": 2, "new_status": None}
    return given | {"title": "Export is empty", "message_id": None} | more


TICKET: dict[str, Any] = {
    "id": 9,
    "title": "Export is empty",
    "description": "All of them.",
    "status": 3,
    "on_hold": False,
    "priority": 2,
    "assigned_to": 2,
    "merged_to": None,
    "followup_set": [
        follows(1, "All of them.", title="Ticket Opened", user=None),
        follows(2, "Remove the filter.", new_status=3),
        follows(3, "easy one", public=False),
        follows(4, "Thanks!", user=None, message_id="<a@acme.example>"),
        follows(5, "", title="Assigned to kim"),
        follows(6, "Escalated after 3 days", title="Ticket Escalated", user=None),
    ],
}


def test_django_helpdesk_tells_by_its_follow_ups_and_the_opening_is_none() -> None:
    thread = a_desk("django_helpdesk", RecordingTransport({"GET /api/tickets/9/": TICKET})).thread("9")
    assert [(each.id, each.kind, each.text, each.status) for each in thread.events] == [
        ("2", "agent_reply", "Remove the filter.", None),
        ("2-status", "status", "", "resolved"),
        ("3", "note", "easy one", None),
        ("4", "customer_reply", "Thanks!", None),
        ("6", "note", "Escalated after 3 days", None),
    ]
    assert (thread.status, thread.assignee) == ("resolved", "2")
    held = TICKET | {"status": 2, "on_hold": True}
    assert a_desk("django_helpdesk", RecordingTransport({"GET /api/tickets/9/": held})).thread("9").status == "pending"


def test_a_ticket_that_django_helpdesk_no_longer_has_was_deleted() -> None:
    assert a_desk("django_helpdesk", RecordingTransport({"GET /api/tickets/9/": 404})).thread("9").deleted


def test_django_helpdesk_is_paged_backwards_through_its_follow_ups() -> None:
    old = follows(7, "old", ticket=3, date="2026-03-01T00:00:00Z")

    def page(call: Call) -> Any:
        if call.query["page_size"] == "1":
            return {"count": 150}
        return {"results": [old, follows(8, "new")] if call.query["page"] == "1" else [follows(9, "new", ticket=4)]}

    desk = a_desk("django_helpdesk", RecordingTransport({"GET /api/followups/": page}))
    newest = desk.changed_since(SINCE, None)
    assert (newest.ids, newest.more) == (["4"], True)
    oldest = desk.changed_since(SINCE, newest.cursor)
    assert (oldest.ids, oldest.more) == (["9"], False)


def test_django_helpdesks_follow_up_hook_tells_of_a_change() -> None:
    assert HEARD["django_helpdesk"](DJANGO | {"followup_id": 9}, a_connection("django_helpdesk")) == [Changed("3")]
