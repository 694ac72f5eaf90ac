"""A certificate of the audit is false with probability delta at most, however it is looked at; naive tests are not.

1,000 redraws of a population whose true risk lies just above alpha: there every certificate is false. The exact chances
for a few tickets, without redraws, are in test_betting.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tests.training.audit.redraws import (
    NOISES,
    SIZE,
    STOPPING_RULES,
    Courses,
    Draws,
    clopper_pearson,
    fisher,
    follow,
    peeking,
    population,
    redrawn,
)
from training.evaluation.certificates import Target

REDRAWS, DELTA = 1_000, 0.1
MOST = int(binom.ppf(0.999, REDRAWS, DELTA))
"""False certificates of a test that errs with probability delta: more would come once in 1,000 such proofs."""
JUST_BELOW = 1e-9

quick = pytest.param(60, 0.2, id="60 tickets, 20 %")
whole = pytest.param(300, 0.05, id="300 tickets, 5 %", marks=pytest.mark.slow)


def at_the_boundary(noise: str, tickets: int, risk: float, every: int = 1) -> tuple[Draws, Courses, Target]:
    known = population(noise, risk)
    target = Target(known.risk(1.0) - JUST_BELOW, DELTA)
    _, wrong, agrees = redrawn(known, REDRAWS, tickets, 1.0, seed=1)
    draws = Draws.of(wrong, agrees, np.ones_like(wrong))
    return draws, follow(draws, target, every), target


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("tickets", "risk"), [quick, whole])
def test_no_way_of_stopping_makes_more_than_delta_false_certificates(noise: str, tickets: int, risk: float) -> None:
    _, courses, target = at_the_boundary(noise, tickets, risk)
    for rule in STOPPING_RULES:
        assert rule(courses, courses.wealth, target).sum() <= MOST, rule.__doc__
    assert peeking(courses, courses.wealth, target).any(), "a test that certifies nothing proves nothing"


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("tickets", "risk"), [quick, whole])
def test_nor_for_these_very_tickets_in_another_order(noise: str, tickets: int, risk: float) -> None:
    known = population(noise, risk)
    once = np.random.default_rng(3).choice(SIZE, tickets, replace=False)
    target = Target(known.wrong[once].mean() - JUST_BELOW, DELTA)
    orders = np.random.default_rng(4).permuted(np.tile(once, (REDRAWS, 1)), axis=1)
    draws = Draws.of(known.wrong[orders], known.agrees[orders], np.ones(orders.shape, dtype=bool))
    courses = follow(draws, target)
    for rule in STOPPING_RULES:
        assert rule(courses, courses.wealth, target).sum() <= MOST, rule.__doc__


@pytest.mark.parametrize(
    ("noise", "tickets"),
    [("confusable", 60), *(pytest.param(noise, 120, marks=pytest.mark.slow) for noise in NOISES)],
)
def test_nor_does_the_choice_of_the_laxest_threshold(noise: str, tickets: int) -> None:
    """Three nested thresholds, of which the first holds, the second just fails and the third fails clearly."""
    shares = (0.5, 0.75, 1.0)
    known = population(noise, 0.2)
    target = Target(known.risk(0.75) - JUST_BELOW, DELTA)
    assert known.risk(0.5) < target.alpha < known.risk(1.0)
    drawn, wrong, agrees = redrawn(known, REDRAWS, tickets, 1.0, seed=2)
    passed = np.ones(REDRAWS, dtype=bool)
    certified = []
    for share in shares:
        courses = follow(Draws.of(wrong, agrees, drawn < share * SIZE), target, every=3)
        passed &= peeking(courses, courses.wealth, target)
        certified.append(passed.sum())
    assert certified[0] > certified[1] >= certified[2]
    assert certified[1] <= MOST


@pytest.mark.parametrize("noise", NOISES)
def test_clopper_pearson_after_every_answer_fails_the_same_test(noise: str) -> None:
    known = population(noise, 0.2)
    target = Target(known.risk(1.0) - JUST_BELOW, DELTA)
    wrong = redrawn(known, REDRAWS, 60, 1.0, seed=1)[1]
    above = clopper_pearson(wrong, target)
    assert (above >= 0).any(0).sum() > MOST
    assert (above[-1] >= 0).sum() <= MOST, "looked at once it holds"


@pytest.mark.parametrize(
    ("noise", "tickets", "risk"),
    [
        ("confusable", 150, 0.2),
        pytest.param("uniform", 150, 0.2, marks=pytest.mark.slow),
        pytest.param("accepted suggestions", 250, 0.1, marks=pytest.mark.slow),
    ],
)
def test_fisher_s_combination_after_every_answer_fails_the_same_test(noise: str, tickets: int, risk: float) -> None:
    draws, courses, target = at_the_boundary(noise, tickets, risk, every=10)
    above = fisher(courses, draws.tickets, target)
    assert peeking(courses, above, target).sum() > MOST
    assert (above[len(above) // 2] >= 0).sum() <= MOST, "looked at once it holds"
    assert peeking(courses, courses.wealth, target).sum() <= MOST
