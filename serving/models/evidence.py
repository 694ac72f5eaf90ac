"""Statistics of comparisons: paired differences, and the sequential test of a canary."""

import math
from collections.abc import Sequence
from typing import Final

from triage.intervals import Interval, Z

MARGIN: Final = 1.25
"""So many times as often as the current model's may a canary's tags be corrected."""
DELTA: Final = 0.05
"""A canary that is within the margin goes back wrongly with at most this probability, however long it runs."""
_RATIOS: Final = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)  # times the margin: what the test bets on
_LARGEST: Final = 700.0  # of a logarithm


def paired_difference(only_first: int, only_second: int, n: int) -> Interval:
    """Return by how much the second's share is larger, on the same n tickets.

    The interval is the adjusted one of Bonett and Price 2012, which is honest for few tickets, too.
    """
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    half = Z * math.sqrt((first + second - (first - second) ** 2) / (n + 2))
    middle = second - first
    return Interval((only_second - only_first) / n if n else 0.0, max(middle - half, -1.0), min(middle + half, 1.0))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return McNemar's exact p: how probable so uneven a split of the tickets on which one alone is right would be."""
    n = only_first + only_second
    tail = math.fsum(math.exp(_log_choose(n, k) - n * math.log(2)) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail)


def canary_evidence(canary: int, current: int, share: float) -> float:
    """Return the evidence that a canary's tags are corrected more often than the margin allows.

    Parameters
    ----------
    canary
        Tickets of the canary whose tags a person corrected.
    current
        Tickets of the current model whose tags a person corrected.
    share
        The share of tickets that the canary serves, drawn by hash.

    Returns
    -------
    float
        A mixture of likelihood ratios. Among corrected tickets the share of the canary's is at most
        s m / (s m + 1 - s) when its tags are corrected at most m times as often: then this is an e-process, which
        passes 1 / delta with probability delta at most (Ville), however often one looks. It counts corrections alone,
        so neither how many there are nor how late they come can turn it.
    """
    most = _among_corrected(share, MARGIN)
    logs = [
        canary * math.log(each / most) + current * math.log((1 - each) / (1 - most))
        for each in (_among_corrected(share, MARGIN * ratio) for ratio in _RATIOS)
    ]
    return _mean_of_exponentials(logs)


def _among_corrected(share: float, ratio: float) -> float:
    return share * ratio / (share * ratio + 1 - share)


def _mean_of_exponentials(logs: Sequence[float]) -> float:
    return math.fsum(math.exp(min(each, _LARGEST)) for each in logs) / len(logs)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
