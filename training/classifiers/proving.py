"""What the held-out tickets show of the heads: their certificates, and those of a tree's upper levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training.evaluation import slices
from training.evaluation.tree_levels import TreeSide, prove_levels
from triage.model.classifier import softmax

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from training.classifiers.features import Features
    from training.classifiers.fit import FittedHead, Tried
    from training.evaluation.certificates import Target
    from training.evaluation.slices import Proof, Unproven


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The trials, which calibrate, what they see of the tickets, and which tickets are foreign (n_tickets,)."""

    tried: Sequence[Tried]
    trial: Features
    foreign: NDArray[np.bool_]


def proven(
    measures: Sequence[tuple[FittedHead, Unproven]], seen: Seen, target: Target, trees: Collection[str]
) -> list[Proof]:
    """Test the heads, and then the upper levels of trees, which have half of the delta among them.

    Parameters
    ----------
    measures
        The heads with what certifies them.
    seen
        Of the calibration slice.
    target
        The risk, and the probability that any certificate of any head or level is wrong.
    trees
        The heads whose labels are paths.

    Returns
    -------
    list of Proof
        One for each head.
    """
    n = sum(head.labels.head in trees for head, _ in measures)
    proofs = slices.prove([unproven for _, unproven in measures], replace(target, delta=target.delta / (2 if n else 1)))
    each = replace(target, delta=target.delta / 2 / max(n, 1))
    return [
        _with_levels(proof, head, (tried, seen), each) if head.labels.head in trees else proof
        for (head, _), tried, proof in zip(measures, seen.tried, proofs, strict=True)
    ]


def _with_levels(proof: Proof, head: FittedHead, of: tuple[Tried, Seen], target: Target) -> Proof:
    tried, seen = of
    lesson, measured = tried.lesson, head.measured
    rows = lesson.labelled(lesson.split.calibrate)
    scores = tried.trained.scores(seen.trial, rows) / tried.temperature
    sides = (
        TreeSide(softmax(scores) if len(rows) else scores, lesson.own[rows].tolist(), seen.foreign[rows]),
        TreeSide(measured.probabilities, lesson.own[measured.rows].tolist(), measured.withheld),
    )
    passed = [part.certification for part in proof.parts]
    return replace(proof, levels=prove_levels(measured.classes, sides, passed, target))
