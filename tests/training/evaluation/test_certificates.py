"""Certificates hold: shown by drawing the tickets again and again from a population whose true risk is known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.evaluation import certificates
from training.evaluation.certificates import (
    Certification,
    Evidence,
    Step,
    Target,
    certify,
    ladder,
    needed,
    oracle,
    tail,
)
from triage.model.certificate import HeadCertificate

DRAWS, CALIBRATE, HELD_OUT, DELTA = 1_000, 600, 1_000, 0.1
Rule = Callable[[Evidence, Evidence, Target], float | None]


def population(kind: str, alpha: float) -> Evidence:
    """Return 20,000 tickets: of a usual head, or of one whose confidence says nothing and which is just too bad."""
    random = np.random.default_rng(11)
    confidence = random.beta(4, 1, size=20_000)
    risk = (1 - confidence) ** 1.3 if kind == "usual" else np.full(20_000, alpha * 1.03)
    return Evidence(confidence, random.random(20_000) >= risk)


def steps_of(calibrate: Evidence, tickets: int, target: Target, lowest: float = 0.0) -> np.ndarray:
    return ladder(calibrate, tickets, target, lowest).thresholds


def certified(calibrate: Evidence, held_out: Evidence, target: Target) -> float | None:
    passed = certify(steps_of(calibrate, len(held_out.confidence), target), held_out, target).passed
    return passed.threshold if passed else None


def naive(_calibrate: Evidence, held_out: Evidence, target: Target) -> float | None:
    """Return the smallest threshold with at most alpha of the drawn tickets wrong: what people do by hand."""
    thresholds = np.unique(held_out.confidence)
    n, k = held_out.counts(thresholds)
    enough = np.flatnonzero(k <= target.alpha * n)
    return float(thresholds[enough[0]]) if len(enough) else None


@cache
def redrawn(kind: str, rule: Rule, alpha: float) -> tuple[float, float]:
    """Return the share of 1,000 draws whose true risk exceeds alpha, and the mean true coverage."""
    everything, random = population(kind, alpha), np.random.default_rng(12)
    target, exceeded, coverage = Target(alpha, DELTA), 0, 0.0
    total = len(everything.confidence)
    for _ in range(DRAWS):
        rows = random.integers(total, size=CALIBRATE + HELD_OUT)
        drawn = Evidence(everything.confidence[rows], everything.right[rows])
        first = Evidence(drawn.confidence[:CALIBRATE], drawn.right[:CALIBRATE])
        threshold = rule(first, Evidence(drawn.confidence[CALIBRATE:], drawn.right[CALIBRATE:]), target)
        if threshold is not None:
            applied = everything.confidence >= threshold
            exceeded += bool((~everything.right[applied]).mean() > alpha)
            coverage += float(applied.mean())
    return exceeded / DRAWS, coverage / DRAWS


HIGHEST = DELTA + 3 * sqrt(DELTA * (1 - DELTA) / DRAWS)  # 0.128: three standard errors of 1,000 draws


@pytest.mark.parametrize("kind", ["usual", "just too bad"])
@pytest.mark.parametrize("alpha", [0.02, 0.05, 0.10])
def test_the_true_risk_exceeds_alpha_no_more_often_than_promised(kind: str, alpha: float) -> None:
    share, _ = redrawn(kind, certified, alpha)
    assert share <= HIGHEST


@pytest.mark.parametrize("alpha", [0.02, 0.05, 0.10])
def test_choosing_the_threshold_by_the_risk_seen_breaks_the_promise_in_about_half_of_the_draws(alpha: float) -> None:
    share, _ = redrawn("usual", naive, alpha)
    assert share > HIGHEST
    assert share == pytest.approx(0.5, abs=0.15)


def starting_on_the_same_tickets(_calibrate: Evidence, held_out: Evidence, target: Target) -> float | None:
    return certified(held_out, held_out, target)


def taking_the_last_that_passes(calibrate: Evidence, held_out: Evidence, target: Target) -> float | None:
    """Return the laxest threshold that passes, though a stricter one failed."""
    steps = steps_of(calibrate, HELD_OUT, target)
    n, k = held_out.counts(steps)
    passing = np.flatnonzero(tail(k, n, target.alpha) <= target.delta)
    return float(steps[passing[-1]]) if len(passing) else None


@pytest.mark.parametrize("rule", [starting_on_the_same_tickets, taking_the_last_that_passes])
def test_a_shortcut_through_the_test_breaks_the_promise(rule: Rule) -> None:
    share, _ = redrawn("just too bad", rule, 0.05)
    assert share > HIGHEST


def test_the_promise_is_not_kept_by_applying_nothing() -> None:
    _, coverage = redrawn("usual", certified, 0.05)
    assert coverage > 0.75 * oracle(population("usual", 0.05), 0.05) > 0.4


def test_a_head_that_is_just_too_bad_seldom_earns_anything() -> None:
    _, coverage = redrawn("just too bad", certified, 0.05)
    assert coverage < 0.1


@given(st.integers(0, 2_000), st.floats(0, 1), st.floats(0.001, 0.5))
def test_the_tail_is_scipys(n: int, share: float, alpha: float) -> None:
    k = int(n * share)
    assert tail(np.array([k]), np.array([n]), alpha)[0] == pytest.approx(
        stats.binom.cdf(k, n, alpha), rel=1e-7, abs=1e-12
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 50))
def test_the_tail_is_the_sum_that_defines_it(k: int, more: int, percent: int) -> None:
    n, alpha = k + more, Fraction(percent, 100)
    exact = sum(comb(n, i) * alpha**i * (1 - alpha) ** (n - i) for i in range(k + 1))
    assert tail(np.array([k]), np.array([n]), percent / 100)[0] == pytest.approx(float(exact), rel=1e-9)


@given(st.integers(1, 500), st.floats(0, 0.3), st.floats(0.005, 0.3), st.sampled_from([0.01, 0.05, 0.1]))
def test_the_tail_passes_exactly_where_the_bound_of_clopper_and_pearson_does(
    n: int, share: float, alpha: float, delta: float
) -> None:
    k = int(n * share)
    bound = stats.binomtest(k, n, alternative="less").proportion_ci(1 - delta, method="exact").high
    if abs(bound - alpha) > 1e-6:
        assert bool(tail(np.array([k]), np.array([n]), alpha)[0] <= delta) == (bound <= alpha)


@pytest.mark.parametrize(("alpha", "tickets"), [(0.05, 59), (0.02, 149), (0.01, 299)])
def test_so_many_tickets_without_an_error_earn_a_certificate_and_one_fewer_does_not(alpha: float, tickets: int) -> None:
    target = Target(alpha, 0.05)
    assert needed(target) == tickets
    passes = [certify(np.array([0.5]), sure(n), target).passed for n in (tickets - 1, tickets)]
    assert [bool(passed) for passed in passes] == [False, True]


def sure(n: int, *, wrong: int = 0) -> Evidence:
    return Evidence(np.full(n, 0.9), np.arange(n) >= wrong)


def test_the_sequence_ends_at_the_first_failure_though_a_laxer_step_would_pass() -> None:
    """100 right ones at .9, then 30 wrong ones at .8, then 2,000 right ones at .7: 30 of 2,130 would pass again."""
    evidence = Evidence(np.repeat([0.9, 0.8, 0.7], [100, 30, 2_000]), np.repeat([True, False, True], [100, 30, 2_000]))
    found = certify(np.array([0.9, 0.8, 0.7]), evidence, Target(0.05, 0.1))
    assert found.passed == found.start == Step(0.9, 100, 0, 2_130)
    assert found.passed.coverage == 100 / 2_130


def test_a_start_that_fails_earns_nothing_whatever_comes_after() -> None:
    evidence = Evidence(np.repeat([0.9, 0.7], [10, 2_000]), np.full(2_010, fill_value=True))
    assert certify(np.array([0.9, 0.7]), evidence, Target(0.05, 0.1)).passed is None


def test_the_sequence_goes_from_its_likeliest_step_to_laxer_ones_and_not_below_the_lowest() -> None:
    calibrate = Evidence(np.linspace(1, 0, 1_000), np.arange(1_000) < 700)
    steps = steps_of(calibrate, 1_000, Target(0.05, 0.1), lowest=0.1)
    assert 0.3 < steps[0] < 0.7  # the first 700 of 1,000 are right: in the middle of those is a start that will pass
    assert (np.diff(steps) < 0).all()
    assert 0.1 <= steps[-1] < 0.12
    assert len(steps) <= certificates.STEPS
    assert not len(steps_of(Evidence(np.empty(0), np.empty(0, bool)), 0, Target(0.05, 0.1)))
    assert not len(steps_of(sure(50), 50, Target(0.05, 0.1), lowest=1.01))


def test_an_oracle_takes_all_that_its_labels_allow() -> None:
    evidence = Evidence(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]))
    assert oracle(evidence, 0.25) == 1.0  # 1 of 4
    assert oracle(evidence, 0.2) == 0.5
    assert oracle(Evidence(np.empty(0), np.empty(0, bool)), 0.2) == 0.0


BOUND = {"slice": {}, "window": None, "head": "category", "encoder": "e", "taxonomy": "t", "temperature": 1.0}


def test_a_certificate_says_what_was_tested_and_changes_its_id_with_what_it_is_bound_to() -> None:
    found = certify(np.array([0.5]), sure(100), Target(0.05, 0.05))
    one, other = (certificates.earned(found, HeadCertificate, BOUND | {"weights": each}) for each in ("a", "b"))
    assert one is not None
    assert other is not None
    assert (one.n, one.k, one.coverage, one.threshold, one.weights) == (100, 0, 1.0, 0.5, "a")
    assert one.id != other.id


def test_without_any_threshold_there_is_no_certificate() -> None:
    found = certify(np.empty(0), sure(500), Target(0.05, 0.05))
    assert found == Certification(Target(0.05, 0.05), None)
