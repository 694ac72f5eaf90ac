"""What Intercom tells of a ticket or conversation that is already there: notifications, and what changed since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Changed, Ignored, Inbound
from serving.helpdesks.vendors.intercom import heard
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import broken
from tests.serving.helpdesks.test_intercom_thread import ANN, BOB, BOT, a_conversation, a_ticket, part
from tests.serving.helpdesks.webhook_payloads import INTERCOM, INTERCOM_CONVERSATION

SINCE = datetime(2026, 2, 1, tzinfo=UTC)


def notice(topic: str, item: Any) -> dict[str, Any]:
    return {"type": "notification_event", "topic": topic, "data": {"type": "notification_event_data", "item": item}}


def wrapped(author: Any) -> dict[str, Any]:
    said = part(4, "comment", author, "x")
    return {"type": "ticket_ticket_part", "ticket": a_ticket(said), "ticket_part": said}


CHANGES = [
    notice("ticket.state.updated", a_ticket()),
    notice("ticket.state.updated", wrapped(BOB)),
    notice("ticket.admin.replied", wrapped(BOB)),
    notice("ticket.contact.replied", wrapped(ANN)),
    notice("ticket.note.created", wrapped(BOB)),
    notice("ticket.admin.assigned", wrapped(BOB)),
    notice("ticket.team.assigned", wrapped(BOB)),
    notice("ticket.attribute.updated", wrapped(BOB)),
    notice("ticket.closed", {"ticket": a_ticket()}),
    notice("ticket.resolved", a_ticket()),
    notice("conversation.user.replied", a_conversation(part(1, "comment", ANN, "x"))),
    notice("conversation.admin.replied", a_conversation(part(1, "comment", BOB, "x"))),
    notice("conversation.admin.noted", a_conversation(part(1, "note", BOB, "x"))),
    notice("conversation.admin.closed", a_conversation(part(1, "close", BOB))),
    notice("conversation.admin.opened", a_conversation(part(1, "open", BOB))),
    notice("conversation.admin.snoozed", a_conversation(part(1, "snoozed", BOB))),
    notice("conversation.admin.assigned", a_conversation()),
    notice("conversation.priority.updated", a_conversation()),
    notice("conversation.deleted", {"type": "conversation", "conversation_id": "215"}),
]


@pytest.mark.parametrize("delivery", CHANGES, ids=lambda delivery: delivery["topic"])
def test_a_notification_about_a_known_ticket_says_that_it_changed(delivery: dict[str, Any]) -> None:
    assert heard(delivery, a_connection("intercom", bot="814860")) == [Changed("215")]


@pytest.mark.parametrize(
    "delivery",
    [
        notice("ticket.note.created", wrapped(BOT)),
        notice("ticket.attribute.updated", wrapped(BOT)),
        notice("conversation.admin.noted", a_conversation(part(1, "note", BOT, "x"))),
        notice("conversation.read", a_conversation()),
        notice("conversation.admin.single.created", a_conversation()),
        notice("ticket.state.updated", {"type": "ticket"}),
        notice("contact.user.updated", {"id": "6"}),
        notice("ping", {"message": "hello"}),
    ],
    ids=lambda delivery: delivery["topic"],
)
def test_our_own_deeds_and_other_notifications_are_ignored(delivery: dict[str, Any]) -> None:
    [found] = heard(delivery, a_connection("intercom", bot="814860"))
    assert isinstance(found, Ignored)


@pytest.mark.parametrize("payload", [INTERCOM, INTERCOM_CONVERSATION])
def test_with_a_token_a_new_case_is_fetched_as_only_then_it_is_known_who_asks(payload: Any) -> None:
    [case] = heard(payload, a_connection("intercom"))
    assert isinstance(case, Inbound)
    assert not case.has_text
    [case] = heard(payload, a_connection("intercom", token=""))
    assert isinstance(case, Inbound)
    assert case.has_text


def test_whatever_stands_in_a_notification_nothing_breaks() -> None:
    for sent in broken(notice("ticket.admin.replied", wrapped(BOB) | {"ticket": {"id": "215"}})):
        assert all(
            isinstance(each, Changed | Ignored | Inbound) for each in heard(sent, a_connection("intercom", bot="1"))
        )


def test_what_changed_is_asked_of_tickets_and_then_of_conversations() -> None:
    def searched(call: Any) -> Any:
        begun = "starting_after" not in call.json["pagination"]
        what = call.path.split("/")[1]
        pages = {"next": {"page": 2, "starting_after": "n2"}} if begun else {"next": None}
        return {what: [{"id": "1" if begun else "2"}, {"id": None}], "pages": pages}

    recorder = RecordingTransport({"POST /tickets/search": searched, "POST /conversations/search": searched})
    desk = a_desk("intercom", recorder)
    seen: list[tuple[list[str], str, bool]] = []
    cursor: str | None = None
    while True:
        page = desk.changed_since(SINCE, cursor)
        seen.append((list(page.ids), page.cursor, page.more))
        cursor = page.cursor
        if not page.more:
            break
    assert seen == [
        (["1"], "tickets n2", True),
        (["2"], "conversations", True),
        (["1"], "conversations n2", True),
        (["2"], "conversations", False),
    ]
    first, second, third, _ = recorder.calls
    assert first.json == {
        "query": {"field": "updated_at", "operator": ">", "value": 1_769_903_999},
        "pagination": {"per_page": 50},
    }
    assert second.json["pagination"] == {"per_page": 50, "starting_after": "n2"}
    assert third.json["pagination"] == {"per_page": 50}


def test_a_note_keeps_its_lines() -> None:
    recorder = RecordingTransport({"POST /tickets/215/reply": {"type": "ticket_part", "id": "77"}})
    assert a_desk("intercom", recorder, bot="814860").note("215", "Team: billing & more\nTier: <T2>") == "77"
    assert recorder.only("POST", "/tickets/215/reply").json == {
        "message_type": "note",
        "type": "admin",
        "admin_id": "814860",
        "body": "Team: billing &amp; more<br>Tier: &lt;T2&gt;",
    }


def test_what_is_gone_is_not_fetched() -> None:
    gone = {"GET /tickets/215": 404, "GET /conversations/215": 404}
    assert isinstance(a_desk("intercom", RecordingTransport(gone)).fetch("215"), Ignored)
    with pytest.raises(DeskRefused):
        a_desk("intercom", RecordingTransport(gone | {"GET /ticket_types/55": 401})).fetch("215")
