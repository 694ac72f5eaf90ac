"""Tags and answers are decided again by the probability that was kept of them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from retrieval.answering.answerability import UNCERTAIN
from serving.replay import redeciding
from serving.replay.asked import _answers
from serving.replay.redeciding import redecided
from serving.replay.trial import AnswerThresholds, Window
from tests.builders import MONDAY, a_tag
from tests.serving.replay.past import (
    ANSWERS,
    Changes,
    Run,
    asked,
    file,
    replied,
    tagged,
)
from triage.reason_codes import ReasonCode
from triage.tickets.events import TicketTagged


def test_thresholds_are_applied_to_the_probabilities_that_tags_keep(
    connection: sa.Connection, changes: Changes
) -> None:
    sure = {"auto": 0.95, "suggest": 0.8, "abstain": 0.4}
    for number, (mode, p) in enumerate(sure.items()):
        label = None if mode == "abstain" else "bug"
        tag = a_tag(label, mode=mode, confidence=p, alternatives=(("bug", p),) if mode == "abstain" else ())
        file(connection, number, tagged(category=tag))
    foreign = a_tag(None, mode="abstain", confidence=0.99, reason_code=ReasonCode.OUT_OF_DOMAIN)
    file(connection, 3, tagged(category=foreign))
    raised = a_tag("P1", confidence=0.99, raised_by="cut")
    file(connection, 4, tagged(priority=raised))
    connection.commit()

    assert [each for each in changes("--auto-at", "category=0.75") if each[0] == "tag"] == [
        ("tag", "tkt_01", "category", "suggest bug", "auto bug")
    ]
    assert [each for each in changes("--suggest-at", "category=0.3") if each[0] == "tag"] == [
        ("tag", "tkt_02", "category", "abstain", "suggest bug")
    ]
    stricter = changes("--suggest-at", "category=0.9", "--auto-at", "category=0.97", "--auto-at", "priority=0.5")
    assert [each for each in stricter if each[0] == "tag"] == [
        ("tag", "tkt_00", "category", "auto bug", "suggest bug"),
        ("tag", "tkt_01", "category", "suggest bug", "abstain"),
    ]


def test_a_priority_that_would_have_been_shown_moves_the_deadlines(connection: sa.Connection, changes: Changes) -> None:
    hidden = a_tag(None, mode="abstain", confidence=0.4, alternatives=(("P1", 0.4),))
    file(connection, 0, tagged(priority=hidden), replied(120))
    connection.commit()

    found = changes("--suggest-at", "priority=0.3")

    assert ("tag", "tkt_00", "priority", "abstain", "suggest P1") in found
    targets = {each[2]: each[3:] for each in found if each[0] == "deadline"}
    assert targets["target first_response"] == ("not promised", "due 2026-03-02T10:00:00Z, breached")  # 1 h for P1


def test_what_people_set_stays(connection: sa.Connection, changes: Changes) -> None:
    by_agent = TicketTagged(at=MONDAY, by="agent:kim", tags={"priority": a_tag("P3", mode="agent", confidence=1.0)})
    file(connection, 0, by_agent, description="The purple screen is back.")
    connection.commit()

    assert changes("--suggest-at", "priority=1", "--auto-at", "priority=1") == []


def test_questions_are_decided_again_by_their_kept_probability(connection: sa.Connection, changes: Changes) -> None:
    high, low = ANSWERS.answer_at + 0.1, ANSWERS.clarify_at - 0.1
    asked(connection, 1, "answer", high)
    asked(connection, 2, "answer", 0.2, "'Reset it' was asked for by its title.")
    asked(connection, 3, "hand_off", low, UNCERTAIN)
    asked(connection, 4, "hand_off", low, "'Delete it' is for a person to handle.")
    asked(connection, 5, "hand_off", None, "An emergency.")
    asked(connection, 6, "clarify", ANSWERS.clarify_at + 0.01, "Several articles could be meant.")
    connection.commit()

    assert changes("--answer-at", str(low - 0.05)) == [
        ("answer", "dfl_3", "decision", "hand_off", "answer"),
        ("answer", "dfl_6", "decision", "clarify", "answer"),
    ]
    assert changes("--answer-at", "0.99", "--clarify-at", "0.9") == [
        ("answer", "dfl_1", "decision", "answer", "hand_off"),
        ("answer", "dfl_6", "decision", "clarify", "hand_off"),
    ]


def test_a_holdout_is_an_expectation_over_visitors(connection: sa.Connection, run: Run) -> None:
    for number in range(10):
        asked(connection, number, "answer" if number < 6 else "hand_off", 0.7)
    connection.commit()

    done = run("--holdout", "0.05", "--json")

    record = json.loads(done.output)
    assert record["holdout"] == {"share": 0.05, "sessions": 10, "held_out": 0.5, "not_answered": 0.3}
    assert any("expectations" in each for each in record["not_known"])


def test_a_language_with_thresholds_of_its_own_is_decided_by_them(connection: sa.Connection, home: Path) -> None:
    asked(
        connection,
        1,
        "hand_off",
        0.4,
        UNCERTAIN,
        "Wie kann ich mein Passwort zurücksetzen, wenn es weg ist?",
    )
    asked(connection, 2, "hand_off", 0.4, UNCERTAIN, "How can I reset my password when I have forgotten what it was?")
    connection.commit()
    now = AnswerThresholds(0.6, 0.5, {"de": AnswerThresholds(0.9, 0.3)})
    then = AnswerThresholds(0.6, 0.35, {"de": AnswerThresholds(0.9, 0.2)})
    window = Window(MONDAY, MONDAY + timedelta(days=1))
    found = redeciding.stored(home / "firstline.db", window, by_language=True)
    assert [(each.language, redecided(each, now, then)) for each in found] == [("de", "hand_off"), ("en", "clarify")]


def test_the_thresholds_of_languages_are_those_of_the_bundle_unless_others_are_tried() -> None:
    now = AnswerThresholds(0.6, 0.5, {"de": AnswerThresholds(0.9, 0.3)})
    assert _answers({"clarify_at": "0.2"}, now) == AnswerThresholds(0.6, 0.2, {"de": AnswerThresholds(0.9, 0.2)})
    assert _answers({"answer_at": "0.4"}, now) == AnswerThresholds(0.4, 0.4, {"de": AnswerThresholds(0.4, 0.3)})
    assert _answers({}, now) is None
