"""The bets are fair: over every course an audit can take, the wealth is expected to be at most 1 under every null."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.audit.every_order import courses, draw, sizes, these
from training.audit.betting import Bets, log_likelihood, worst_split
from training.audit.risk_test import RiskTest
from training.evaluation.certificates import Target

ALPHA, FEW = 0.3, 7
SPLITS = [
    (weight, agree, disagree)
    for weight in (0.1, 0.35, 0.8)
    for agree in (0.0, 0.1, 0.2, ALPHA, 0.35)
    if 0 <= (disagree := (ALPHA - (1 - weight) * agree) / weight) <= 1
]
"""Weight of the stratum that disagrees, and the error shares: risk alpha, split in every way."""


@pytest.mark.parametrize(("weight", "agree", "disagree"), SPLITS)
@pytest.mark.parametrize("stop", [0.2, 1.0, np.inf])
def test_wealth_against_future_tickets_is_expected_to_stay_at_one_or_below(
    weight: float, agree: float, disagree: float, stop: float
) -> None:
    expected = 0.0
    for tickets, chance in sizes(FEW, weight):
        bets = Bets(tickets, ALPHA)
        expected += chance * courses(bets, draw((agree, disagree)), bets.log_wealth, stop)[0]
    assert expected <= 1 + 1e-9


@pytest.mark.parametrize("tickets", [(6, 3), (9, 0), (1, 7), (0, 5)])
@pytest.mark.parametrize("most", [0, 2, 3])
@pytest.mark.parametrize("stop", [0.3, np.inf])
def test_wealth_against_these_tickets_is_expected_to_stay_at_one_or_below(
    tickets: tuple[int, int], most: int, stop: float
) -> None:
    bets = Bets(np.array(tickets)[:, None], ALPHA)

    def value(asked: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        return bets.log_wealth_of_these(asked, wrong, np.array([most]))

    for bad in np.ndindex(tickets[0] + 1, tickets[1] + 1):
        if sum(bad) > most:
            assert courses(bets, these(tickets, bad), value, stop)[0] <= 1 + 1e-9


@pytest.mark.parametrize(("total", "alpha", "delta"), [(18, 0.4, 0.3), (18, 0.2, 0.5)])
@pytest.mark.parametrize("weight", [0.15, 0.5])
def test_chance_of_a_false_certificate_about_future_tickets_is_at_most_delta(
    total: int, alpha: float, delta: float, weight: float
) -> None:
    for agree in (0.0, alpha / 2, alpha):
        false, disagree = 0.0, (alpha * 1.0001 - (1 - weight) * agree) / weight
        if disagree > 1:
            continue
        for tickets, chance in sizes(total, weight):
            if chance > 1e-6:
                test = RiskTest(tickets, Target(alpha, delta))
                false += chance * courses(test.bets, draw((agree, disagree)), test.log_wealth, test.needed)[1]
        assert false <= delta


@pytest.mark.parametrize("tickets", [(30, 6), (16, 12)])
@pytest.mark.parametrize(("alpha", "delta"), [(0.2, 0.3), (0.45, 0.2)])
def test_chance_of_a_false_certificate_about_these_tickets_is_at_most_delta(
    tickets: tuple[int, int], alpha: float, delta: float
) -> None:
    test = RiskTest(np.array(tickets)[:, None], Target(alpha, delta))
    bad = int(np.floor(alpha * sum(tickets))) + 1
    for disagree in range(0, min(bad, tickets[1]) + 1, 2):
        chance = these(tickets, (bad - disagree, disagree))
        assert courses(test.bets, chance, test.log_wealth, test.needed)[1] <= delta


counts = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)


@given(counts, counts, st.floats(0.01, 0.99), st.floats(0.01, 0.5), st.floats(0, 1))
def test_no_split_fits_better_than_the_worst_split(
    agree: list[int], disagree: list[int], weight: float, alpha: float, share: float
) -> None:
    wrong, asked = np.array([agree, disagree]).T[:, :, None]
    worst = worst_split(asked, wrong, np.array([[weight]]), alpha)
    low, high = max(0, (alpha - (1 - weight)) / weight), min(1, alpha / weight)
    other = low + share * (high - low)
    split = np.array([np.clip((alpha - weight * other) / (1 - weight), 0, 1), other])[:, None]
    assert worst.logarithm[0, 0] <= -log_likelihood(asked, wrong, split).sum() + 1e-9
    worse = np.minimum(split * 1.2, 1)
    assert worst.logarithm[0, 0] <= -log_likelihood(asked, wrong, worse).sum() + 1e-9


@given(counts, counts, st.floats(0.01, 0.5))
def test_the_bound_on_the_worst_split_is_reached(agree: list[int], disagree: list[int], alpha: float) -> None:
    wrong, asked = np.array([agree, disagree]).T[:, :, None]
    weight = np.array([[0.2]])
    worst = worst_split(asked, wrong, weight, alpha)
    reached = -log_likelihood(asked[:, :, None], wrong[:, :, None], worst.shares).sum()
    assert worst.logarithm[0, 0] == pytest.approx(reached, abs=1e-4)
    assert 0.8 * worst.shares[0, 0, 0] + 0.2 * worst.shares[1, 0, 0] >= alpha - 1e-9
