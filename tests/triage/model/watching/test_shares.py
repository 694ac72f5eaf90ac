"""How many tags people check: a small share, and more where less is known of the risk."""

from __future__ import annotations

import numpy as np
import pytest

from triage.model.watching.shares import FRESH, MOST, audited_share, correction_evidence, probability

ALPHA = 0.05


def test_the_share_is_the_base_while_all_is_well_and_three_times_as_much_at_first() -> None:
    assert float(audited_share(0.02, FRESH, 0.0)) == pytest.approx(0.02)
    assert float(audited_share(0.02, FRESH - 1, 0.0)) == pytest.approx(0.06)


def test_it_rises_with_evidence_up_to_a_limit() -> None:
    shares = audited_share(0.02, FRESH, np.linspace(0, 5, 20))
    assert (np.diff(shares) >= 0).all()
    assert shares.max() == pytest.approx(MOST)


@pytest.mark.parametrize("base", [0.0, 0.5, 1.0])
def test_a_desk_that_asks_for_none_or_many_gets_that(base: float) -> None:
    assert float(audited_share(base, 0, 9.0)) == pytest.approx(base)


def test_tags_near_the_threshold_are_checked_twice_as_often() -> None:
    assert probability(0.02, 0.81, threshold=0.8) == pytest.approx(0.04)
    assert probability(0.02, 0.99, threshold=0.8) == pytest.approx(0.02)
    assert probability(0.9, 0.81, threshold=0.8) == 1.0


def test_corrections_count_where_there_are_more_than_promised_or_than_before() -> None:
    usual, weeks = np.full(12, 700), np.arange(12)
    assert correction_evidence(usual, np.full(12, 4), ALPHA) == 0
    risen = np.where(weeks < 10, 4, 21)  # 3 %: less than is promised, more than before
    assert correction_evidence(usual, risen, ALPHA) > 3
    first = weeks < 1
    assert correction_evidence(usual * first, 80 * first, ALPHA) > 3  # 11 % in the first week
    assert correction_evidence(np.zeros(12), np.zeros(12), ALPHA) == 0
