"""The first stage: heads on n-grams alone, which decide the tickets that they are sure of without the encoder.

It decides all labels of a ticket or none, by nothing but the text. So it and the encoder's heads are one predictor
with one probability, and that is what is calibrated, measured and certified (`training.classifiers.cascade`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage.model.classifier import Heads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.cascade.entry import FirstStageEntry
    from triage.model.lexical import Lexicon


class Decided(NamedTuple):
    """What the first stage makes of texts: which it decides (n_texts,), and by head its probabilities of all."""

    texts: NDArray[np.bool_]
    probabilities: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A linear score of a text's n-grams: weights (n_features,) float32 of a lexicon, and an intercept."""

    lexicon: Lexicon
    weights: NDArray[np.float32]
    intercept: float

    def score(self, text: str) -> float:
        """Return the score of a cleaned text."""
        columns, values = self.lexicon.row(text)
        return float(values @ self.weights[columns]) + self.intercept


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """The first stage ready to run; its heads have n-grams and no states."""

    entry: FirstStageEntry
    heads: Heads
    familiar: Words

    def decide(self, texts: Sequence[str]) -> Decided:
        """Return which texts it decides, and the probabilities, (n_texts, n_classes) for each head."""
        states = no_states(len(texts))
        columns = Heads.read(self.heads, texts, states)  # before labels were merged: sure is what it was then
        found = columns if type(self.heads) is Heads else self.heads.read(texts, states)
        sure = np.ones(len(texts), dtype=bool)
        for name, each in self.entry.heads.items():
            sure &= columns[name].probabilities.max(axis=1) >= each.sure_at
        for place in np.flatnonzero(sure).tolist():
            sure[place] = self._knows(texts[place])
        return Decided(sure, {name: each.probabilities for name, each in found.items()})

    def _knows(self, text: str) -> bool:
        wanted = self.entry.familiar
        return self.heads.lexicon.known_share(text) >= wanted.known_at and self.familiar.score(text) >= wanted.at


def no_states(n: int) -> NDArray[np.float32]:
    """Return the states of n texts that no encoder has read."""
    return np.zeros((n, 1, 0), np.float32)
