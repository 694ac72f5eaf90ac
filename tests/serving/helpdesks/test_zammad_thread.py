"""A Zammad ticket as it goes on there: articles and history as a thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.errors import DeskRefused
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk
from tests.serving.helpdesks.zammad_answers import (
    HISTORY_OF,
    ROWS,
    SAID,
    STATES_OF,
    TICKET,
    answers,
    article,
    moved,
    thread,
)


def test_articles_and_history_become_events_and_the_opening_is_none_of_them() -> None:
    found = thread(state="closed")
    assert [(each.id, each.kind, each.by, each.text, each.status) for each in found.events] == [
        ("105", "agent_reply", "Emma Taylor", "Which browser?", None),
        ("history-2", "status", "Emma Taylor", "", "pending"),
        ("106", "customer_reply", "Ann Lee", "Firefox.", None),
        ("history-3", "status", "Ann Lee", "", "open"),
        ("107", "note", "Emma Taylor", "Looks like 7", None),
        ("history-5", "status", "Zammad", "", "resolved"),
    ]
    assert found.events[0].at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (found.status, found.assignee, found.merged_into, found.deleted) == (
        "resolved",
        "emma@desk.example",
        None,
        False,
    )
    assert found.changed_at == datetime(2026, 3, 2, 11, 0, 0, 120_000, tzinfo=UTC)
    assert found.remote.values == {"priority": "3 high", "tags": ("big customer", "vip")}


def test_a_thread_read_twice_has_the_same_ids() -> None:
    first, second = thread(), thread()
    assert [each.id for each in first.events] == [each.id for each in second.events]
    assert len({each.id for each in first.events}) == len(first.events) == 6


AUTO = {"preferences": {"is-auto-response": True, "send-auto-response": False}}
KINDS: list[tuple[str, str, dict[str, Any], str, bool]] = [
    ("an agent's mail", "Agent", {}, "agent_reply", False),
    ("an agent's call", "Agent", {"type": "phone"}, "agent_reply", False),
    ("an agent's answer in a chat", "Agent", {"type": "chat"}, "agent_reply", False),
    ("an agent's public note, which is sent to nobody", "Agent", {"type": "note"}, "note", False),
    ("an agent's internal note", "Agent", {"type": "note", "internal": True}, "note", False),
    ("an internal mail", "Agent", {"internal": True}, "note", False),
    ("a customer's mail", "Customer", {}, "customer_reply", False),
    ("a customer in the portal", "Customer", {"type": "note"}, "customer_reply", False),
    ("a customer's internal article", "Customer", {"internal": True}, "note", False),
    ("an out-of-office reply", "Customer", AUTO, "customer_reply", True),
    ("a trigger's automatic answer", "System", {}, "note", True),
    ("a trigger's note", "System", {"type": "note"}, "note", True),
    ("nothing is said of it", "", {"type": None, "internal": None, "preferences": None}, "agent_reply", False),
]


@pytest.mark.parametrize(("what", "sender", "more", "kind", "automatic"), KINDS)
def test_who_said_it_and_to_whom(what: str, sender: str, more: dict[str, Any], kind: str, automatic: bool) -> None:
    [found] = thread([SAID[0], article(200, "10:00:00", sender, "x", **more)], []).events
    assert (found.kind, found.automatic, found.text) == (kind, automatic, "x"), what


@pytest.mark.parametrize("bot", ["5", "emma@desk.example"])
def test_our_own_user_is_named_as_the_connection_names_it(bot: str) -> None:
    found = a_desk("zammad", RecordingTransport(answers()), bot=bot).thread("81").events
    assert [each.by for each in found] == [bot, bot, "Ann Lee", "Ann Lee", bot, "Zammad"]


def test_a_merge_brings_articles_that_are_older_than_the_ticket() -> None:
    older, newer = article(90, "08:00:00", "Customer", "First try"), article(120, "10:30:00", "Customer", "Third try")
    found = thread([older, *SAID, newer], [])
    assert [each.id for each in found.events] == [
        "90",
        "105",
        "106",
        "107",
        "120",
    ]


ODD: list[Any] = [None, {}, [], 7, {"id": 1}, {"created_at": "2026-03-02T10:00:00Z"}, {"id": 1, "created_at": "soon"}]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_of_another_shape_is_passed_over(odd: Any) -> None:
    assert [each.id for each in thread([SAID[0], odd, SAID[2]], [odd, ROWS[1]]).events] == ["history-2", "106"]


@pytest.mark.parametrize("history", [None, [], {}, "x", {"history": None}, {"history": ROWS}, ROWS])
def test_the_history_comes_in_several_forms(history: Any) -> None:
    recorder = RecordingTransport(answers() | {f"GET {HISTORY_OF}": history})
    found = a_desk("zammad", recorder).thread("81").events
    assert [each.id for each in found if each.kind != "status"] == ["105", "106", "107"]
    assert [each.by for each in found if each.kind == "status"] in ([], ["5", "8", "Zammad"])


STATES: list[tuple[Any, Any]] = [
    ("new", "new"),
    ("open", "open"),
    ("pending reminder", "pending"),
    ("pending close", "pending"),
    ("closed", "resolved"),  # a follow-up opens it again
    ("merged", "resolved"),
    ("Closed", "resolved"),
    (None, None),
    ("", None),
]
OWN_STATES = [
    {"id": 4, "name": "closed", "state_type": "closed"},
    {"id": 8, "name": "In Progress", "state_type": "open"},
    {"id": 9, "name": "waiting for customer", "state_type": "pending reminder"},
    {"id": 10, "name": "waiting for vendor", "state_type": "pending reminder"},
    {"id": 11, "name": "done", "state_type": "closed"},
    None,
]


@pytest.mark.parametrize(("word", "ours"), STATES)
def test_states_are_in_our_words(word: Any, ours: Any) -> None:
    recorder = RecordingTransport(answers(state=word, rows=[]))
    assert a_desk("zammad", recorder).thread("81").status == ours
    assert recorder.asked("GET", STATES_OF) == []


@pytest.mark.parametrize(
    ("word", "ours", "listed"),
    [
        ("in progress", "open", "open"),
        ("waiting for customer", "pending", "pending"),
        ("waiting for vendor", "pending", "open"),
        ("pending reminder", "pending", "open"),
        ("done", "resolved", "resolved"),
        ("unheard of", None, None),
    ],
)
def test_states_of_a_desks_own_go_by_their_type_or_by_what_the_connection_lists(
    word: str, ours: Any, listed: Any
) -> None:
    given = answers(state=word, rows=[moved(2, "10:00:00", word)]) | {f"GET {STATES_OF}": OWN_STATES}
    found = a_desk("zammad", RecordingTransport(given)).thread("81")
    assert found.status == ours
    assert [each.status for each in found.events if each.kind == "status"] == ([ours] if ours else [])
    options = {"group": "Support", "pending_states": "Waiting for customer"}
    assert a_desk("zammad", RecordingTransport(given), options=options).thread("81").status == listed


def test_a_state_that_a_ticket_once_had_is_asked_for_too() -> None:
    given = answers(rows=[moved(2, "10:00:00", "waiting for customer")]) | {f"GET {STATES_OF}": OWN_STATES}
    recorder = RecordingTransport(given)
    assert [each.status for each in a_desk("zammad", recorder).thread("81").events if each.status] == ["pending"]
    assert recorder.only("GET", STATES_OF).query == {"expand": "true"}


@pytest.mark.parametrize(
    ("rows", "target"),
    [
        ([moved(9, "10:00:00", "", type="merged_into", attribute=None, id_from=81, id_to=12)], "12"),
        ([moved(9, "10:00:00", "", type="received_merge", attribute=None, id_from=12, id_to=81)], None),
        ([moved(9, "10:00:00", "", type="merged_into", attribute=None, id_to=None)], None),
        ([], None),
    ],
)
def test_a_merged_ticket_names_the_one_that_goes_on(rows: list[Any], target: Any) -> None:
    said = [article(110, "10:00:00", "Agent", "merged", type="note")]
    found = thread([SAID[0], *said], rows, state="merged")
    assert (found.merged_into, found.events[0].kind) == (target, "note")


@pytest.mark.parametrize("refusal", [404, 410])
def test_a_ticket_that_is_gone_is_deleted(refusal: int) -> None:
    me = {"GET /api/v1/users/me": {"email": "bot@acme.example"}}
    found = a_desk("zammad", RecordingTransport({f"GET {TICKET}": refusal} | me)).thread("81")
    assert (found.deleted, found.events, found.remote.id) == (True, (), "81")
    assert thread(state="removed").deleted


@pytest.mark.parametrize("whoever", [404, 401, {}])
def test_a_helpdesk_that_is_gone_as_a_whole_deletes_no_ticket(whoever: Any) -> None:
    recorder = RecordingTransport({f"GET {TICKET}": 404, "GET /api/v1/users/me": whoever})
    with pytest.raises(DeskRefused):
        a_desk("zammad", recorder).thread("81")


@pytest.mark.parametrize("refusal", [401, 403, 429, 500])
def test_a_refusal_is_no_deletion(refusal: int) -> None:
    with pytest.raises(DeskRefused):
        a_desk("zammad", RecordingTransport({f"GET {TICKET}": refusal})).thread("81")


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ({"owner": "emma@desk.example", "owner_id": 5}, "emma@desk.example"),
        ({"owner": "-", "owner_id": 1}, ""),
        ({"owner": None, "owner_id": 1}, ""),
        ({"owner": None, "owner_id": None}, ""),
        ({"owner": None, "owner_id": 7}, "7"),
    ],
)
def test_the_assignee_is_a_login_a_number_or_nobody(owner: dict[str, Any], shown: str) -> None:
    assert thread(**owner).assignee == shown
