"""How many more answers a certificate may take: a range, from futures that are drawn from what is known so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.audit.betting import PRIOR_ANSWERS, PRIOR_SHARES, log_likelihood, worst_split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.audit.risk_test import RiskTest

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_FUTURES = 40
_LOOKS = 12
"""Each future is looked at after so many numbers of answers, spaced evenly on a logarithmic scale."""
_LOW, _HIGH = 0.1, 0.9
_ALLOCATIONS = np.linspace(0.02, 0.98, 25)


def more_answers(test: RiskTest, asked: Counts, wrong: Counts) -> tuple[int, int] | None:
    """Estimate how many more answers certify.

    Parameters
    ----------
    test
        Of one set of tickets.
    asked
        Shape (2, 1). Answers so far by stratum.
    wrong
        Shape (2, 1). How many of them are wrong.

    Returns
    -------
    tuple of int, or None
        In 8 of 10 futures it takes between so many and so many; the high end is everybody left where more than one
        future in ten certifies nothing. None: nine futures in ten certify nothing.
    """
    left = int((test.tickets - asked).sum())
    if not left:
        return None
    extra = np.unique(np.geomspace(1, left, _LOOKS).round().astype(np.int64))
    paths = _allocated(test, asked, wrong, extra)
    random = np.random.default_rng(0)  # the same answers give the same range
    alike = PRIOR_ANSWERS * PRIOR_SHARES
    shares = random.beta(wrong + alike, asked - wrong + PRIOR_ANSWERS - alike, size=(_FUTURES, 2, 1)).transpose(1, 0, 2)
    steps = np.diff(paths, prepend=asked, axis=1)[:, None, :]
    wrongs = wrong[:, None] + random.binomial(np.broadcast_to(steps, (2, _FUTURES, len(extra))), shares).cumsum(2)
    askeds = np.broadcast_to(paths[:, None, :], wrongs.shape)
    wealth = test.log_wealth(askeds.reshape(2, -1), wrongs.reshape(2, -1)).reshape(_FUTURES, len(extra))
    taken = np.sort([_crossing(extra, future, test.needed) for future in wealth])
    low, high = taken[int(_LOW * _FUTURES)], taken[int(_HIGH * _FUTURES) - 1]
    return (int(np.ceil(low)), int(np.ceil(min(high, left)))) if np.isfinite(low) else None


def _allocated(test: RiskTest, asked: Counts, wrong: Counts, extra: Counts) -> Counts:
    """Return the answers by stratum after so many more, (2, len(extra)), in the proportion that wins fastest."""
    share = np.broadcast_to(test.bets.planned(asked, wrong)[1], (2, len(_ALLOCATIONS)))
    spent = np.stack([1 - _ALLOCATIONS, _ALLOCATIONS])
    null = worst_split(spent, share * spent, test.bets.weight[:, None], test.target.alpha).shares[:, :, 0]
    gain = (log_likelihood(spent, share * spent, share) - log_likelihood(spent, share * spent, null)).sum(0)
    total = asked.sum() + extra
    wanted = (_ALLOCATIONS[gain.argmax()] * total).round().astype(np.int64)
    lowest = np.maximum(asked[1], total - test.tickets[0])
    highest = np.minimum(test.tickets[1], total - asked[0])
    disagree = np.clip(wanted, lowest, highest)
    return np.maximum.accumulate(np.stack([total - disagree, disagree]), axis=1)


def _crossing(extra: Counts, wealth: Floats, needed: float) -> float:
    """Return after how many answers the wealth suffices, by a straight line between looks; or infinity."""
    reached = np.flatnonzero(wealth >= needed)
    if not len(reached):
        return float("inf")
    at = int(reached[0])
    if at == 0:
        return float(extra[0])
    rise = wealth[at] - wealth[at - 1]
    part = (needed - wealth[at - 1]) / rise if np.isfinite(rise) else 1.0
    return float(extra[at - 1] + part * (extra[at] - extra[at - 1]))
