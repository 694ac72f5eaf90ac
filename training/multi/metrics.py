"""Figures of a multi head on held-out tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from triage.model.multi.entry import MultiMetrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

DEPTHS = (1, 3, 5)
"""Of precision at k."""


def measure(truth: Bools, shown: Bools, applied: Bools, probabilities: NDArray[np.float64]) -> MultiMetrics:
    """Measure a head.

    Parameters
    ----------
    truth
        Shape (n, n_labels). Which labels the tickets carry.
    shown
        Same shape. Which they get, applied or suggested.
    applied
        Same shape. Which of those are applied.
    probabilities
        Same shape.

    Returns
    -------
    MultiMetrics
        Without tickets only n.
    """
    n = len(truth)
    if not n:
        return MultiMetrics(n=0)
    most = np.zeros_like(truth)
    most[:, truth.sum(axis=0).argmax()] = True
    _, _, f1, support = by_label(truth, shown)
    carried = support > 0
    return MultiMetrics(
        n=n,
        micro_f1=micro_f1(truth, shown),
        macro_f1=float(f1[carried].mean()) if carried.any() else 0.0,
        precision_at={str(k): at for k in DEPTHS if (at := precision_at(k, truth, probabilities)) is not None},
        coverage=float(shown.any(axis=1).mean()),
        applied=float(applied.any(axis=1).mean()),
        trivial_micro_f1=micro_f1(truth, most),
    )


def by_label(
    truth: Bools, shown: Bools
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return precision, recall, F1 and support of each label, (n_labels,) each; NaN where there is nothing to divide.

    F1 is 0 there.
    """
    found = precision_recall_fscore_support(truth, shown, average=None, zero_division=np.nan)
    precision, recall, f1, support = (np.atleast_1d(np.asarray(each)) for each in found)
    return precision, recall, np.nan_to_num(f1), support.astype(np.int64)


def micro_f1(truth: Bools, shown: Bools) -> float:
    """Return F1 over all pairs of ticket and label; 1 where there is neither a label nor a guess."""
    right, either = int((truth & shown).sum()), int(truth.sum() + shown.sum())
    return 2 * right / either if either else 1.0


def precision_at(k: int, truth: Bools, probabilities: NDArray[np.float64]) -> float | None:
    """Return the share of right labels among the k likeliest, over the tickets that carry any; None: there are none."""
    rows = truth.any(axis=1)
    if not rows.any() or truth.shape[1] < k:
        return None
    best = np.argsort(-probabilities[rows], axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(truth[rows], best, axis=1).mean())
