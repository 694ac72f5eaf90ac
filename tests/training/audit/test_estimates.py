"""About so many more: the range holds what the audit then really takes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.audit.redraws import Draws, population, redrawn
from training.audit.estimates import more_answers
from training.audit.risk_test import RiskTest
from training.evaluation.certificates import Target

TARGET = Target(0.05, 0.1)


def column(agree: int, disagree: int) -> np.ndarray:
    return np.array([[agree], [disagree]])


def test_no_range_where_nobody_is_left_or_nothing_helps() -> None:
    test = RiskTest(column(900, 100), TARGET)
    assert more_answers(test, column(900, 100), column(9, 11)) is None
    assert more_answers(test, column(100, 60), column(20, 30)) is None
    assert more_answers(RiskTest(column(20, 2), TARGET), column(0, 0), column(0, 0)) is None


def test_right_answers_bring_the_end_nearer_and_wrong_ones_put_it_off() -> None:
    test = RiskTest(column(900, 100), TARGET)
    start, right, wrong = (
        more_answers(test, asked, wrong)
        for asked, wrong in (
            (column(0, 0), column(0, 0)),
            (column(60, 10), column(0, 0)),
            (column(60, 10), column(1, 3)),
        )
    )
    assert start is not None
    assert right is not None
    assert wrong is not None
    assert 1 <= right[0] < start[0]
    assert right[1] < start[1]
    assert right[0] < wrong[0] <= wrong[1] <= 930


def test_one_answer_from_the_end_the_range_begins_a_few_answers_away() -> None:
    test = RiskTest(column(900, 100), TARGET)
    asked, before, none = column(0, 0), column(0, 0), column(0, 0)
    while test.log_wealth(asked, none)[0] < test.needed:
        before = asked.copy()
        asked[int(test.bets.ask_disagreeing(asked, none)[0])] += 1
    found = more_answers(test, before, none)
    assert found is not None
    assert found[0] <= 10


@pytest.mark.parametrize("error", [0.01, 0.02])
def test_most_audits_end_within_the_range_said_on_the_way(error: float) -> None:
    audits, size, said_after = 20, 1_000, 60
    _, wrong, agrees = redrawn(population("uniform", error), audits, size, 1.0, seed=7)
    draws = Draws.of(wrong, agrees, np.ones_like(wrong))
    within = 0
    for i in range(audits):
        asked, wrongs, said = column(0, 0), column(0, 0), None
        test = RiskTest(draws.tickets[:, [i]], TARGET)
        states = []
        for turn in range(size):
            if turn == said_after:
                said = more_answers(test, asked, wrongs)
            stratum = int(test.bets.ask_disagreeing(asked, wrongs)[0])
            wrongs[stratum] += draws.wrong[stratum, i, asked[stratum, 0]]
            asked[stratum] += 1
            states.append(np.vstack([asked, wrongs]))
            if turn >= said_after and turn % 10 == 0 and _certified(test, states[-10:]):
                break
        within += said is not None and said[0] - 10 <= turn + 1 - said_after <= said[1] + 10
    assert within >= 0.6 * audits


def _certified(test: RiskTest, states: list[np.ndarray]) -> bool:
    seen = np.hstack(states)
    return bool((test.log_wealth(seen[:2], seen[2:]) >= test.needed).any())
