"""A Chatwoot conversation as a thread: messages, activities, fields.

The shapes are those of Chatwoot's own source: the presenter of webhooks, the views of the API, the words of activities.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Ignored, Inbound, Thread
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import broken

BASE = "/api/v1/accounts/7"
ONE = f"{BASE}/conversations/44"
BEGUN = 1_772_445_600  # 2026-03-02 10:00 UTC
ANN = {"id": 5, "name": "Ann", "email": "ann@acme.example", "type": "contact"}
BOB = {"id": 2, "name": "Bob", "available_name": "Bob", "type": "user"}
BOT = {"id": 9, "name": "Firstline", "type": "user"}
ROBOT = {"id": 1, "name": "Robot", "type": "agent_bot"}


def message(number: int, words: Any, kind: int = 0, sender: Any = ANN, **more: Any) -> dict[str, Any]:
    given = {"id": number, "content": words, "message_type": kind, "private": False, "sender": sender}
    return given | {"created_at": BEGUN + number, "content_attributes": {}, "content_type": "text"} | more


def activity(number: int, words: str) -> dict[str, Any]:
    return message(number, words, 2, None)


def a_conversation(**more: Any) -> dict[str, Any]:
    sender = {
        "id": 5,
        "name": "Ann",
        "email": "ann@acme.example",
        "phone_number": "+49 30 1",
        "identifier": "acme-5",
        "custom_attributes": {"plan": "enterprise", "seats": 40, "beta": True, "none": None},
        "additional_attributes": {"company_name": "Acme", "country_code": "DE", "city": "Berlin"},
    }
    given: dict[str, Any] = {
        "id": 44,
        "inbox_id": 3,
        "status": "open",
        "priority": "high",
        "labels": ["vip", "needs help"],
        "muted": False,
        "snoozed_until": None,
        "created_at": BEGUN,
        "last_activity_at": BEGUN + 50,
        "updated_at": BEGUN + 60.5,
        "custom_attributes": {"order": "A-1"},
        "additional_attributes": {"mail_subject": "Export", "browser": {"browser_language": "de"}},
        "meta": {"sender": sender, "channel": "Channel::WebWidget", "assignee": BOB, "team": {"id": 1, "name": "T1"}},
    }
    return given | more


def read(messages: list[Any], conversation: Any = None, **more: Any) -> tuple[Thread, RecordingTransport]:
    recorder = RecordingTransport(
        {
            f"GET {ONE}": a_conversation() if conversation is None else conversation,
            f"GET {ONE}/messages": {"payload": messages},
            f"GET {BASE}/inboxes/3": {"id": 3, "name": "Site"},
        }
    )
    return a_desk("chatwoot", recorder, **more).thread("44"), recorder


def test_whatever_stands_in_a_thread_nothing_breaks() -> None:
    for found in broken(a_conversation()):
        assert isinstance(read([message(1, "a")], found)[0], Thread)
    for said in broken(message(2, "b", attachments=[{"data_url": "https://x/a.png"}])):
        assert isinstance(read([message(1, "a"), said, None, 7])[0], Thread)


def test_a_thread_tells_who_said_what_and_when_the_status_moved() -> None:
    messages = [
        message(0, None, attachments=[{"data_url": "https://x/a/shot.png"}]),
        message(1, "Export is empty"),
        message(2, "Typically replies in a few hours", 3, None),
        message(3, "<p>Which filter?</p>", 1, BOB),
        message(4, "Firstline: …", 1, BOT, private=True),
        activity(5, "Bob added resolved"),
        activity(6, "Conversation was marked resolved by Bob"),
        message(7, "Still empty"),
        message(8, None, attachments=[{"data_url": "https://x/a/log.txt"}]),
        message(9, "Try this", 1, ROBOT),
        message(10, "gone", content_attributes={"deleted": True}),
        message(11, None),
        activity(12, "Assigned to Bob by Bob"),
    ]
    thread, recorder = read(messages, bot="9")
    assert [(each.id, each.kind, each.by, each.text, each.status, each.automatic) for each in thread.events] == [
        ("2", "note", "", "Typically replies in a few hours", None, True),
        ("3", "agent_reply", "Bob", "Which filter?", None, False),
        ("4", "note", "9", "Firstline: …", None, False),
        ("6", "status", "Bob", "", "resolved", False),
        ("7", "customer_reply", "Ann", "Still empty", None, False),
        ("7:open", "status", "", "", "open", False),
        ("8", "customer_reply", "Ann", "log.txt", None, False),
        ("9", "note", "Robot", "Try this", None, True),
    ]
    assert (thread.status, thread.assignee, thread.remote.values["priority"]) == ("open", "Bob", "high")
    assert thread.events[1].at == datetime(2026, 3, 2, 10, 0, 3, tzinfo=UTC)
    assert thread.changed_at == datetime(2026, 3, 2, 10, 1, 0, 500_000, tzinfo=UTC)
    assert recorder.only("GET", f"{ONE}/messages").query == {}


WORDS = [
    ("Conversation was marked resolved by Bob", "resolved"),
    ("Conversation was resolved by Ann", "resolved"),
    ("Conversation was marked resolved by system due to 3 days of inactivity", "resolved"),
    ("Conversation was marked resolved by Captain (spam)", "resolved"),
    ("Conversation was reopened by Bob", "open"),
    ("Conversation was marked open automatically after an agent reply", "open"),
    ("Conversation was marked open by system due to an error with the agent bot.", "open"),
    ("System reopened the conversation due to a new incoming message.", "open"),
    ("Conversation was marked as pending by Bob", "open"),
    ("Conversation was snoozed by Bob", "open"),
    ("Das Gespräch wurde von Bob gelöst", "resolved"),
    ("Konversation wurde von Ann gelöst", "resolved"),
    ("Das Gespräch wurde von Bob wieder eröffnet", "open"),
    ("Das Gespräch wurde von Bob als ausstehend markiert", "open"),
    ("Das System hat die Unterhaltung aufgrund einer neuen eingehenden Nachricht wieder geöffnet.", "open"),
    ("La conversation a été marquée résolue par Bob", "resolved"),
    ("La conversation a été marquée comme résolue par le système en raison de 3 jours d'inactivité", "resolved"),
    ("La conversation a été ré-ouverte par Bob", "open"),
    ("La conversación fue marcada por Bob", "resolved"),
    ("Conversación fue resuelta por Ann", "resolved"),
    ("La conversación fue reabierta por Bob", "open"),
    ("Conversa foi marcada como resolvida por Bob", "resolved"),
    ("A conversa foi resolvida por Ann", "resolved"),
    ("Conversa foi reaberta por Bob", "open"),
    ("La conversazione è stata contrassegnata come risolta da Bob", "resolved"),
    ("La conversazione è stata riaperta da Bob", "open"),
    ("Bob added resolved", None),
    ("Bob hat gelöst hinzugefügt", None),
    ("Conversation unassigned by Bob", None),
    ("Bob has muted the conversation", None),
    ("Conversation was moved by Bob", None),
    ("", None),
]


@pytest.mark.parametrize(("words", "status"), WORDS)
def test_an_activity_is_read_in_the_languages_of_chatwoot(words: str, status: str | None) -> None:
    thread, _ = read([message(1, "Export is empty"), activity(2, words)])
    assert [each.status for each in thread.events] == ([status] if status else [])


BY = [
    ("Conversation was marked resolved by Bob", "Bob"),
    ("Conversation was marked resolved by Bob Lee (spam)", "Bob Lee"),
    ("Conversation was marked resolved by Captain due to inactivity", "Captain"),
    ("Conversation was marked resolved by system due to 3 days of inactivity", ""),
    ("System reopened the conversation due to a new incoming message.", ""),
    ("Das Gespräch wurde von Bob Lee gelöst", "Bob Lee"),
    ("Das Gespräch wurde von Bob wieder eröffnet", "Bob"),
    ("La conversation a été marquée résolue par Bob", "Bob"),
    ("La conversation a été marquée comme résolue par le système en raison de 3 jours d'inactivité", ""),
    ("Conversación fue resuelta por Ann", "Ann"),
    ("Conversa foi reaberta por Bob", "Bob"),
    ("La conversazione è stata riaperta da Bob", "Bob"),
]


@pytest.mark.parametrize(("words", "name"), BY)
def test_an_activity_names_who_did_it(words: str, name: str) -> None:
    assert [each.by for each in read([message(1, "a"), activity(2, words)])[0].events] == [name]


SNOOZES: list[tuple[dict[str, Any], str | None, str, str]] = [
    ({"status": "snoozed", "snoozed_until": None}, None, "pending", "pending"),
    ({"status": "snoozed", "snoozed_until": "2026-03-09T00:00:00Z"}, None, "open", "open"),
    ({"status": "snoozed", "snoozed_until": "2026-03-09T00:00:00Z"}, "snoozed", "pending", "pending"),
    ({"status": "pending"}, None, "open", "open"),
    ({"status": "pending"}, "pending, snoozed", "pending", "pending"),
    ({"status": "resolved"}, None, "resolved", "open"),
]


@pytest.mark.parametrize(("now", "option", "status", "moved"), SNOOZES)
def test_only_what_waits_for_the_customer_is_pending(
    now: dict[str, Any], option: str | None, status: str, moved: str
) -> None:
    options = dict(a_connection("chatwoot").options) | ({"pending_statuses": option} if option else {})
    thread, _ = read(
        [message(1, "a"), activity(2, "Conversation was snoozed by Bob")], a_conversation(**now), options=options
    )
    assert (thread.status, thread.events[-1].status) == (status, moved)


def test_a_muted_conversation_is_not_reopened_by_its_customer() -> None:
    messages = [message(1, "a"), activity(2, "Conversation was resolved by Ann"), message(3, "b")]
    thread, _ = read(messages, a_conversation(muted=True, status="resolved"))
    assert [each.id for each in thread.events] == ["2", "3"]


def test_the_fields_are_what_the_page_of_this_helpdesk_names() -> None:
    assert read([])[0].fields == {
        "inbox": "Site",
        "inbox_id": "3",
        "channel": "Channel::WebWidget",
        "team": "T1",
        "tags": "vip, needs help",
        "language": "de",
        "contact.name": "Ann",
        "contact.email": "ann@acme.example",
        "contact.phone": "+49 30 1",
        "contact.identifier": "acme-5",
        "contact.company": "Acme",
        "contact.country": "DE",
        "contact.city": "Berlin",
        "contact.plan": "enterprise",
        "contact.seats": "40",
        "contact.beta": "true",
        "field.order": "A-1",
    }


def test_a_long_conversation_is_read_backwards_to_a_bound_and_its_first_message_is_then_no_opening() -> None:
    def page(call: Any) -> Any:
        before = int(call.query.get("before", 1_001))
        return {"payload": [message(n, "x") for n in range(before - 20, before)]}

    recorder = RecordingTransport({f"GET {ONE}": a_conversation(), f"GET {ONE}/messages": page})
    thread = a_desk("chatwoot", recorder).thread("44")
    assert (len(thread.events), thread.events[-1].id) == (400, "1000")
    assert [call.query for call in recorder.asked("GET", f"{ONE}/messages")][:2] == [{}, {"before": "981"}]


def test_nobody_is_told_from_not_known() -> None:
    meta = a_conversation()["meta"]
    nobody = {name: value for name, value in meta.items() if name != "assignee"}
    assert read([], a_conversation(meta=nobody))[0].assignee == ""
    assert read([], a_conversation(meta=None))[0].assignee is None


def test_a_thread_that_is_read_twice_is_the_same() -> None:
    messages = [message(1, "a"), activity(2, "Conversation was resolved by Ann"), message(3, "b"), message(3, "b")]
    first, second = (read(messages)[0] for _ in range(2))
    assert first == second
    assert [each.id for each in first.events] == ["2", "3", "3:open"]


def test_a_deleted_conversation_is_deleted_and_another_refusal_is_a_fault() -> None:
    assert a_desk("chatwoot", RecordingTransport({f"GET {ONE}": 404})).thread("44").deleted
    with pytest.raises(DeskRefused):
        a_desk("chatwoot", RecordingTransport({f"GET {ONE}": 503})).thread("44")
    with pytest.raises(DeskRefused):
        a_desk("chatwoot", RecordingTransport({f"GET {ONE}": 404, f"GET {BASE}/inboxes/3": 404})).thread("44")


@pytest.mark.parametrize("what", ["thread", "read"])
@pytest.mark.parametrize(("inbox", "status"), [({"name": "Site"}, 404), (401, 401)])
def test_a_conversation_of_another_inbox_does_not_make_the_helpdesk_look_down(
    what: str, inbox: Any, status: int
) -> None:
    desk = a_desk("chatwoot", RecordingTransport({f"GET {ONE}": 401, f"GET {BASE}/inboxes/3": inbox}))
    with pytest.raises(DeskRefused) as refused:
        getattr(desk, what)("44")
    assert refused.value.status == status


@pytest.mark.parametrize("status", [401, 404])
def test_what_is_gone_or_of_another_inbox_is_not_fetched(status: int) -> None:
    assert isinstance(a_desk("chatwoot", RecordingTransport({f"GET {ONE}": status})).fetch("44"), Ignored)


def test_a_conversation_whose_first_message_was_lost_is_fetched() -> None:
    def fetch(messages: list[Any], **more: Any) -> Any:
        answers = {f"GET {ONE}": a_conversation(**more), f"GET {ONE}/messages": {"payload": messages}}
        return a_desk("chatwoot", RecordingTransport(answers | {f"GET {BASE}/inboxes/3": {"name": "Site"}})).fetch("44")

    case = fetch([message(0, "Hi, how can we help?", 1, BOB), message(1, "Export is empty"), message(2, "Hello?")])
    assert isinstance(case, Inbound)
    assert (case.remote_id, case.subject, case.text, case.email) == ("44", "Export", "Export is empty", ANN["email"])
    assert (case.created_at, case.channel) == (datetime(2026, 3, 2, 10, 0, tzinfo=UTC), "chat")
    assert (case.fields["inbox"], case.fields["contact.plan"]) == ("Site", "enterprise")
    assert isinstance(fetch([message(1, "a")], custom_attributes={"firstline_id": "tkt_01"}), Ignored)
    assert isinstance(fetch([message(1, "a", 1, BOB), activity(2, "Assigned to Bob by Bob")]), Ignored)
