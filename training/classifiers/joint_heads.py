"""Heads as they judge together with the first stage: what is calibrated, measured and certified of a cascade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.classifiers.fit import Trained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.classifiers.features import Features
    from training.classifiers.fit import Tried

    Rows = NDArray[np.int64]
    Scores = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The first stage on the tickets of a slice, at `rows` (ascending): which it decides (n,), and its scores.

    The scores, (n, n_classes) by head, are divided by the temperature.
    """

    rows: Rows
    decided: NDArray[np.bool_]
    scores: Scores

    def over(self, head: str, rows: Rows, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the joint decision's scores of some of the tickets, where the encoder's head has these."""
        places = np.searchsorted(self.rows, rows)
        return np.where(self.decided[places][:, None], self.scores[head][places], scores)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Joint(Trained):
    """The joint decision, with the contract of the encoder's head that it is of."""

    head: str
    temperature: float
    side: Side

    def scores(self, features: Features, rows: Rows) -> NDArray[np.float64]:
        """Return the scores before the temperature of the encoder's head, (n_rows, n_classes)."""
        own = Trained.scores(self, features, rows) / self.temperature
        return self.side.over(self.head, rows, own) * self.temperature


def joined(
    sides: tuple[Side, Side], tried: Sequence[Tried], final: Sequence[Trained]
) -> tuple[list[Tried], list[Trained]]:
    """Return the trial heads and those that serve as they judge together with the first stage.

    `sides` are the first stage on the tickets that calibrate and on those that measure.
    """
    trials: list[Tried] = []
    serving: list[Trained] = []
    for each, head in zip(tried, final, strict=True):
        name, at = each.lesson.labels.head, each.temperature
        trials.append(replace(each, trained=Joint(each.trained.model, head=name, temperature=at, side=sides[0])))
        serving.append(Joint(head.model, head=name, temperature=at, side=sides[1]))
    return trials, serving
