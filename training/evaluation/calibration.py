"""Calibration: a temperature for the probabilities, and the confidence from which a label is shown."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLDEST, _HOTTEST = 0.02, 20.0
NEVER = 1.01


def temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Find the temperature under which held-out labels are most likely.

    Parameters
    ----------
    scores
        Shape (n, n_classes). Margins of tickets that the head was not fitted on.
    truth
        Shape (n,), int. Column of the right class; -1 where the head does not know it (left out).

    Returns
    -------
    float
        Minimises the negative log likelihood of softmax(scores / temperature): Guo et al. 2017, "On calibration of
        modern neural networks". A standard normal prior on its logarithm keeps it finite where no held-out label is
        wrong: a temperature near 0 would call every guess certain. 1.0 without tickets.
    """
    known = truth >= 0
    scores, truth = scores[known], truth[known]
    if not len(truth):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        peak = scaled.max(axis=1)
        total = peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1))
        likelihood = np.mean(total - scaled[np.arange(len(truth)), truth])
        return float(likelihood + log_temperature**2 / (2 * len(truth)))

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def suggest_at(confidence: NDArray[np.float64], right: NDArray[np.bool_], *, accuracy: float, lowest: float) -> float:
    """Find the lowest confidence from which the labels shown are right often enough.

    Parameters
    ----------
    confidence
        Shape (n,). Calibrated probability of each ticket's best label.
    right
        Shape (n,), bool. Whether that label is the right one.
    accuracy
        Wanted share of right labels among those shown.
    lowest
        Never go below this confidence.

    Returns
    -------
    float
        At least `lowest`; 1.01 (nothing is shown) where no confidence is enough.
    """
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= accuracy)
    if not len(order):
        return max(lowest, accuracy)
    if not len(enough):
        return NEVER
    # rounded down: rounded up, it would shut out the very ticket that it was read from
    return max(lowest, floor(float(confidence[order[enough[-1]]]) * 10_000) / 10_000)
