"""Whether what came is what an editor expects, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.answering.answerability import Thresholds
from retrieval.articles.golden_questions import GoldenQuestion
from retrieval.evals.judging import Outcome, judge

IDS = ("export", "invoices", "reset", "refund", "other")
RANKED = tuple((name, 0.9 - 0.1 * place) for place, name in enumerate(IDS))
ANSWERED = Outcome(decision="answer", cited=("export",), quoted="Remove the  filter\nand retry.", ranked=RANKED)
ASKED_BACK = Outcome(decision="clarify", choices=("export", "invoices"), ranked=RANKED)
HANDED_OFF = Outcome(
    decision="hand_off", ranked=RANKED, probability=0.31, thresholds=Thresholds(0.53, 0.4), reason="Not sure enough."
)
EMERGENCY = Outcome(decision="hand_off", is_emergency=True, cited=("refund",), ranked=RANKED)


def asked(**expected: Any) -> GoldenQuestion:
    return GoldenQuestion(ask="why is my export empty", **expected)


@pytest.mark.parametrize(
    ("expected", "outcome", "passes"),
    [
        ({"articles": ("export",)}, ANSWERED, True),
        ({"articles": ("invoices",)}, ANSWERED, False),  # a suggestion below an answer is not what the customer reads
        ({"articles": ("invoices",)}, ASKED_BACK, True),
        ({"articles": ("reset",)}, ASKED_BACK, False),
        ({"articles": ("reset",)}, HANDED_OFF, True),  # the third beside the hand-off
        ({"articles": ("refund",)}, HANDED_OFF, False),  # the fourth
        ({"articles": ("reset", "export")}, ANSWERED, True),
        ({"expect": "answer", "articles": ("export",)}, ANSWERED, True),
        ({"expect": "answer", "articles": ("export",)}, ASKED_BACK, False),
        ({"expect": "answer"}, ANSWERED, True),
        ({"expect": "answer", "quotes": ("remove the filter and",)}, ANSWERED, True),  # across lines, any case
        ({"expect": "answer", "quotes": ("remove the filter", "restart")}, ANSWERED, False),
        ({"expect": "handoff"}, HANDED_OFF, True),
        ({"expect": "handoff"}, EMERGENCY, True),
        ({"expect": "handoff"}, ASKED_BACK, False),
        ({"expect": "handoff", "articles": ("refund",)}, HANDED_OFF, False),
        ({"expect": "emergency"}, EMERGENCY, True),
        ({"expect": "emergency", "articles": ("refund",)}, EMERGENCY, True),
        ({"expect": "emergency"}, HANDED_OFF, False),
    ],
)
def test_every_expectation_must_hold(expected: dict[str, Any], outcome: Outcome, passes: bool) -> None:
    assert judge(asked(**expected), outcome, IDS).passed is passes


def test_a_failure_says_where_the_article_stands_and_how_near_the_decision_was() -> None:
    found = judge(asked(articles=("refund",)), HANDED_OFF, IDS)
    assert found.outcome.said == "handed off"
    assert found.why == (
        "refund is not among the first 3 articles beside the hand-off. "
        "refund ranks 4 of 5 (score 0.60; first is export with 0.90). "
        "P(answer) 0.31; 0.53 answers, 0.40 asks back."
    )


def test_an_answer_that_does_not_come_says_what_came_and_why() -> None:
    found = judge(asked(expect="answer", articles=("export",)), HANDED_OFF, IDS)
    assert found.why.startswith("Not answered: Not sure enough. export ranks 1 of 5.")


def test_an_id_that_no_article_has_is_said_with_the_nearest() -> None:
    found = judge(asked(articles=("exprot",)), ANSWERED, IDS)
    assert found.why.startswith("There is no article exprot: did you mean export?")
    assert judge(asked(articles=("gone", "export")), ANSWERED, IDS).faults == ("There is no article gone.",)
