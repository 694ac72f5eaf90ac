"""The upper tail of the negative binomial distribution, the Poisson with a spread of its own."""

from __future__ import annotations

import math

_POISSON = 1e-9  # below this dispersion the two are the same
_RARE = math.log10(0.025)
_SMALL = 1e-16  # a term of this share of the sum adds nothing


def log10_tail(count: int, mean: float, dispersion: float) -> float:
    """Return the common logarithm of the probability of at least `count` where `mean` are expected.

    Parameters
    ----------
    count
        How many there are.
    mean
        How many are expected, above zero.
    dispersion
        The variance is mean + dispersion * mean².

    Returns
    -------
    float
        At most 0. A count that is not above the mean has 0: only the upper tail is asked for.
    """
    if count <= mean or count <= 0:
        return 0.0
    if dispersion < _POISSON:
        size, odds = math.inf, mean
        first = count * math.log(mean) - mean - math.lgamma(count + 1)
    else:
        size = 1 / dispersion
        odds = mean / (mean + size)
        ways = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        first = ways - size * math.log1p(mean / size) + count * math.log(odds)
    total, term, at = 1.0, 1.0, count
    while term > _SMALL * total:
        ratio = odds / (at + 1) if size == math.inf else odds * (at + size) / (at + 1)
        term *= ratio
        total += term
        at += 1
    return min((first + math.log(total)) / math.log(10), 0.0)


def highest_usual(mean: float, dispersion: float) -> int:
    """Return the count that 97.5 of 100 windows do not exceed."""
    low, step = int(mean), 1
    while log10_tail(low + step + 1, max(mean, _SMALL), dispersion) > _RARE:
        step *= 2
    high = low + step
    while low < high:
        middle = (low + high) // 2
        if log10_tail(middle + 1, max(mean, _SMALL), dispersion) > _RARE:
            low = middle + 1
        else:
            high = middle
    return low
