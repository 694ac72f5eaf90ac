"""The certificates of a multi head's labels: tested one by one, promised together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import certificates
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.certificates import Certification, Evidence, Target, needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST = 0.5
"""No label is applied that is less likely than not."""
HOPELESS = 0.01
"""A label whose test passes with a smaller probability, by what calibration shows, is not tested."""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Tickets of one slice: probabilities and truth (n, n_labels), and which are foreign (n,)."""

    probabilities: NDArray[np.float64]
    truth: NDArray[np.bool_]
    foreign: NDArray[np.bool_]

    def of(self, label: int) -> Evidence:
        """Return how sure one label is of each ticket, and whether the ticket carries it."""
        return Evidence(self.probabilities[:, label], self.truth[:, label]).without(self.foreign)


def certify(sides: tuple[Sides, Sides], target: Target) -> tuple[Certification, ...]:
    """Test each label's thresholds, at an equal share of delta.

    A label that could not pass by what calibration shows is not tested, and takes no share.

    Parameters
    ----------
    sides
        The calibration slice, which sets the thresholds, and the held-out slice, which tests them.
    target
        The risk, and the delta of all labels together.

    Returns
    -------
    tuple of Certification
        One a label.
    """
    labels = range(sides[0].probabilities.shape[1])
    known, tested = ([side.of(label) for label in labels] for side in sides)

    def steps(label: int, share: Target) -> certificates.Ladder:
        return certificates.ladder(known[label], len(tested[label].confidence), share, LOWEST)

    hopeful = {label for label in labels if steps(label, target).chance >= HOPELESS}
    share = Target(target.alpha, target.delta / max(1, len(hopeful)))
    found = []
    for label in labels:
        thresholds = steps(label, share).thresholds if label in hopeful else np.empty(0)
        test = certificates.certify(thresholds, tested[label], share)
        found.append(Certification(target, test.start, test.steps, share.delta))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Steps:
    """What an audit of one label tests: thresholds from strict to lax, each at the label's whole share of delta."""

    target: Target
    thresholds: tuple[float, ...]


def audit_ladders(sides: tuple[Sides, Sides], target: Target) -> tuple[Steps | None, ...]:
    """Return what an audit tests of each label: delta is divided by the labels that enough held-out tickets would get.

    Parameters
    ----------
    sides
        The calibration slice, whose hundredths are the thresholds, and the held-out slice, which is audited. Only
        probabilities count: whose labels are right has no part in it.
    target
        The risk, and the delta of all labels together.

    Returns
    -------
    tuple of Steps or None
        One a label; None where too few held-out tickets reach `LOWEST` to certify anything.
    """
    known, tested = (np.where(side.foreign[:, None], 0.0, side.probabilities) for side in sides)
    enough = (tested >= LOWEST).sum(axis=0) >= needed(target)
    share = Target(target.alpha, target.delta / max(1, int(enough.sum())))
    found = []
    for label in range(tested.shape[1]):
        steps = audit_ladder(known[:, label], tested[:, label], share, LOWEST) if enough[label] else ()
        found.append(Steps(share, steps) if steps else None)
    return tuple(found)
