"""What is missing where no certificate was earned: about how many more labelled tickets it takes, and that in words."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import beta, binom

from training.evaluation.certificates import needed, tail

if TYPE_CHECKING:
    from training.evaluation.certificates import Certification, Target

CHANCE = 0.6
"""How likely the number lies in the range that is told."""
MOST_TIMES = 10
"""Past this many times the labels at hand no upper end is told."""
FEWEST = 10
"""Smaller numbers are not told: another split of the same tickets differs by more."""
_POINTS = 15


class MoreLabels(NamedTuple):
    """About how many more labelled tickets it takes."""

    fewest: int
    most: int | None
    """None: far more, or the labels may be too often wrong for any number of them."""

    def __str__(self) -> str:
        """Return it in words."""
        if self.most is None:
            return f"at least about {self.fewest} more labelled tickets"
        if self.most == self.fewest:
            return f"about {self.fewest} more labelled tickets"
        return f"about {self.fewest} to {self.most} more labelled tickets"


def more_labels(found: Certification, labelled: int) -> MoreLabels | None:
    """Estimate how many more labelled tickets a certificate takes, if they are like the `labelled` ones.

    Parameters
    ----------
    found
        A test that failed.
    labelled
        Labelled tickets of the head, or of the slice.

    Returns
    -------
    MoreLabels or None
        A range that holds with 60 %: the few tickets at the start leave open both how often the head is wrong there and
        how many tickets get that far, each by the Beta distribution of what was seen. None where more labels alone will
        probably not do.
    """
    start = found.start
    if start is None or not start.n:
        return None
    at = (np.arange(_POINTS) + 0.5) / _POINTS
    risks = beta.ppf(at, start.k + 0.5, start.n - start.k + 0.5)
    reach = beta.ppf(at, start.n + 0.5, start.tickets - start.n + 0.5)
    most = (MOST_TIMES + 1) * start.tickets
    wanted = np.array([typical(found.tested_at, risk, most) or np.inf for risk in risks.tolist()])
    if not labelled:
        return None
    totals = np.sort((wanted[:, None] / reach[None, :]).ravel()) * labelled / start.tickets
    places = (np.array([(1 - CHANCE) / 2, 0.5, (1 + CHANCE) / 2]) * (len(totals) - 1)).astype(int)
    low, middle, high = totals[places].tolist()
    if not np.isfinite(middle):
        return None
    fewest = _rounded(max(FEWEST, low - labelled))
    open_end = high - labelled > MOST_TIMES * labelled
    return MoreLabels(fewest, None if open_end else max(fewest, _rounded(max(FEWEST, high - labelled))))


def typical(target: Target, risk: float, most: int) -> int | None:
    """Return with how many tickets the test passes about every other time at this share of errors; at most `most`."""
    if risk >= target.alpha:
        return None
    first = needed(target)
    while first <= most:
        n = np.arange(first, min(2 * first, most + 1))
        enough = np.flatnonzero(tail(binom.ppf(0.5, n, risk).astype(np.int64), n, target.alpha) <= target.delta)
        if len(enough):
            return int(n[enough[0]])
        first = int(n[-1]) + 1
    return None


def _rounded(more: float) -> int:
    """Round up to two digits."""
    digits = int(10 ** max(0, len(str(ceil(more))) - 2))
    return ceil(more / digits) * digits


def shortfall(found: Certification, labelled: int) -> str | None:
    """Say in words what is missing for a certificate; None where there is one."""
    if found.passed:
        return None
    target, start = found.tested_at, found.start
    wanted = f"it takes {needed(target)} newer tickets without an error to show at most {100 * target.alpha:g}% wrong"
    if start is None or not start.n:
        return f"{wanted}, and none is sure enough"
    seen = f"{start.k} of the {start.n} surest newer tickets {'is' if start.k == 1 else 'are'} wrong; {wanted}"
    more = more_labels(found, labelled)
    if more is None:
        return f"{seen}, and more labels alone will not do: the labels must become easier to tell apart"
    return f"{seen}, or {more} like these"
