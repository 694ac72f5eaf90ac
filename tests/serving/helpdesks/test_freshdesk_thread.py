"""A Freshdesk ticket as it goes on there: conversations and statuses as a thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Call, Ignored
from tests.serving.helpdesks.freshdesk_answers import (
    AGENT,
    BOT,
    HISTORY,
    SAID,
    TICKET,
    answers,
    said,
    stats,
    thread,
)
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk


def test_conversations_become_events() -> None:
    found = thread()
    assert [(each.id, each.kind, each.by, each.text) for each in found.events] == [
        ("1", "agent_reply", "Kim", "Which browser?"),
        ("2", "customer_reply", "Ann Lee", "Firefox."),
        ("3", "note", str(AGENT), "Looks like 7"),
    ]
    assert found.events[0].at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (found.status, found.assignee, found.merged_into, found.deleted) == ("open", str(AGENT), None, False)
    assert found.changed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert found.remote.values["resolution_by"] == "2026-03-05T09:00:00Z"
    assert found.remote.values["tags"] == ("big customer", "vip")


def test_a_thread_read_twice_has_the_same_ids() -> None:
    read = [thread(status=4, **stats(resolved_at="10:30", status_updated_at="10:30")) for _ in range(2)]
    assert read[0].events == read[1].events
    assert len({each.id for each in read[0].events}) == 4


KINDS: list[tuple[str, dict[str, Any], str]] = [
    ("an agent", {}, "agent_reply"),
    ("a customer", {"incoming": True}, "customer_reply"),
    ("a private note", {"private": True, "source": 2}, "note"),
    ("a public note", {"source": 2}, "agent_reply"),
    ("forwarded to somebody else", {"source": 8}, "note"),
    ("an answer to a survey", {"source": 6, "incoming": True}, "note"),
    ("a private answer of the customer", {"incoming": True, "private": True}, "note"),
    ("nothing is said of it", {"incoming": None, "private": None, "source": None}, "agent_reply"),
]


@pytest.mark.parametrize(("what", "more", "kind"), KINDS)
def test_who_said_it_and_to_whom(what: str, more: dict[str, Any], kind: str) -> None:
    [found] = thread([said(1, "10:00:00", 5, "x", **more)]).events
    assert (found.kind, found.text) == (kind, "x"), what


@pytest.mark.parametrize("bot", [str(BOT), "help@desk.example"])
def test_our_own_user_is_named_as_the_connection_names_it(bot: str) -> None:
    recorder = RecordingTransport(answers([said(1, "10:00:00", BOT, "Priority: high", private=True)]))
    assert a_desk("freshdesk", recorder, bot=bot).thread("20").events[0].by == bot


@pytest.mark.parametrize(
    "odd", [None, {}, [], 7, {"id": 1}, {"created_at": "2026-03-02T10:00:00Z"}, {"id": 1, "created_at": "soon"}]
)
def test_what_is_of_another_shape_is_passed_over(odd: Any) -> None:
    assert [each.id for each in thread([odd, HISTORY[1]]).events] == ["2"]


STATUSES: list[tuple[Any, Any]] = [
    (2, "open"),
    (3, "pending"),
    (4, "resolved"),
    (5, "closed"),
    (6, "pending"),  # waiting on customer
    (7, "open"),  # waiting on third party: the customer still waits
    (19, "open"),
    ("4", "resolved"),
    (None, None),
    ({}, None),
]


@pytest.mark.parametrize(("number", "ours"), STATUSES)
def test_statuses_are_in_our_words(number: Any, ours: Any) -> None:
    assert thread(status=number).status == ours


def test_a_connection_says_which_statuses_wait_for_the_customer() -> None:
    options = {"pending_statuses": "3, 19"}
    found = {number: thread(status=number, options=options).status for number in (3, 6, 19, 4)}
    assert found == {3: "pending", 6: "open", 19: "pending", 4: "resolved"}


MOVES: list[tuple[int, dict[str, str], list[tuple[str, str]]]] = [
    (2, {}, []),
    (2, {"status_updated_at": "09:00"}, []),
    (3, {"pending_since": "10:00", "status_updated_at": "10:00"}, [("pending", "10:00")]),
    (3, {"status_updated_at": "10:00"}, [("pending", "10:00")]),
    (4, {"pending_since": "10:00", "resolved_at": "10:30"}, [("pending", "10:00"), ("resolved", "10:30")]),
    (5, {"resolved_at": "10:30", "closed_at": "10:30"}, [("resolved", "10:30"), ("closed", "10:30")]),
    (2, {"resolved_at": "10:00", "reopened_at": "10:30"}, [("resolved", "10:00"), ("open", "10:30")]),
    (2, {"pending_since": "10:00", "status_updated_at": "10:30"}, [("pending", "10:00"), ("open", "10:30")]),
    (7, {"pending_since": "10:00", "status_updated_at": "10:30"}, [("pending", "10:00"), ("open", "10:30")]),
    (3, {"pending_since": "10:30", "reopened_at": "10:00"}, [("open", "10:00"), ("pending", "10:30")]),
    (4, {"reopened_at": "10:00", "status_updated_at": "10:30"}, [("open", "10:00"), ("resolved", "10:30")]),
]


@pytest.mark.parametrize(("number", "times", "expected"), MOVES)
def test_statuses_are_known_by_their_last_time_and_the_last_is_the_one_now(
    number: int, times: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = thread([], status=number, **stats(**times))
    assert [(each.status, f"{each.at:%H:%M}") for each in found.events] == expected
    assert not found.events or found.events[-1].status == found.status


def test_every_page_of_conversations_is_read_and_no_more_than_ten() -> None:
    rows = [said(n, "10:00:00", AGENT, "x") for n in range(150)]

    def page(call: Call) -> Any:
        at = (int(call.query["page"]) - 1) * 100
        return rows[at : at + 100]

    recorder = RecordingTransport(answers() | {f"GET {SAID}": page})
    assert len(a_desk("freshdesk", recorder).thread("20").events) == 150
    assert [call.query for call in recorder.asked("GET", SAID)] == [
        {"per_page": "100", "page": "1"},
        {"per_page": "100", "page": "2"},
    ]
    recorder = RecordingTransport(answers() | {f"GET {SAID}": rows[:100]})
    a_desk("freshdesk", recorder).thread("20")
    assert len(recorder.asked("GET", SAID)) == 10


MERGED: list[tuple[dict[str, Any], str, Any]] = [
    ({"status": 5}, "This ticket is closed and merged into ticket 31", "31"),
    ({"status": 5}, "This ticket has been merged with ticket #31 (Exports)", "31"),
    ({"status": 5}, "Ticket with ID 31 is merged into this ticket", None),
    ({"status": 5}, "This ticket is merged into ticket 20", None),
    ({"status": 2}, "This ticket is closed and merged into ticket 31", None),
    ({"status": 5}, "The branch was merged yesterday", None),
]


@pytest.mark.parametrize(("ticket", "note", "target"), MERGED)
def test_a_merged_ticket_names_the_one_that_goes_on(ticket: dict[str, Any], note: str, target: Any) -> None:
    history = [said(1, "10:00:00", AGENT, note, private=True, source=2)]
    assert thread(history, **ticket).merged_into == target
    assert thread([history[0] | {"source": 0}], **ticket).merged_into is None


@pytest.mark.parametrize("flag", [{"deleted": True}, {"spam": True}])
def test_trash_and_spam_are_deleted(flag: dict[str, Any]) -> None:
    assert thread(**flag).deleted
    assert isinstance(a_desk("freshdesk", RecordingTransport(answers(**flag))).fetch("20"), Ignored)


@pytest.mark.parametrize("refusal", [404, 410])
def test_a_ticket_that_is_gone_is_deleted(refusal: int) -> None:
    me = {"GET /api/v2/agents/me": {"contact": {"email": "bot@acme.example"}}}
    found = a_desk("freshdesk", RecordingTransport({f"GET {TICKET}": refusal} | me)).thread("20")
    assert (found.deleted, found.events, found.remote.id) == (True, (), "20")


@pytest.mark.parametrize("whoever", [404, 401, {}])
def test_a_helpdesk_that_is_gone_as_a_whole_deletes_no_ticket(whoever: Any) -> None:
    recorder = RecordingTransport({f"GET {TICKET}": 404, "GET /api/v2/agents/me": whoever})
    with pytest.raises(DeskRefused):
        a_desk("freshdesk", recorder).thread("20")


@pytest.mark.parametrize("refusal", [401, 403, 429, 500])
def test_a_refusal_is_no_deletion(refusal: int) -> None:
    with pytest.raises(DeskRefused):
        a_desk("freshdesk", RecordingTransport({f"GET {TICKET}": refusal})).thread("20")


@pytest.mark.parametrize(("responder", "shown"), [(AGENT, str(AGENT)), (None, "")])
def test_the_assignee_is_a_number_or_nobody(responder: Any, shown: str) -> None:
    assert thread(responder_id=responder).assignee == shown
