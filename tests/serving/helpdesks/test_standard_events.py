"""What a system that signs by Standard Webhooks tells of a ticket: each delivery carries the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import Ignored, Inbound, Remote, RemoteEvent, Thread
from serving.helpdesks.vendors.standard_webhooks import heard
from tests.serving.helpdesks.recording_transport import a_connection
from tests.serving.helpdesks.test_inbound_payloads import broken
from tests.serving.helpdesks.webhook_payloads import STANDARD

AT = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
STAMP = "2026-03-02T10:05:00Z"


def sent(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": f"ticket.{kind}", "timestamp": STAMP, "data": {"id": "c-1"} | data}


def read(payload: Any, **more: Any) -> Thread:
    [found] = heard(payload, a_connection("standard", **more))
    assert isinstance(found, Thread)
    return found


def an_event(kind: Any, number: str = "m-7", **more: Any) -> RemoteEvent:
    return RemoteEvent(id=number, kind=kind, at=AT, **more)


SAID = {"message_id": "m-7", "text": "<p>Which filter?</p>"}
EVENTS: list[tuple[dict[str, Any], tuple[RemoteEvent, ...]]] = [
    (
        sent("replied", by="agent", author="Bob", **SAID),
        (an_event("agent_reply", by="Bob", text="Which filter?"),),
    ),
    (
        sent("replied", by="customer", **SAID),
        (an_event("customer_reply", text="Which filter?"),),
    ),
    (
        sent("replied", by="agent", author="Robot", automatic=True, **SAID),
        (an_event("note", by="Robot", text="Which filter?", automatic=True),),
    ),
    (
        sent("replied", by="customer", automatic=True, **SAID),
        (an_event("customer_reply", text="Which filter?", automatic=True),),
    ),
    (sent("noted", author="Bob", **SAID), (an_event("note", by="Bob", text="Which filter?"),)),
    (
        sent("replied", by="agent", status="pending", **SAID),
        (an_event("agent_reply", text="Which filter?"), an_event("status", "m-7:status", status="pending")),
    ),
    (
        sent("updated", message_id="u-1", status="Resolved", author="Bob"),
        (an_event("status", "u-1:status", by="Bob", status="resolved"),),
    ),
    (sent("updated", message_id="u-1", status="on hold"), ()),
    (sent("updated", message_id="u-1", assignee="Bob"), ()),
    (sent("replied", by="agent", message_id="m-7", text=" "), ()),
    (sent("merged", into="c-2"), ()),
    (sent("deleted"), ()),
]


@pytest.mark.parametrize(("payload", "events"), EVENTS)
def test_a_delivery_carries_what_happened(payload: dict[str, Any], events: tuple[RemoteEvent, ...]) -> None:
    thread = read(payload)
    assert thread.events == events
    assert (thread.remote.id, thread.changed_at) == ("c-1", AT)


def test_an_update_says_how_the_ticket_stands_and_leaves_out_what_it_does_not_name() -> None:
    thread = read(sent("updated", status="open", priority="P1", assignee="Bob", plan="gold", fields={"seats": 40}))
    assert thread.remote == Remote(id="c-1", values={"priority": "P1"})
    assert (thread.status, thread.assignee, thread.fields) == ("open", "Bob", {"seats": "40", "plan": "gold"})
    bare = read(sent("updated"))
    assert (bare.status, bare.assignee, bare.fields, bare.remote.values) == (None, None, {}, {})
    assert read(sent("updated", assignee=None)).assignee == ""


def test_a_merge_and_a_deletion_are_told() -> None:
    assert read(sent("merged", into="c-2")).merged_into == "c-2"
    assert read(sent("merged")).merged_into is None
    assert read(sent("deleted")).deleted
    assert not read(sent("updated", into="c-2")).merged_into


def test_an_event_without_an_id_has_the_same_one_at_every_attempt() -> None:
    payload = sent("replied", by="customer", text="Still empty")
    again, other = dict(payload), sent("replied", by="customer", text="Still empty", at="2026-03-02T10:06:00Z")
    first, second, third = (read(each).events[0].id for each in (payload, again, other))
    assert first == second != third


def test_the_moment_of_an_event_is_its_own_or_that_of_the_delivery() -> None:
    assert read(sent("noted", text="x", at="2026-03-02T11:00:00+01:00")).events[0].at.hour == 10
    assert read({"type": "ticket.noted", "data": {"id": "c-1", "text": "x"}}).events == ()


def test_a_new_ticket_brings_fields_names_of_files_and_whether_a_machine_wrote() -> None:
    data = STANDARD["data"] | {
        "account": "Acme",
        "arr": 12000,
        "tags": ["vip", "needs help"],
        "fields": {"seats": 40, "nested": {"deep": 1}, "none": None},
        "attachments": ["a.txt", {"name": "b.txt"}, None],
        "automatic": True,
    }
    [case] = heard(STANDARD | {"data": data}, a_connection("standard"))
    assert isinstance(case, Inbound)
    assert case.fields == {"seats": "40", "account": "Acme", "arr": "12000", "tags": "vip, needs help"}
    assert (case.attachments, case.automatic) == (("a.txt", "b.txt"), True)


@pytest.mark.parametrize(
    ("payload", "bot"),
    [
        (sent("replied", by="agent", author="Firstline", **SAID), "Firstline"),
        (sent("replied", id=None, **SAID), ""),
        (sent("rated"), ""),
        ({"type": "order.created", "data": {"id": "1"}}, ""),
    ],
)
def test_our_own_deeds_and_other_events_are_ignored(payload: dict[str, Any], bot: str) -> None:
    [found] = heard(payload, a_connection("standard", bot=bot))
    assert isinstance(found, Ignored)


@pytest.mark.parametrize("kind", ["created", "replied", "noted", "updated", "merged", "deleted"])
def test_whatever_stands_in_a_delivery_nothing_breaks(kind: str) -> None:
    whole = {"status": "open", "into": "c-2", "fields": {"a": "b"}, "attachments": ["x"], "assignee": "Bob"}
    for payload in broken(sent(kind, by="customer", **SAID, **whole)):
        [found] = heard(payload, a_connection("standard"))
        assert isinstance(found, Thread | Ignored | Inbound)


def test_fields_of_the_mails_header_are_read_as_far_as_they_say_who_wrote_it() -> None:
    headers = {"Auto-Submitted": "auto-replied", "Subject": "x", "X-Loop": 7}
    [event] = read(sent("replied", by="customer", headers=headers, **SAID)).events
    assert event.headers == {"auto-submitted": "auto-replied"}
    [opened] = heard(sent("created", subject="Export", headers=headers), a_connection("standard"))
    assert isinstance(opened, Inbound)
    assert opened.headers == {"auto-submitted": "auto-replied"}
