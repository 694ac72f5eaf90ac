"""Bets against "more than alpha of the labels applied are wrong", from answers in two strata.

The strata: the head's label is the closed ticket's label (row 0 of every array), or not (row 1). Agreement only steers
whom to ask; a closed label that is wrong cannot make the bets unfair.

One betting martingale a stratum (Waudby-Smith & Ramdas 2024), multiplied, at its minimum over all ways to split the
risk between the strata (Spertus, Sridhar & Stark 2023). A bet is a likelihood ratio: the answers under error shares
drawn from a prior below alpha, over the answers under the null. That ratio is a product of fair bets whose stakes
follow the posterior, and its logarithm is convex in the null's error shares, so the minimum over the splits is found by
bisection and bounded from below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_RISKS = np.array([0.1, 0.25, 0.4, 0.6])
"""Risks that are bet on, as parts of the risk to rule out."""
_AGREEING = np.array([0.02, 0.2, 0.6])
"""Which part of that risk lies where the head's label is the closed one."""
_TILTS = ((0.72, 60.0), (0.2, 200.0), (0.08, -60.0))
"""Of the weight's e-value: weight, and how fast its logarithm rises with the weight of the stratum that disagrees."""
_WEIGHTS = np.concatenate(
    ([-40, -20, -14], np.arange(-10, -2, 0.5), np.arange(-2, 4, 0.25), np.arange(4, 8.1, 0.5), [9, 11, 14, 20, 40, 80])
)
"""Candidate weights of the stratum that disagrees, in standard deviations from the observed one."""
_STEPS = 26
PRIOR_ANSWERS = 4.0
PRIOR_SHARES = np.array([[0.025], [0.2]])
"""Whom to ask is decided as if so many answers had been wrong in such shares before the first."""
_HOPED = 0.6


class Split(NamedTuple):
    """The split that fits the answers best among those whose risk is alpha or more.

    `logarithm` (m, w) bounds from below the smallest -log likelihood of the answers; `shares` (2, m, w) reach it.
    """

    logarithm: Floats
    shares: Floats


def log_likelihood(asked: Floats | Counts, wrong: Floats | Counts, shares: Floats) -> Floats:
    """Return the log probability of these answers, in their order, if so large a share is wrong."""
    return np.asarray(xlogy(wrong, shares) + xlogy(asked - wrong, 1 - shares))


def worst_split(asked: Floats | Counts, wrong: Floats | Counts, weight: Floats, alpha: float) -> Split:
    """Minimise -log likelihood over error shares with (1 - weight) * agree + weight * disagree >= alpha.

    Parameters
    ----------
    asked
        Shape (2, m). Answers by stratum.
    wrong
        Shape (2, m). How many of them are wrong.
    weight
        Shape (m, w). Candidate weights of the stratum that disagrees, strictly between 0 and 1.
    alpha
        The risk to rule out.

    Returns
    -------
    Split
        The objective is convex, so the minimum lies at the observed shares where their risk is alpha or more, and
        else on the line where the risk is alpha. There, bisection on the slope; the tangent bounds what is left.
    """
    n, k = asked[:, :, None].astype(np.float64), wrong[:, :, None].astype(np.float64)
    odds = weight / (1 - weight)

    def agree(disagree: Floats) -> Floats:
        return np.clip((alpha - weight * disagree) / (1 - weight), 1e-15, 1 - 1e-15)

    def slope(disagree: Floats) -> Floats:
        other = agree(disagree)
        own = (n[1] - k[1]) / (1 - disagree) - k[1] / disagree
        return np.asarray(own + odds * (k[0] / other - (n[0] - k[0]) / (1 - other)))

    low = np.maximum(0, (alpha - (1 - weight)) / weight)
    high = np.minimum(1, alpha / weight)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        rising = slope(middle) >= 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    middle = (low + high) / 2
    shares = np.stack([agree(middle), middle])
    edge = -log_likelihood(n, k, shares).sum(0) - np.abs(slope(middle)) * (high - low)
    observed = np.broadcast_to(np.where(n > 0, k / np.maximum(n, 1), 1.0), shares.shape)
    inside = (1 - weight) * observed[0] + weight * observed[1] >= alpha
    return Split(
        np.where(inside, -log_likelihood(n, k, observed).sum(0), edge), np.where(inside[None], observed, shares)
    )


class Bets:
    """The bets on m independent audits, each of its own strata; an audit of a desk has m = 1.

    Parameters
    ----------
    tickets
        Shape (2, m). Held-out tickets by stratum.
    alpha
        The risk to rule out.
    """

    def __init__(self, tickets: Counts, alpha: float) -> None:
        self.tickets, self.alpha = tickets, alpha
        total = tickets.sum(0)
        self.weight = np.clip(tickets[1] / np.maximum(total, 1), 1e-9, 1 - 1e-9)
        self._weights, self._weight_evidence = _weights(tickets)

    def only(self, audits: NDArray[np.bool_]) -> Bets:
        """Return the bets on some of the audits, (m,)."""
        return Bets(self.tickets[:, audits], self.alpha)

    def log_staked(self, asked: Counts, wrong: Counts, risk: float | Floats) -> Floats:
        """Return the log probability of the answers, (m,), under error shares below a risk: every bet's numerator."""
        weight = self.weight[:, None]
        risks, parts = (each.ravel() for each in np.meshgrid(_RISKS, _AGREEING, indexing="ij"))
        risks = risks * np.reshape(risk, (-1, 1))
        shares = np.minimum(np.stack([parts * risks / (1 - weight), (1 - parts) * risks / weight]), 0.99)
        fits = log_likelihood(asked[:, :, None], wrong[:, :, None], shares).sum(0)
        return np.asarray(logsumexp(fits, axis=1) - np.log(risks.shape[1]))

    def log_wealth(self, asked: Counts, wrong: Counts) -> Floats:
        """Return the log wealth against "more than alpha of future tickets' labels are wrong".

        Parameters
        ----------
        asked
            Shape (2, m). Answers by stratum.
        wrong
            Shape (2, m). How many of them are wrong.

        Returns
        -------
        ndarray of shape (m,)
            Least over the splits of the risk and over the unknown weights of the strata, each weight multiplied by its
            own evidence; between two candidate weights, the smaller of both.
        """
        fits = worst_split(asked, wrong, self._weights, self.alpha).logarithm
        cells = self._weight_evidence + np.minimum(fits[:, :-1], fits[:, 1:])
        return np.asarray(self.log_staked(asked, wrong, self.alpha) + cells.min(1))

    def log_wealth_of_these(self, asked: Counts, wrong: Counts, most: Counts) -> Floats:
        """Return the log wealth against "more than `most` (m,) of these very tickets' labels are wrong", (m,).

        The answers are drawn without replacement, so the null is a number of wrong labels in each stratum. No chance
        under any such null: infinite.
        """
        tickets = np.broadcast_to(self.tickets, asked.shape)
        agree, disagree = (_unlikely(tickets[s], asked[s], wrong[s]) for s in (0, 1))
        at_least = np.minimum.accumulate(agree[:, ::-1], axis=1)[:, ::-1]
        lacking = np.maximum(np.reshape(most, (-1, 1)) + 1 - np.arange(disagree.shape[1]), 0)
        rest = np.take_along_axis(at_least, np.minimum(lacking, agree.shape[1] - 1), axis=1)
        least = np.min(disagree + np.where(lacking < agree.shape[1], rest, np.inf), axis=1)
        return np.asarray(self.log_staked(asked, wrong, (most + 1) / tickets.sum(0)) + least)

    def ask_disagreeing(self, asked: Counts, wrong: Counts) -> NDArray[np.bool_]:
        """Return in which stratum to ask next, (m,): where the next answer raises the wealth most at the worst split.

        The expected gain is Kullback & Leibler's divergence of the stratum's error share, as estimated from the answers
        so far, from its share at the worst split. The rule sees only earlier answers of both strata.
        """
        size, share = self.planned(asked, wrong)
        null = worst_split(size, share * size, self.weight[:, None], self.alpha).shares[:, :, 0]
        one = np.ones_like(share)
        gain = log_likelihood(one, share, share) - log_likelihood(one, share, null)
        left = asked < self.tickets
        return np.asarray(left[1] & (~left[0] | (gain[1] > gain[0])))

    def planned(self, asked: Counts, wrong: Counts) -> tuple[Floats, Floats]:
        """Return answers and error shares that the asking is planned with, both (2, m).

        As if a few tickets had been answered before the first. Where the estimated risk is not well below alpha, the
        shares are scaled down until it is: only then does asking lead anywhere.
        """
        size = (asked + PRIOR_ANSWERS).astype(np.float64)
        share = np.asarray((wrong + PRIOR_ANSWERS * PRIOR_SHARES) / size, dtype=np.float64)
        risk = (1 - self.weight) * share[0] + self.weight * share[1]
        return size, share * np.minimum(1, _HOPED * self.alpha / risk)


def _weights(tickets: Counts) -> tuple[Floats, Floats]:
    """Return candidate weights (m, w) of the stratum that disagrees, and the log evidence against each cell (m, w - 1).

    The evidence is an e-value: for every true weight its expectation over the draw of the strata's sizes is 1. It is a
    mixture of exponential tilts, of which each is monotone, so its value in a cell is at least that at one end.
    """
    total, disagree = tickets.sum(0)[:, None].astype(np.float64), tickets[1][:, None]
    centre = (disagree + 0.5) / (total + 1)
    weights = np.clip(centre + _WEIGHTS * np.sqrt(centre * (1 - centre) / np.maximum(total, 1)), 1e-9, 1 - 1e-9)
    weights[:, 0], weights[:, -1] = 1e-9, 1 - 1e-9
    parts = []
    for share, tilt in _TILTS:
        rate = tilt / np.maximum(total, 1)
        end = weights[:, :-1] if tilt > 0 else weights[:, 1:]
        parts.append(np.log(share) - rate * disagree - total * np.log1p(end * np.expm1(-rate)))
    return weights, np.asarray(logsumexp(np.stack(parts), axis=0))


def _unlikely(tickets: Counts, asked: Counts, wrong: Counts) -> Floats:
    """Return -log probability of one stratum's answers for each number of wrong labels in it, (m, most tickets + 1)."""
    logs = gammaln(np.arange(int(tickets.max()) + 2) + 1.0)
    n, m, k = tickets[:, None], asked[:, None], wrong[:, None]
    bad = np.arange(int(tickets.max()) + 1)[None, :]
    possible = (bad >= k) & (n - bad >= m - k)
    b = np.where(possible, bad, k)
    drawn = logs[b] - logs[b - k] + logs[n - b] - logs[n - b - (m - k)]
    return np.where(possible, logs[n] - logs[n - m] - drawn, np.inf)
