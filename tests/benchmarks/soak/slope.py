"""The slope of a series by least squares, with a standard error that allows for neighbours that are alike."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple


class Slope(NamedTuple):
    """A slope per unit of x, and its standard error."""

    value: float
    error: float


def slope_of(x: Sequence[float], y: Sequence[float]) -> Slope:
    """Fit a line; residuals that follow each other (lag one) count as fewer observations.

    The factor sqrt((1 + r) / (1 - r)) is the usual one for a first-order autoregression with correlation r.
    """
    n = len(x)
    if n < 3:
        return Slope(math.nan, math.nan)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    spread = sum((each - mean_x) ** 2 for each in x)
    value = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    left = [b - mean_y - value * (a - mean_x) for a, b in zip(x, y, strict=True)]
    squares = sum(each**2 for each in left)
    if squares == 0.0:
        return Slope(value, 0.0)
    r = max(0.0, min(0.99, sum(a * b for a, b in itertools.pairwise(left)) / squares))
    return Slope(value, math.sqrt(squares / (n - 2) / spread) * math.sqrt((1 + r) / (1 - r)))
