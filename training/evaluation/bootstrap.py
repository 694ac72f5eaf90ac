"""The paired bootstrap: confidence intervals for the difference of two bundles on the same tickets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from triage.model.refit_record import Gain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DRAWS = 2_000
SEED = 20260301
INTERVAL = (2.5, 97.5)


class Redraws:
    """Tickets drawn again with replacement, each with what two bundles said of it.

    Every figure here depends only on how often each (truth, ours, theirs) occurs, so those counts are drawn: 2,000
    multinomial draws are 2,000 bootstrap samples (Efron and Tibshirani 1993, chapter 16; paired as in Koehn 2004,
    "Statistical significance tests for machine translation evaluation").

    Parameters
    ----------
    said
        For each ticket its label, what the one bundle says, and what the other says.
    """

    def __init__(self, said: Sequence[tuple[str, str, str]]) -> None:
        distinct = Counter(said)
        columns = zip(*distinct, strict=True)
        self._truth, self._ours, self._theirs = (np.array(column, dtype=object) for column in columns)
        n = np.array(list(distinct.values()))
        drawn = np.random.default_rng(SEED).multinomial(len(said), n / len(said), size=DRAWS)
        self._counts = drawn.astype(np.float64)

    def accuracy(self) -> Gain:
        """Return the gain in accuracy."""
        won = (self._ours == self._truth).astype(np.float64) - (self._theirs == self._truth)
        return _gain(self._counts @ won / self._counts.sum(axis=1))

    def recall(self, labels: Sequence[str]) -> Gain:
        """Return the gain in the share of the tickets of some labels that get any of these labels."""
        own, ours, theirs = (
            np.array([each in labels for each in column], dtype=np.float64)
            for column in (self._truth, self._ours, self._theirs)
        )
        won = ours - theirs
        return _gain(self._counts @ (own * won) / np.maximum(self._counts @ own, 1))

    def macro_f1(self) -> Gain:
        """Return the gain in macro-F1 over all labels that occur or that either bundle says."""
        labels = sorted({*self._truth, *self._ours, *self._theirs})
        return _gain(self._f1(self._ours, labels) - self._f1(self._theirs, labels))

    def _f1(self, guesses: NDArray[np.object_], labels: Sequence[str]) -> NDArray[np.float64]:
        """Return the mean F1 over the labels that occur in truth or guesses, (draws,)."""
        names = np.array(labels, dtype=object)
        truly, said = self._truth[:, None] == names, guesses[:, None] == names
        there = self._counts @ truly + self._counts @ said
        f1 = 2 * (self._counts @ (truly & said)) / np.maximum(there, 1)
        return np.asarray(f1.sum(axis=1) / np.maximum((there > 0).sum(axis=1), 1), dtype=np.float64)


def _gain(values: NDArray[np.float64]) -> Gain:
    low, high = np.percentile(values, INTERVAL)
    return Gain(float(low), float(high), float((1 + (values >= 0).sum()) / (1 + DRAWS)))
