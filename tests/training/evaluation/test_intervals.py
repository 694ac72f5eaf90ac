"""Intervals of shares, against arithmetic by hand."""

from __future__ import annotations

from training.evaluation.intervals import wilson


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    """By hand for 9 of 10, z = 1.96: (0.9 + 0.192) / 1.384 = 0.789; half 1.96 sqrt(0.009 + 0.0096) / 1.384 = 0.193."""
    low, high = wilson(9, 10)
    assert (round(float(low), 3), round(float(high), 3)) == (0.596, 0.982)
    low, high = wilson([0, 5, 0], [5, 5, 0])
    assert (low[0], high[1], low[2], high[2]) == (0.0, 1.0, 0.0, 1.0)
    assert 0.4 < high[0] < 0.5
