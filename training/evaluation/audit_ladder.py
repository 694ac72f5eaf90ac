"""The thresholds that an audit tests, chosen by how many tickets reach them: labels have no part in it.

The ladder of a certificate by closed labels starts where those labels show most clearly that the risk is low. Where
they are too often wrong to show it, that place says nothing. So an audit starts with the surest tickets that are enough
to bear an error or two, and goes on from there to all labels that are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.certificates import STEPS, needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.evaluation.certificates import Target

START = 2
"""The strictest step has this many times the tickets that earn the certificate without an error, where there are."""


def audit_ladder(
    calibrate: NDArray[np.float64], held_out: NDArray[np.float64], target: Target, lowest: float
) -> tuple[float, ...]:
    """Return the thresholds that an audit of the held-out tickets tests.

    Parameters
    ----------
    calibrate
        Shape (n,). Confidences on the calibration slice: its hundredths are the steps.
    held_out
        Shape (m,). Confidences on the tickets that are audited.
    target
        Risk and confidence of the slice.
    lowest
        Confidence below which no label is shown.

    Returns
    -------
    tuple
        From strict to lax; empty where too few held-out tickets reach `lowest` to certify anything.
    """
    least = needed(target)
    reached = int((held_out >= lowest).sum())
    if reached < least:
        return ()
    ranked = np.sort(calibrate)[::-1]
    places = np.unique(np.ceil(np.linspace(0, len(ranked), STEPS + 1)[1:]).astype(np.int64) - 1)
    thresholds = np.unique(np.append(ranked[places] if len(ranked) else ranked, lowest))[::-1]
    thresholds = thresholds[thresholds >= lowest]
    n = (held_out[:, None] >= thresholds).sum(axis=0)
    start = max(least, min(START * least, reached // 2))
    return tuple(thresholds[n >= start].tolist())
