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

_AGREE_SHARES = np.geomspace(0.0005, 0.06, 10)
_DISAGREE_SHARES = np.linspace(0.01, 0.5, 14)
_DOUBTED = 1e-3
"""Prior weight of error shares that are not below alpha: bets on them can never win."""
_TILTS = ((0.9, 60.0), (0.1, -60.0))
"""Of the weight's e-value: weight, and how fast its logarithm rises with the weight of the stratum that disagrees."""
_WEIGHTS = np.concatenate(([-40, -20, -10, -6], np.arange(-4, 8.01, 0.25), [9, 11, 14, 20, 40, 80]))
"""Candidate weights of the stratum that disagrees, in standard deviations from the observed one."""
_STEPS = 26
_PSEUDO_ANSWERS = 4.0
_PRIOR_MEAN = np.array([[0.025], [0.2]])


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
        shares = np.meshgrid(_AGREE_SHARES, _DISAGREE_SHARES, indexing="ij")
        self._shares = np.stack([share.ravel() for share in shares])
        risk = (1 - self.weight)[:, None] * self._shares[0] + self.weight[:, None] * self._shares[1]
        prior = np.where(risk < 0.95 * alpha, 1.0, _DOUBTED)
        self._log_prior = np.log(prior / prior.sum(1, keepdims=True))
        self._weights, self._weight_evidence = _weights(tickets)

    def only(self, audits: NDArray[np.bool_]) -> Bets:
        """Return the bets on some of the audits, (m,)."""
        return Bets(self.tickets[:, audits], self.alpha)

    def log_staked(self, asked: Counts, wrong: Counts) -> Floats:
        """Return the log probability of the answers under the prior, (m,): the numerator of every bet."""
        share = self._shares[:, None, :]
        fits = log_likelihood(asked[:, :, None], wrong[:, :, None], share).sum(0)
        return np.asarray(logsumexp(self._log_prior + fits, axis=1))

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
        return np.asarray(self.log_staked(asked, wrong) + cells.min(1))

    def log_wealth_of_these(self, asked: Counts, wrong: Counts, most: Counts) -> Floats:
        """Return the log wealth against "more than `most` (m,) of these very tickets' labels are wrong", (m,).

        The answers are drawn without replacement, so the null is a number of wrong labels in each stratum. Zero
        chance under every such null: infinite.
        """
        staked = self.log_staked(asked, wrong)
        tickets = np.broadcast_to(self.tickets, asked.shape)
        least = [
            _least_of_these(tickets[:, audit], asked[:, audit], wrong[:, audit], int(most[audit]))
            for audit in range(len(staked))
        ]
        return np.asarray(staked + np.array(least))

    def ask_disagreeing(self, asked: Counts, wrong: Counts) -> NDArray[np.bool_]:
        """Return in which stratum to ask next, (m,): where the next answer raises the wealth most at the worst split.

        The expected gain is Kullback & Leibler's divergence of the stratum's error share, as estimated from the answers
        so far, from its share at the worst split. The rule sees only earlier answers of both strata.
        """
        size = (asked + _PSEUDO_ANSWERS).astype(np.float64)
        share = np.asarray((wrong + _PSEUDO_ANSWERS * _PRIOR_MEAN) / size, dtype=np.float64)
        null = worst_split(size, share * size, self.weight[:, None], self.alpha).shares[:, :, 0]
        one = np.ones_like(share)
        gain = log_likelihood(one, share, share) - log_likelihood(one, share, null)
        left = asked < self.tickets
        return np.asarray(left[1] & (~left[0] | (gain[1] > gain[0])))


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


def _least_of_these(tickets: Counts, asked: Counts, wrong: Counts, most: int) -> float:
    """Return the smallest -log probability of the answers if more than `most` of these tickets are wrong."""
    fits = []
    for n, m, k in zip(tickets, asked, wrong, strict=True):
        bad = np.arange(n + 1)
        possible = (bad >= k) & (n - bad >= m - k)
        b = np.where(possible, bad, k)
        drawn = gammaln(b + 1) - gammaln(b - k + 1) + gammaln(n - b + 1) - gammaln(n - b - (m - k) + 1)
        fits.append(np.where(possible, gammaln(n + 1) - gammaln(n - m + 1) - drawn, np.inf))
    at_least = np.minimum.accumulate(fits[0][::-1])[::-1]
    lacking = np.maximum(most + 1 - np.arange(tickets[1] + 1), 0)
    within = lacking <= tickets[0]
    rest = np.where(within, at_least[np.minimum(lacking, tickets[0])], np.inf)
    return float(np.min(fits[1] + rest))
