"""Tests of several heads and slices together: what one of them does not need of delta goes to the others.

Each head, or slice of one, has a ladder of thresholds that is walked from strict to lax, and a share of delta. Two
things let a ladder hand on its share: calibration shows that it has no chance, so that it starts with nothing; or all
of its thresholds have passed, so that the rest of the desk gets what it was tested with, in equal parts.

Why at most a share delta of desks gets any wrong certificate: take the ladders that hold a threshold whose risk exceeds
alpha, and of each the strictest one. As long as none of these has passed, none of those ladders has passed as a whole,
so all that was handed on came from the other ladders. Had all others handed on theirs, then each of those ladders would
have its first share and an equal part of the others' first shares, in whatever order they came: numbers that are fixed
before the test, and that add up to delta. So a wrong certificate needs one of those thresholds to pass at its number,
which by the union bound happens with probability delta at most. It is the graphical procedure of Bretz, Maurer,
Brannath & Posch 2009 for ladders. The first shares come from the calibration slice and from the number of tickets in
each slice, never from held-out labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.certificates import Certification, ladder, walked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.evaluation.certificates import Evidence, Ladder, Target

NO_CHANCE = 0.05
"""A ladder whose start passes more seldom than this, by what calibration shows, starts without a share of delta."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A ladder, and the held-out tickets that test it."""

    ladder: Ladder
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """A head's tickets, or a slice of them: calibration slice, held-out slice, and the lowest threshold to test."""

    calibrate: Evidence
    held_out: Evidence
    lowest: float


def candidates(heads: Sequence[Sides], target: Target) -> list[Candidate]:
    """Choose each one's ladder, for the share of delta that it will start with.

    Whether it has a chance is judged at the whole delta, which it may inherit. The held-out tickets are only counted.
    """
    alone = [ladder(each.calibrate, len(each.held_out.confidence), target, each.lowest).chance for each in heads]
    hopeful = sum(chance >= NO_CHANCE for chance in alone) or len(heads)
    share = replace(target, delta=target.delta / max(1, hopeful))
    ladders = [ladder(each.calibrate, len(each.held_out.confidence), share, each.lowest) for each in heads]
    return [
        Candidate(replace(steps, chance=chance), each.held_out)
        for each, steps, chance in zip(heads, ladders, alone, strict=True)
    ]


def shares(heads: Sequence[Candidate]) -> list[float]:
    """Return the share of delta that each starts with; they add up to 1, or to 0 where there is nothing to test."""
    able = [len(each.ladder.thresholds) > 0 for each in heads]
    hopeful = [each.ladder.chance >= NO_CHANCE for each in heads]
    wanted = hopeful if any(hopeful) else able
    return [each / max(1, sum(wanted)) for each in wanted]


def settle(heads: Sequence[Candidate], target: Target) -> list[Certification]:
    """Test them together.

    Parameters
    ----------
    heads
        The heads of one desk, or their slices.
    target
        The risk, and the probability that any of the certificates is wrong.

    Returns
    -------
    list of Certification
        In their order.
    """
    found = [walked(each.ladder.thresholds, each.evidence, target.alpha) for each in heads]
    levels = [share * target.delta for share in shares(heads)]
    passed = [0] * len(heads)
    walking = {i for i, (steps, _) in enumerate(found) if steps}
    while ready := [i for i in sorted(walking) if found[i][1][passed[i]] <= levels[i]]:
        for i in ready:
            failed = np.flatnonzero(found[i][1] > levels[i])
            passed[i] = int(failed[0]) if len(failed) else len(found[i][0])
            if not len(failed):
                walking.remove(i)
                for other in walking:
                    levels[other] += levels[i] / len(walking)
    even = target.delta / max(1, len(heads))
    return [
        Certification(target, steps[0] if steps else None, steps[:n], level or even)
        for (steps, _), n, level in zip(found, passed, levels, strict=True)
    ]
