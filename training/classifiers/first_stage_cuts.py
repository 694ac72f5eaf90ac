"""When the first stage decides a ticket: chosen on the calibration slice, so that no head errs more than without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from triage.model.classifier import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SHARES: Final = tuple(step / 20 for step in range(19, 0, -1))
"""The shares of the calibration tickets of which a head is sure that are tried."""
COVERAGES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""At these the joint decision errs no more often than the encoder's heads alone."""
STRANGERS: Final = 0.01
"""Share of the background texts, which are foreign to the desk, that the first stage may decide."""
USUAL: Final = 0.02
"""So many of the desk's tickets with the fewest known n-grams are left to the encoder in any case."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Texts as the first stage sees them: by head its scores (n, n_classes), how familiar (n,), the known share (n,).

    The scores are divided by the temperature.
    """

    scores: Mapping[str, NDArray[np.float64]]
    familiar: NDArray[np.float64]
    known: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """When the first stage decides: from which confidence on each head is sure, and how familiar a text must be."""

    sure_at: Mapping[str, float]
    familiar_at: float = -np.inf
    known_at: float = 0.0

    def decided(self, texts: Looked) -> NDArray[np.bool_]:
        """Return which texts are decided, (n,)."""
        sure = [softmax(texts.scores[head]).max(axis=1) >= at for head, at in self.sure_at.items()]
        return np.asarray((texts.known >= self.known_at) & (texts.familiar >= self.familiar_at) & np.all(sure, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The scores of an encoder's head of the calibration tickets, and which label they have, column or -1; (n,)."""

    scores: NDArray[np.float64]
    truth: NDArray[np.int64]
    labelled: NDArray[np.bool_]

    def errors(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many labels are wrong at each of the coverages, (n_coverages,)."""
        probabilities = softmax(scores[self.labelled])
        wrong = probabilities.argmax(axis=1) != self.truth[self.labelled]
        order = np.argsort(-probabilities.max(axis=1), kind="stable")
        ends = [int(len(order) * coverage) for coverage in COVERAGES]
        return np.concatenate(([0], np.cumsum(wrong[order])))[ends]

    def is_no_worse(self, words: NDArray[np.float64], decided: NDArray[np.bool_]) -> bool:
        """Tell whether the joint decision errs no more in all, and at lower coverages by no more than chance makes."""
        own = self.errors(self.scores)
        more = self.errors(np.where(decided[:, None], words, self.scores)) - own
        return bool(more[-1] <= 0 and (more <= 1 + np.sqrt(own)).all())


def chosen(own: Looked, strangers: Looked, beside: Mapping[str, Beside]) -> Cuts | None:
    """Choose when the first stage decides.

    Parameters
    ----------
    own
        The calibration tickets.
    strangers
        Background texts, their familiarity by what was fitted without them.
    beside
        By head, the encoder's trial head on the calibration tickets.

    Returns
    -------
    Cuts or None
        Those under which most tickets are decided and no head errs more than without them; None where there are none.
    """
    best, most = None, 0
    usual = float(np.quantile(own.known, USUAL))
    confidence = {head: softmax(scores).max(axis=1) for head, scores in own.scores.items()}
    for share in SHARES:
        sure_at = {head: float(np.quantile(each, 1 - share)) for head, each in confidence.items()}
        near = np.sort(strangers.familiar[Cuts(sure_at, known_at=usual).decided(strangers)])[::-1]
        allowed = int(STRANGERS * len(strangers.known))
        at = float(np.nextafter(near[allowed], np.inf)) if len(near) > allowed else float(own.familiar.min())
        cuts = Cuts(sure_at, at, usual)
        decided = cuts.decided(own)
        if decided.sum() > most and all(each.is_no_worse(own.scores[head], decided) for head, each in beside.items()):
            best, most = cuts, int(decided.sum())
    return best
