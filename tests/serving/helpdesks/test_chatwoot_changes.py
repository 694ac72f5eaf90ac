"""What Chatwoot tells of a conversation that is already there: deliveries, and what changed since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Changed, Ignored, Inbound
from serving.helpdesks.vendors.chatwoot import heard
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_chatwoot_thread import BASE, BEGUN, BOB, BOT, a_conversation
from tests.serving.helpdesks.test_inbound_payloads import broken
from tests.serving.helpdesks.webhook_payloads import CHATWOOT


def conversation_in_hook(age: int = 60, **more: Any) -> dict[str, Any]:
    return CHATWOOT["conversation"] | {"created_at": 1_772_445_598 - age} | more


LATER = CHATWOOT | {"conversation": conversation_in_hook()}
OWN = conversation_in_hook(custom_attributes={"firstline_id": "tkt_01"})
CHANGES: list[dict[str, Any]] = [
    {"event": "conversation_status_changed", "id": 44, "status": "resolved"},
    {"event": "conversation_resolved", "id": 44},
    {"event": "conversation_updated", "id": 44, "changed_attributes": [{"priority": {}}]},
    LATER | {"message_type": "outgoing", "sender": BOB},
    LATER | {"message_type": "activity", "sender": None},
    LATER | {"message_type": "template"},
    LATER | {"private": True, "sender": BOB},
    LATER | {"event": "message_updated"},
    LATER | {"content": None},
    CHATWOOT | {"conversation": OWN},
]


@pytest.mark.parametrize("delivery", CHANGES)
def test_a_delivery_about_a_known_conversation_says_that_it_changed(delivery: dict[str, Any]) -> None:
    assert heard(delivery, a_connection("chatwoot", bot="9")) == [Changed("44")]


def test_a_later_message_of_a_customer_opens_a_ticket_if_there_is_none_and_is_a_change_if_there_is() -> None:
    case, changed = heard(LATER, a_connection("chatwoot"))
    assert isinstance(case, Inbound)
    assert (case.remote_id, changed) == ("44", Changed("44"))


@pytest.mark.parametrize(
    ("delivery", "bot"),
    [
        (LATER | {"private": True, "sender": BOT}, "9"),
        (LATER | {"message_type": "outgoing", "sender": BOT}, "Firstline"),
        (CHATWOOT | {"conversation": OWN | {"created_at": 1_772_445_598}}, ""),
        ({"event": "conversation_created", "id": 44}, ""),
        ({"event": "conversation_updated", "id": None}, ""),
        ({"event": "contact_updated", "id": 5}, ""),
        ({"event": "webwidget_triggered"}, ""),
    ],
)
def test_our_own_deeds_and_other_events_are_ignored(delivery: dict[str, Any], bot: str) -> None:
    [found] = heard(delivery, a_connection("chatwoot", bot=bot))
    assert isinstance(found, Ignored)


def test_a_first_message_brings_what_is_known_of_the_customer_and_the_names_of_its_files() -> None:
    sent = CHATWOOT | {
        "conversation": a_conversation(created_at=1_772_445_598),
        "attachments": [{"data_url": "https://x/rails/blobs/redirect/abc/screen%20shot.png"}, {"data_url": None}],
        "content_attributes": {"email": {"auto_reply": True}},
    }
    [case] = heard(sent, a_connection("chatwoot"))
    assert isinstance(case, Inbound)
    assert case.attachments == ("screen shot.png",)
    assert case.automatic
    assert (case.fields["inbox"], case.fields["contact.plan"]) == ("Site", "enterprise")


def test_what_changed_is_asked_for_by_day_and_sifted_by_the_second() -> None:
    since = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    rows = [
        {"id": 1, "last_activity_at": BEGUN - 1},
        {"id": 2, "last_activity_at": BEGUN},
        {"id": 3, "last_activity_at": BEGUN - 9, "updated_at": BEGUN + 1.5},
        {"id": 4},
        {"id": None, "last_activity_at": BEGUN + 1},
    ]
    recorder = RecordingTransport({f"POST {BASE}/conversations/filter": {"payload": rows}})
    page = a_desk("chatwoot", recorder).changed_since(since, None)
    assert (list(page.ids), page.cursor, page.more) == (["2", "3", "4"], "2", False)
    call = recorder.only("POST", f"{BASE}/conversations/filter")
    assert call.query == {"page": "1"}
    assert call.json == {
        "payload": [
            {"attribute_key": "last_activity_at", "filter_operator": "is_greater_than", "values": ["2026-03-01"]}
        ]
    }


def test_a_full_page_goes_on() -> None:
    rows = [{"id": number, "last_activity_at": BEGUN} for number in range(25)]
    recorder = RecordingTransport({f"POST {BASE}/conversations/filter": {"payload": rows}})
    page = a_desk("chatwoot", recorder).changed_since(datetime(2026, 3, 2, tzinfo=UTC), "3")
    assert (len(page.ids), page.cursor, page.more) == (25, "4", True)
    assert recorder.only("POST", f"{BASE}/conversations/filter").query == {"page": "3"}


def test_whatever_stands_in_a_delivery_nothing_breaks() -> None:
    for sent in broken(LATER | {"conversation": a_conversation(), "attachments": [{"data_url": "https://x/a.png"}]}):
        assert all(isinstance(each, Changed | Ignored | Inbound) for each in heard(sent, a_connection("chatwoot")))
