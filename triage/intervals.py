"""95 % intervals of what is measured on few: a share, a quantile, a mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_FEWEST = 2  # values from which a spread can be estimated


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the interval that holds it with `CONFIDENCE`."""

    value: float
    low: float
    high: float


def wilson(k: int, n: int) -> Interval:
    """Return a share k of n with the score interval of Wilson 1927; without any, 0 to 1."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0)
    share, weight = k / n, Z**2 / n
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0))


def quantile(ordered: Sequence[float], q: float) -> tuple[float, float | None, float | None] | None:
    """Return a quantile with the interval of its order statistics, which assumes nothing about the distribution.

    Parameters
    ----------
    ordered
        The values, smallest first.
    q
        Which quantile, 0.5 is the median.

    Returns
    -------
    tuple or None
        The smallest value that at least this share of the values does not exceed, and the ends of its interval
        (Conover 1999, by the normal approximation). An end is None where there are too few values to tell. None
        without values.
    """
    n = len(ordered)
    if n == 0:
        return None
    rank, low, high = quantile_ranks(n, q)
    return (
        ordered[rank],
        None if low is None else ordered[low],
        None if high is None else ordered[high],
    )


def quantile_ranks(n: int, q: float) -> tuple[int, int | None, int | None]:
    """Return the places, from 0, of a quantile of n ordered values and of the ends of its interval."""
    half = Z * math.sqrt(n * q * (1 - q))
    low, high = math.floor(n * q - half), math.ceil(n * q + half)  # ranks from 1
    return max(math.ceil(n * q), 1) - 1, low - 1 if low >= 1 else None, high - 1 if high <= n else None


def mean(values: Sequence[float]) -> tuple[float, float | None, float | None] | None:
    """Return a mean with the interval of the normal approximation; its ends are None for a single value."""
    n = len(values)
    if n == 0:
        return None
    middle = math.fsum(values) / n
    return mean_interval(n, middle, math.fsum((each - middle) ** 2 for each in values))


def mean_interval(n: int, middle: float, squares: float) -> tuple[float, float | None, float | None]:
    """Return the mean of n values with its interval, by the sum of the squares of their distances from it."""
    if n < _FEWEST:
        return middle, None, None
    half = Z * math.sqrt(squares / (n - 1) / n)
    return middle, middle - half, middle + half
