"""The bet against a certificate: what it is worth, that order and repeats do not matter, and how seldom it is wrong."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import numpy as np
import pytest

from tests.benchmarks.certificate_watch import Desk, simulate
from tests.builders import MONDAY
from triage.model.watching.e_process import EProcess, Question, growth, week_of, weeks_of

ALPHA, DELTA = 0.05, 0.1
FIRST = Question(0, 1.0)
WRONG, RIGHT, OPEN = (FIRST, True), (FIRST, False), (FIRST, None)


def after(*answers: tuple[Question, bool | None], weeks: int = 13) -> EProcess:
    process = EProcess.begin(ALPHA, DELTA, weeks)
    for question, is_wrong in answers:
        process = process.with_question(question)
        if is_wrong is not None:
            process = process.with_answer(question, is_wrong=is_wrong)
    return process


def test_the_capital_begins_at_one_and_follows_the_answers() -> None:
    assert after().wealth == pytest.approx(1.0)
    # The best bet on a rate p multiplies by p / alpha for a wrong tag, by (1 - p) / (1 - alpha) for a right one.
    assert np.exp(growth(ALPHA, 1.0, 1.0)) == pytest.approx([1.5, 2.0, 4.0, 10.0])
    assert np.exp(growth(ALPHA, 1.0, 0.0))[1] == pytest.approx(0.90 / 0.95)
    # Only the parts that began with the first week have seen it: 0.2 of the capital.
    assert after(WRONG).wealth == pytest.approx(0.8 + 0.2 * (0.15 * 1.5 + 0.4 * 2 + 0.25 * 4 + 0.2 * 10))


@pytest.mark.parametrize("weight", [1.0, 0.5, 0.1])
def test_no_answer_is_expected_to_grow_the_capital_while_the_risk_is_alpha(weight: float) -> None:
    factors = ALPHA * np.exp(growth(ALPHA, weight, 1.0)) + (1 - ALPHA) * np.exp(growth(ALPHA, weight, 0.0))
    assert factors == pytest.approx(np.ones(4))


@pytest.mark.parametrize("alpha", [0.001, 0.02, 0.2, 0.5])
def test_the_capital_stays_positive_whatever_is_promised(alpha: float) -> None:
    assert np.isfinite(growth(alpha, 1.0, np.array([0.0, 1.0]))).all()


def test_the_order_of_answers_does_not_matter() -> None:
    answers = [WRONG, RIGHT, (Question(3, 0.5), True), (Question(1, 1.0), False), OPEN]
    found = {round(after(*some).wealth, 12) for some in itertools.permutations(answers)}
    assert len(found) == 1


def test_an_answer_that_changes_is_replaced() -> None:
    changed = after(WRONG, RIGHT).without_answer(FIRST, is_wrong=True).with_answer(FIRST, is_wrong=False)
    expected = after(RIGHT, RIGHT)
    assert changed.wealth == pytest.approx(expected.wealth)
    assert changed.unanswered == pytest.approx(expected.unanswered)
    assert (changed.right, changed.wrong) == (2, 0)


def test_months_of_right_answers_do_not_use_up_what_later_weeks_need() -> None:
    good = [(Question(week, 1.0), False) for week in range(8) for _ in range(50)]
    bad = [(Question(9, 1.0), True)] * 4
    assert after(*good).wealth < 0.5
    assert after(*good, *bad).is_over


def test_it_ends_at_one_by_delta() -> None:
    process = after()
    while not process.is_over:
        assert process.wealth < 1 / DELTA
        process = process.with_question(FIRST).with_answer(FIRST, is_wrong=True)
    assert process.wealth >= 1 / DELTA


def test_wrong_answers_alone_end_nothing_while_most_tags_have_no_answer() -> None:
    assert after(*[WRONG] * 3).is_over
    one_a_week = [(Question(week, 1.0), True) for week in range(5)]
    forty_a_week = [(Question(week, 1.0), None) for week in range(5) for _ in range(40)]
    assert not after(*one_a_week, *forty_a_week).is_over  # 5 of 205: no more than promised, if the others were right
    assert after(*[WRONG] * 10, *[OPEN] * 10).is_over  # 10 of 20, even if the others were right


def test_answers_that_pick_the_wrong_tags_end_no_more_than_promised() -> None:
    ends = simulate(Desk(risk=ALPHA, answers_right=0.5), redraws=300, seed=8)
    assert np.isfinite(ends.at).mean() <= DELTA + 3 * math.sqrt(DELTA * (1 - DELTA) / 300)


def test_weeks_of_a_life() -> None:
    assert (weeks_of(timedelta(days=90)), weeks_of(timedelta(0)), weeks_of(timedelta(days=4_000))) == (13, 1, 53)
    assert [week_of(MONDAY + timedelta(days=day), MONDAY, 13) for day in (-3, 0, 6, 7, 89, 500)] == [0, 0, 0, 1, 12, 12]


def test_certificates_whose_risk_is_as_promised_end_seldom_and_a_naive_monitor_ends_them_often() -> None:
    """The worst case that is promised: exactly alpha wrong, for the whole life of the certificate."""
    ends = simulate(Desk(risk=ALPHA), redraws=1_000, seed=20_260_301)
    limit = DELTA + 3 * math.sqrt(DELTA * (1 - DELTA) / 1_000)
    assert np.isfinite(ends.at).mean() <= limit
    assert np.isfinite(ends.naive).mean() > limit  # Clopper-Pearson at 1 - delta, looked at after each answer


def test_a_risk_that_rises_ends_it() -> None:
    ends = simulate(Desk(risk=0.02, after=0.4), redraws=100, seed=7)
    assert (ends.at >= 30 * 100).all()  # not before the change
    assert np.isfinite(ends.at).all()
