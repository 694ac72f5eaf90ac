"""The upper levels of a tree: their certificates, for tickets whose path is not applied further down.

The classifier is one of leaves; a parent's probability is the sum of its leaves', so no child is ever likelier than its
parent. A parent is applied only where the confidence further down stays below a limit, under which nothing further
down is applied. The limit follows from what was certified there by the same held-out tickets, rounded down to one of
few values that the calibration slice fixes. So the test of a parent shares its delta among all these values (a union
bound), and holds whichever of them it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import certificates
from training.evaluation.certificates import Certification, Evidence
from triage.model.certificate import HeadCertificate
from triage.model.head_entry import LevelEntry
from triage.taxonomy.heads import SEPARATOR
from triage.taxonomy.tree import above

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.evaluation.certificates import Target

    Floats = NDArray[np.float64]

QUANTILES = (0.1, 0.25, 0.45, 0.7)
"""Of the confidence on the calibration slice: what a limit may be, beside 0."""
LIMITS = len(QUANTILES) + 2
"""Values of a limit: those, 0, and none at all."""
LOWEST = 0.5
"""No parent is applied that is less likely than all others together."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelProof:
    """An upper level: how many parts its paths have, its figures on the held-out tickets, and its test."""

    parts: int
    labels: int
    accuracy: float | None
    n: int
    certification: Certification
    below: tuple[float | None, ...]
    """It is applied where the confidences of the levels further down, leaves first, stay below these; None: any."""

    def entry(self, bound: Mapping[str, object]) -> LevelEntry:
        """Return what the manifest says of it; `bound` is what certificates of the head are bound to."""
        found = self.certification
        earned = certificates.earned(found, HeadCertificate, {"slice": {}, **bound, "level": self.parts})
        least = certificates.needed(found.tested_at)
        reason = f"it takes {least} held-out tickets without an error whose path is not applied further down"
        if 0.0 in self.below:
            reason = "what is below it is applied to nearly all tickets, so there are too few to test it on"
        return LevelEntry(
            level=self.parts,
            labels=self.labels,
            n=self.n,
            accuracy=self.accuracy,
            certificate=earned,
            below=self.below,
            reason=None if earned else reason,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TreeSide:
    """Tickets of one slice: their leaves' probabilities (n, n_leaves), their labels, and which are withheld (n,)."""

    probabilities: Floats
    labels: Sequence[str]
    withheld: NDArray[np.bool_]

    def at(self, leaves: Sequence[str], parts: int) -> Evidence:
        """Return how sure the best label of a level is, and whether it is right."""
        names = [above(label, parts) for label in leaves]
        known = sorted(set(names))
        if not len(self.probabilities):
            return Evidence(np.empty(0), np.empty(0, dtype=bool))
        sums = np.zeros((len(self.probabilities), len(known)))
        for column, name in enumerate(names):
            sums[:, known.index(name)] += self.probabilities[:, column]
        guesses = [known[place] for place in sums.argmax(axis=1).tolist()]
        right = [guess == above(label, parts) for guess, label in zip(guesses, self.labels, strict=True)]
        return Evidence(sums.max(axis=1), np.array(right, dtype=bool))


def prove_levels(
    leaves: Sequence[str], sides: tuple[TreeSide, TreeSide], passed: Sequence[Certification], target: Target
) -> tuple[LevelProof, ...]:
    """Test the upper levels of a tree.

    Parameters
    ----------
    leaves
        The labels of the columns.
    sides
        The calibration slice and the held-out slice.
    passed
        What was certified of the leaves, slice by slice.
    target
        The risk, and the delta of all levels together.

    Returns
    -------
    tuple of LevelProof
        The level nearest to the leaves first.
    """
    depth = max(label.count(SEPARATOR) for label in leaves)
    lowest = min((each.passed.threshold for each in passed if each.passed is not None), default=None)
    deeper = [side.at(leaves, depth + 1) for side in sides]
    taken = [side.withheld for side in sides]
    below: tuple[float | None, ...] = ()
    found: list[LevelProof] = []
    own = replace(target, delta=target.delta / max(1, depth))
    share = own
    for parts in range(depth, 0, -1):
        most = limit(deeper[0], lowest)
        below, share = (*below, most), replace(share, delta=share.delta / LIMITS)
        if most is not None:
            taken = [mask | (each.confidence >= most) for mask, each in zip(taken, deeper, strict=True)]
        deeper = [side.at(leaves, parts) for side in sides]
        known, tested = (each.without(mask) for each, mask in zip(deeper, taken, strict=True))
        steps = certificates.ladder(known, len(tested.confidence), share, LOWEST).thresholds
        test = replace(certificates.certify(steps, tested, share), target=own, level=share.delta)
        accuracy = float(tested.right.mean()) if len(tested.right) else None
        n_labels = len({above(label, parts) for label in leaves})
        found.append(LevelProof(parts, n_labels, accuracy, len(tested.right), test, below))
        lowest = test.passed.threshold if test.passed else None
    return tuple(found)


def limit(calibrate: Evidence, lowest: float | None) -> float | None:
    """Return the limit under which nothing is applied by a level that applies from `lowest` on; None: there is none.

    One of the quantiles of the confidence on the calibration slice, or 0.
    """
    if lowest is None:
        return None
    if not len(calibrate.confidence):
        return 0.0
    grid = np.quantile(calibrate.confidence, QUANTILES)
    return float(max((each for each in grid.tolist() if each <= lowest), default=0.0))
