"""A Zendesk ticket as it goes on there: its audits as a thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Call
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk
from tests.serving.helpdesks.zendesk_answers import (
    AGENT,
    AUDITS,
    BOT,
    CUSTOMER,
    HISTORY,
    TICKET,
    USERS,
    answers,
    audit,
    change,
    comment,
    in_short,
    thread,
)


def test_audits_become_events_and_the_opening_is_none_of_them() -> None:
    found = thread(status="closed")
    assert in_short(found.events) == [
        ("status", "Kim", "", "open"),
        ("agent_reply", "Kim", "Which browser?", None),
        ("status", "Kim", "", "pending"),
        ("customer_reply", "Ann Lee", "Firefox.", None),
        ("status", "Ann Lee", "", "open"),
        ("note", "Kim", "Looks like #7", None),
        ("status", "Kim", "", "open"),  # on hold: it waits for a third party, and the clock goes on
        ("status", "Kim", "", "resolved"),
        ("status", "Zendesk", "", "closed"),
    ]
    assert found.events[1].at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (found.status, found.assignee, found.merged_into, found.deleted) == ("closed", "Kim", None, False)
    assert found.changed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert found.remote.values["priority"] == "high"
    assert found.remote.version == "2026-03-02T11:00:00Z"


def test_a_thread_read_twice_has_the_same_ids() -> None:
    first, second = thread(), thread()
    assert [each.id for each in first.events] == [each.id for each in second.events]
    assert len({each.id for each in first.events}) == len(first.events)


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("new", "new"),
        ("open", "open"),
        ("pending", "pending"),
        ("hold", "open"),
        ("solved", "resolved"),
        ("closed", "closed"),
        ("SOLVED", "resolved"),
        ("", None),
        (None, None),
        ("unheard_of", None),
    ],
)
def test_statuses_are_in_our_words(word: Any, ours: Any) -> None:
    assert thread(status=word).status == ours


OPENING = HISTORY[0]
RULE, SYSTEM, MERGING = {"via": {"channel": "rule"}}, -1, {"via": {"channel": "merge"}}
SAID: list[tuple[str, int, dict[str, Any], dict[str, Any], str, bool]] = [
    ("a customer", CUSTOMER, {}, {}, "customer_reply", False),
    ("somebody in copy", 5, {"author_id": 6}, {}, "customer_reply", False),
    ("an agent", AGENT, {}, {}, "agent_reply", False),
    ("an agent for the customer", AGENT, {"author_id": CUSTOMER}, {}, "customer_reply", False),
    ("an agent who is unknown", 999, {}, {}, "agent_reply", False),
    ("a note", AGENT, {"public": False}, {}, "note", False),
    ("a customer's private comment", CUSTOMER, {"public": False}, {}, "note", False),
    ("a trigger", SYSTEM, {}, RULE, "note", True),
    ("a trigger's comment in an agent's name", AGENT, RULE, {}, "note", True),
    ("the system", SYSTEM, {}, {}, "note", True),
    ("an out-of-office reply", CUSTOMER, {}, {"metadata": {"flags": [4]}}, "customer_reply", True),
    ("a flag at the comment", CUSTOMER, {"metadata": {"flags": [0, 4]}}, {}, "customer_reply", True),
    ("an unsure sender", CUSTOMER, {}, {"metadata": {"flags": [0, 2]}}, "customer_reply", False),
    ("a call", AGENT, {"type": "VoiceComment"}, {}, "agent_reply", False),
    ("a merge into this one", AGENT, {}, MERGING, "note", False),
]


@pytest.mark.parametrize(("what", "author", "own", "more", "kind", "automatic"), SAID)
def test_who_said_it_and_to_whom(what: str, author: int, own: Any, more: Any, kind: str, automatic: bool) -> None:
    said = audit(2, "10:00:00", author, comment(1, "x", **own), **more)
    people = [*USERS, {"id": 6, "name": "Bob", "role": "end-user"}]
    recorder = RecordingTransport(
        answers([OPENING, said]) | {f"GET {AUDITS}": {"audits": [OPENING, said], "users": people}}
    )
    [found] = a_desk("zendesk", recorder).thread("35436").events
    assert (found.kind, found.automatic, found.text) == (kind, automatic, "x"), what


def test_our_own_user_is_named_as_the_connection_names_it() -> None:
    history = [OPENING, audit(2, "10:00:00", BOT, comment(9, "Priority: high", public=False))]
    for bot in ("77", "Firstline", "bot@acme.example"):
        assert thread(history, bot=bot).events[0].by == bot
    assert thread(history).events[0].by == "Firstline"


def test_html_is_read_as_text() -> None:
    history = [OPENING, audit(2, "10:00:00", AGENT, comment(9, "", html_body="<p>One</p><p>two</p>"))]
    assert thread(history).events[0].text == "One\ntwo"


ODD: list[Any] = [
    None,
    {},
    [],
    7,
    {"events": None},
    {"events": [None, 7, {}]},
    audit(9, "10:00:00", AGENT, {"type": "Comment"}),
    audit(9, "10:00:00", AGENT, comment(1, "x"), created_at=None),
    audit(9, "10:00:00", AGENT, change(1, None)),
    audit(9, "10:00:00", AGENT, change(1, ["open"])),
    audit(9, "10:00:00", AGENT, change(1, "unheard_of")),
    audit(9, "10:00:00", AGENT, {"id": 1, "type": "Notification", "body": "Your request", "recipients": [1]}),
    audit(9, "10:00:00", AGENT, {"id": 1, "type": "Change", "field_name": "custom_status_id", "value": "5"}),
]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_of_another_shape_is_passed_over(odd: Any) -> None:
    found = thread([OPENING, odd, HISTORY[3]])
    assert in_short(found.events)[-2:] == [
        ("customer_reply", "Ann Lee", "Firefox.", None),
        ("status", "Ann Lee", "", "open"),
    ]
    assert len(found.events) == 2


def test_every_page_of_audits_is_read_and_no_more_than_ten() -> None:
    pages = {"": ("p1", HISTORY[:3]), "p1": ("p2", HISTORY[3:6]), "p2": ("", HISTORY[6:])}

    def page(call: Call) -> Any:
        after, audits = pages[call.query.get("page[after]", "")]
        return {"audits": audits, "meta": {"has_more": bool(after), "after_cursor": after or None}}

    recorder = RecordingTransport(answers() | {f"GET {AUDITS}": page})
    assert len(a_desk("zendesk", recorder).thread("35436").events) == 9
    assert [call.query for call in recorder.asked("GET", AUDITS)] == [
        {"include": "users", "page[size]": "100"},
        {"include": "users", "page[size]": "100", "page[after]": "p1"},
        {"include": "users", "page[size]": "100", "page[after]": "p2"},
    ]
    endless = {"audits": [], "meta": {"has_more": True, "after_cursor": "on"}}
    recorder = RecordingTransport(answers() | {f"GET {AUDITS}": endless})
    a_desk("zendesk", recorder).thread("35436")
    assert len(recorder.asked("GET", AUDITS)) == 10


MERGE = audit(9, "10:50:00", AGENT, comment(91, 'This request was closed and merged into request #712 "Exports".'))
MERGED: list[tuple[list[Any], Any]] = [
    ([OPENING, MERGE], "712"),
    ([OPENING, MERGE | {"events": [comment(91, "Doublon, voir #712")], "via": {"channel": "merge"}}], "712"),
    ([OPENING, MERGE | {"events": [comment(91, "see #712")]}], None),  # anybody may write a number
    (
        [OPENING, audit(9, "10:50:00", AGENT, comment(91, "Request #35436 was closed and merged into request #35436"))],
        None,
    ),
    ([OPENING], None),
]


@pytest.mark.parametrize(("history", "target"), MERGED)
def test_a_merged_ticket_names_the_one_that_goes_on(history: list[Any], target: Any) -> None:
    assert thread(history, status="closed", tags=["closed_by_merge"]).merged_into == target
    assert thread(history, status="closed").merged_into is None  # the tag is Zendesk's own word for it


@pytest.mark.parametrize("refusal", [404, 410])
def test_a_ticket_that_is_gone_is_deleted(refusal: int) -> None:
    me = {"GET /api/v2/users/me.json": {"user": {"email": "bot@acme.example"}}}
    found = a_desk("zendesk", RecordingTransport({f"GET {TICKET}": refusal} | me)).thread("35436")
    assert (found.deleted, found.events, found.remote.id) == (True, (), "35436")
    assert thread(status="deleted").deleted


@pytest.mark.parametrize("whoever", [404, 401, {}])
def test_a_helpdesk_that_is_gone_as_a_whole_deletes_no_ticket(whoever: Any) -> None:
    recorder = RecordingTransport({f"GET {TICKET}": 404, "GET /api/v2/users/me.json": whoever})
    with pytest.raises(DeskRefused):
        a_desk("zendesk", recorder).thread("35436")


@pytest.mark.parametrize("refusal", [401, 403, 429, 500])
def test_a_refusal_is_no_deletion(refusal: int) -> None:
    with pytest.raises(DeskRefused):
        a_desk("zendesk", RecordingTransport({f"GET {TICKET}": refusal})).thread("35436")


@pytest.mark.parametrize(("assignee", "shown"), [(AGENT, "Kim"), (None, ""), (4711, "4711")])
def test_the_assignee_is_a_name_a_number_or_nobody(assignee: Any, shown: str) -> None:
    assert thread(assignee_id=assignee).assignee == shown
