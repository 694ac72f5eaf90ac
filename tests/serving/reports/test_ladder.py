"""Rungs of the deflection ladder: sessions as tables of cases, with the arithmetic beside them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from serving.reports.facts import AccountTicket, SessionFact
from serving.reports.ladder import RUNGS, End, counted, judge_all, kind_of
from tests.fakes import MONDAY_MORNING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY_MORNING + 30 * DAY
ANSWERED = SessionFact(
    created_at=MONDAY_MORNING,
    eligible=True,
    decision="answer",
    outcome=None,
    ended=None,
    ticket_id=None,
    channel="chat",
    locale="en",
    visitor="v-1",
    origin="https://shop.example",
    account=None,
)


def session(**changes: Any) -> SessionFact:
    return ANSWERED._replace(**changes)


def after(span: timedelta, **changes: Any) -> SessionFact:
    return session(created_at=MONDAY_MORNING + span, **changes)


def rungs(*sessions: SessionFact, at: Any = LATER, direct: Any = ()) -> tuple[int | None, ...]:
    """Return for the first session on which rungs it stands: 1, 0, or None where it is not known."""
    first = judge_all(sessions, direct, at)[0]
    return tuple(None if (on := first.of(rung)) is None else int(on) for rung in RUNGS)


#               eligible, answered, contained, assumed, confirmed, durable
CASES = [
    ({}, "silent", (1, 1, 1, 1, 0, 1)),
    ({"outcome": "confirmed", "ended": "confirmed"}, "confirmed", (1, 1, 1, 0, 1, 1)),
    ({"outcome": "not_helpful"}, "not_helpful", (1, 1, 1, 0, 0, 0)),
    ({"outcome": "abandoned", "ended": "abandoned"}, "abandoned", (1, 1, 0, 0, 0, 0)),
    ({"ticket_id": "tkt_1", "ended": "escalated"}, "escalated", (1, 1, 0, 0, 0, 0)),
    ({"ticket_id": "tkt_1", "ended": "escalated", "outcome": "confirmed"}, "escalated", (1, 1, 0, 0, 0, 0)),
    ({"ended": "human_requested"}, "human_requested", (1, 1, 0, 0, 0, 0)),
    ({"decision": "hand_off"}, "silent", (1, 0, 0, 0, 0, 0)),
    ({"decision": "clarify"}, "silent", (1, 0, 0, 0, 0, 0)),
    ({"decision": "article"}, "silent", (1, 0, 0, 0, 0, 0)),
    ({"decision": "article", "outcome": "not_helpful"}, "not_helpful", (1, 0, 0, 0, 0, 0)),
    ({"decision": "article", "outcome": "confirmed", "ended": "confirmed"}, "confirmed", (1, 1, 1, 0, 1, 1)),
    ({"visitor": None}, "not_followed", (1, 1, 1, None, 0, None)),
    ({"visitor": None, "outcome": "confirmed"}, "confirmed", (1, 1, 1, None, 1, None)),
]


@pytest.mark.parametrize(("changes", "end", "expected"), CASES)
def test_a_session_stands_on_its_rungs(changes: dict[str, Any], end: End, expected: tuple[int | None, ...]) -> None:
    assert rungs(session(**changes)) == expected
    assert judge_all([session(**changes)], (), LATER)[0].end == end


@pytest.mark.parametrize(
    ("channel", "age", "expected"),
    [
        ("chat", 23 * HOUR, (1, 1, None, None, None, None)),
        ("chat", 24 * HOUR, (1, 1, 1, 1, 0, None)),
        ("email", 71 * HOUR, (1, 1, None, None, None, None)),
        ("email", 72 * HOUR, (1, 1, 1, 1, 0, None)),
        ("chat", 7 * DAY - HOUR, (1, 1, 1, 1, 0, None)),
        ("chat", 7 * DAY, (1, 1, 1, 1, 0, 1)),
    ],
)
def test_what_is_too_young_is_not_known(channel: str, age: timedelta, expected: tuple[int | None, ...]) -> None:
    assert rungs(session(channel=channel), at=MONDAY_MORNING + age) == expected


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (after(2 * HOUR), (1, 1, 1, 0, 0, 0)),  # asked again within a day: not silent
        (after(2 * DAY), (1, 1, 1, 1, 0, 0)),  # silent for a day, but back within a week
        (after(8 * DAY), (1, 1, 1, 1, 0, 1)),
        (after(2 * HOUR, ticket_id="tkt_1", ended="escalated"), (1, 1, 0, 0, 0, 0)),  # a person after all
        (after(2 * HOUR, eligible=False, ended="human_requested"), (1, 1, 0, 0, 0, 0)),
        (after(2 * HOUR, eligible=False), (1, 1, 1, 1, 0, 1)),  # a thank-you is no question
        (after(2 * HOUR, visitor="v-2"), (1, 1, 1, 1, 0, 1)),
        (after(2 * HOUR, origin="https://other.example"), (1, 1, 1, 1, 0, 1)),  # the same name on another site
    ],
)
def test_whoever_comes_back_takes_the_success_back(later: SessionFact, expected: tuple[int, ...]) -> None:
    assert rungs(session(), later) == expected


@pytest.mark.parametrize(
    ("channel", "back_after", "end"),
    [
        ("chat", 24 * HOUR, "recontacted"),
        ("chat", 25 * HOUR, "silent"),
        ("email", 72 * HOUR, "recontacted"),
        ("email", 73 * HOUR, "silent"),
    ],
)
def test_who_comes_back_in_the_channel_s_time_was_not_silent(channel: str, back_after: timedelta, end: End) -> None:
    assert judge_all([session(channel=channel), after(back_after)], (), LATER)[0].end == end


def test_a_yes_stays_a_yes_and_is_not_durable_when_the_customer_comes_back() -> None:
    assert rungs(session(outcome="confirmed"), after(3 * DAY)) == (1, 1, 1, 0, 1, 0)


def test_a_ticket_that_the_account_opens_itself_takes_the_success_back() -> None:
    direct = [AccountTicket("acme", MONDAY_MORNING + 2 * HOUR)]
    assert rungs(session(visitor=None, account="acme"), direct=direct) == (1, 1, 0, 0, 0, 0)
    assert rungs(session(account="other"), direct=direct) == (1, 1, 1, 1, 0, 1)


def test_each_rung_counts_those_of_whom_it_is_known() -> None:
    """Four chats of a month ago and one of now: five are answered, four old enough, one of them cannot be followed."""
    chats = [
        session(visitor="a"),
        session(visitor="b", outcome="confirmed"),
        session(visitor="c", ticket_id="tkt_1"),
        session(visitor=None),
        session(visitor="d", created_at=LATER - HOUR),
    ]
    assert counted(Counter(map(kind_of, judge_all(chats, (), LATER)))) == {
        "eligible": (5, 5),
        "answered": (5, 5),
        "contained": (3, 4),
        "assumed": (1, 3),
        "confirmed": (1, 4),
        "durable": (2, 3),
    }


def test_questions_that_saw_no_bot_and_greetings_are_on_no_rung() -> None:
    assert judge_all([session(decision="holdout"), session(eligible=False)], (), LATER) == []


@pytest.mark.parametrize("changes", [changes for changes, _, _ in CASES])
def test_no_rung_above_containment_has_a_session_that_is_not_contained(changes: dict[str, Any]) -> None:
    _, answered, contained, assumed, confirmed, durable = rungs(session(**changes))
    assert (contained or 0) <= (answered or 0)
    assert (assumed or 0) + (confirmed or 0) <= (contained or 0)
    assert (durable or 0) <= (assumed or 0) + (confirmed or 0)
