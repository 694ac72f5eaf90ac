"""AUROC: how well a probability separates right from wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 500
SEED = 20260301


def auroc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """Return how often a right one has the higher score than a wrong one, ties half; None where one kind is missing.

    The area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil 1982).
    """
    n = int(right.sum())
    if not 0 < n < len(right):
        return None
    above = rankdata(scores)[right].sum() - n * (n + 1) / 2
    return float(above / (n * (len(right) - n)))


def auroc_interval(
    scores: NDArray[np.float64], right: NDArray[np.bool_], groups: NDArray[np.int64]
) -> tuple[float, float] | None:
    """Return the 95 % interval of the AUROC, by drawing groups anew.

    Parameters
    ----------
    scores
        Shape (n,).
    right
        Shape (n,), bool.
    groups
        Shape (n,), int from 0. What belongs together, such as one question asked twice, is drawn together.

    Returns
    -------
    tuple or None
        The 2.5 and 97.5 % quantiles of 500 bootstrap samples; None where one kind is missing.
    """
    if auroc(scores, right) is None:
        return None
    random = np.random.default_rng(SEED)
    rows = [np.flatnonzero(groups == group) for group in range(int(groups.max()) + 1)]
    found = []
    for _ in range(DRAWS):
        chosen = np.concatenate([rows[group] for group in random.integers(len(rows), size=len(rows))])
        area = auroc(scores[chosen], right[chosen])
        if area is not None:
            found.append(area)
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
