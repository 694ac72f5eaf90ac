"""The slope that `make soak` judges by."""

from __future__ import annotations

import random

from tests.benchmarks.soak.slope import slope_of


def test_a_straight_line_has_its_slope_and_no_error() -> None:
    found = slope_of([0, 1, 2, 3], [5, 7, 9, 11])
    assert (round(found.value, 9), round(found.error, 9)) == (2, 0)


def test_the_error_is_that_of_the_textbook_where_residuals_change_sign() -> None:
    # y = x with residuals +1, -1, -1, +1: no lag-one correlation of the same sign; s² = 4 / (4 - 2), Sxx = 5
    found = slope_of([0, 1, 2, 3], [1, 0, 1, 4])
    assert round(found.value, 9) == 1
    assert round(found.error, 9) == round((2 / 5) ** 0.5, 9)


def test_neighbours_that_are_alike_widen_the_error() -> None:
    chance, walk, noise = random.Random(1), [0.0], []
    for _ in range(199):
        walk.append(0.9 * walk[-1] + chance.gauss(0, 1))
    noise = [chance.gauss(0, 2.3) for _ in walk]
    x = list(range(200))
    assert slope_of(x, walk).error > 2 * slope_of(x, noise).error
