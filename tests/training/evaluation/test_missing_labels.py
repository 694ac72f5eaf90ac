"""What is missing for a certificate is said as a range that holds about as often as it says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from training.evaluation.certificates import Evidence, Target, certify
from training.evaluation.missing_labels import CHANCE, MoreLabels, more_labels, shortfall, typical

TARGET = Target(0.05, 0.1)


def sure(n: int, *, wrong: int = 0, unsure: int = 0) -> Evidence:
    return Evidence(np.repeat([0.9, 0.1], [n, unsure]), np.arange(n + unsure) >= wrong)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (sure(20), "0 of the 20 surest newer tickets are wrong; it takes 59 newer tickets without an error"),
        (sure(20), "or at least about 400 more"),
        (sure(60, wrong=1), "or about 10 to 1700 more"),
        (sure(60, wrong=1), "1 of the 60 surest newer tickets is wrong"),
        (sure(20, wrong=5), "more labels alone will not do"),
        (Evidence(np.full(9, 0.1), np.ones(9, bool)), "none is sure enough"),
    ],
)
def test_what_is_missing_is_said_in_words(evidence: Evidence, said: str) -> None:
    found = certify(np.array([0.5]), evidence, Target(0.05, 0.05))
    assert said in (shortfall(found, 200) or "")
    assert not found.passed


def test_errors_make_it_take_more_and_too_many_make_it_hopeless() -> None:
    wanted = typical(Target(0.05, 0.05), 0.02, 1_000)
    assert wanted is not None
    assert wanted > typical(Target(0.05, 0.05), 0.0, 1_000) == 59
    assert binom.cdf(binom.median(wanted, 0.02), wanted, 0.05) <= 0.05
    assert typical(Target(0.05, 0.05), 0.05, 10_000) is None


def test_nothing_is_missing_where_there_is_a_certificate() -> None:
    assert shortfall(certify(np.array([0.5]), sure(100), TARGET), 200) is None
    assert "none is sure enough" in (shortfall(certify(np.empty(0), sure(500), TARGET), 500) or "")


def test_a_range_is_said_by_its_ends() -> None:
    assert str(MoreLabels(200, 900)) == "about 200 to 900 more labelled tickets"
    assert str(MoreLabels(200, 200)) == "about 200 more labelled tickets"
    assert str(MoreLabels(200, None)) == "at least about 200 more labelled tickets"


def test_the_range_holds_about_as_often_as_it_says() -> None:
    """Desks of 1,000 labelled tickets of which 150 are held out, each with a risk and a share of sure tickets."""
    random, labelled, tickets = np.random.default_rng(5), 1_000, 150
    held = []
    for risk, reach in zip(random.beta(0.5, 0.5, size=1_500), random.random(1_500), strict=True):
        n = int(random.binomial(tickets, reach))
        wrong = int(random.binomial(n, risk))
        found = certify(np.array([0.5]), sure(n, wrong=wrong, unsure=tickets - n), TARGET)
        if wrong > 0.1 * n or found.passed or (more := more_labels(found, labelled)) is None:
            continue
        total = typical(TARGET, risk, 20 * tickets)
        truth = np.inf if total is None else total / reach / (tickets / labelled) - labelled
        held.append(more.fewest <= 1.1 * max(truth, 10) and (more.most is None or truth <= 1.1 * more.most))
    assert len(held) > 50
    assert np.mean(held) >= CHANCE - 3 * np.sqrt(CHANCE * (1 - CHANCE) / len(held))
    assert np.mean(held) < 0.95
