"""The statistics of comparisons, against values known otherwise."""

from __future__ import annotations

import math
import random

import pytest

from serving.models.evidence import DELTA, MARGIN, canary_evidence, mcnemar, paired_difference
from triage.intervals import wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_of_a_share_is_wilsons(k: int, n: int, low: float, high: float) -> None:
    """81 of 263 is the example of Newcombe 1998."""
    found = wilson(k, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(("first", "second", "p"), [(0, 0, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (4, 4, 1.0)])
def test_mcnemars_p_is_that_of_a_fair_coin(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == pytest.approx(p)
    assert mcnemar(second, first) == pytest.approx(p)


def test_the_difference_of_pairs_has_the_sign_of_who_is_more_often_right() -> None:
    """Bonett and Price 2012, with one added to each: 10/52 - 4/52 = 6/52, ± 1.96 sqrt((14/52 - (6/52)²)/52)."""
    found = paired_difference(3, 9, 50)
    half = 1.959964 * math.sqrt((14 / 52 - (6 / 52) ** 2) / 52)
    assert found.value == pytest.approx(6 / 50)
    assert (found.low, found.high) == (pytest.approx(6 / 52 - half), pytest.approx(6 / 52 + half))
    assert paired_difference(0, 0, 0).low == -1.0


def test_without_corrections_there_is_no_evidence() -> None:
    assert canary_evidence(0, 0, 0.1) == pytest.approx(1.0)


def test_evidence_is_a_fair_bet_at_the_margin_and_a_losing_one_below_it() -> None:
    """The next corrected ticket is the canary's with the share that the margin allows: the mean stays what it is."""
    for share in (0.01, 0.1, 0.5):
        most = share * MARGIN / (share * MARGIN + 1 - share)
        for k, n in ((0, 0), (3, 10), (20, 50)):
            before = canary_evidence(k, n, share)
            after = [canary_evidence(k + 1, n, share), canary_evidence(k, n + 1, share)]
            assert most * after[0] + (1 - most) * after[1] == pytest.approx(before)
            assert share * after[0] + (1 - share) * after[1] < before


def test_evidence_is_finite_however_much_there_is() -> None:
    assert math.isfinite(canary_evidence(10**6, 0, 0.01))
    assert canary_evidence(0, 10**6, 0.01) == 0.0


def looked_at_after_each(share: float, ratio: float, seed: int, corrections: int) -> int | None:
    """Draw whose each corrected ticket is; return after how many the canary goes back."""
    chance, canary = random.Random(seed), 0
    among = share * ratio / (share * ratio + 1 - share)
    for n in range(1, corrections + 1):
        canary += chance.random() < among
        if canary_evidence(canary, n - canary, share) >= 1 / DELTA:
            return n
    return None


def test_a_canary_at_the_margin_goes_back_in_at_most_5_of_100_runs_and_a_bad_one_soon() -> None:
    """400 runs of 400 corrections, looked at after each: 5 % and three standard errors of 1.1 % are 33 runs."""
    wrongly = [looked_at_after_each(0.1, MARGIN, seed, 400) for seed in range(400)]
    bad = sorted(looked_at_after_each(0.1, 5.0, seed, 400) or 400 for seed in range(100))
    assert sum(each is not None for each in wrongly) <= 33
    assert bad[50] <= 40
