"""The foreign-text gate of a bundle: tells texts that are unlike the desk's tickets, which no head has learnt about.

    score = sum of weight * exp(-sharpness * squared distance) over the neighbours
          + sum of weight * energy over the heads + intercept

Neighbours are sentence vectors of tickets and of background texts, with positive and negative weights. A text is
foreign where its score is below the threshold of its language. `training.classifiers.foreign_texts` fits the gate.
Serving pays one product of a vector with the neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NO_LENGTH = np.float32(1e-9)


class LanguageFigures(Struct, frozen=True, kw_only=True):
    """The gate in one language: `abstained` of n held-out tickets, `caught` of the background texts."""

    n: int
    abstained: float | None
    """None: no held-out ticket is in this language."""
    caught: float


class GateFigures(Struct, frozen=True, kw_only=True):
    """How often the gate calls texts foreign: the desk's held-out tickets, and background texts it has not seen."""

    n: int
    """Held-out tickets."""
    abstained: float | None
    """Share of them that is called foreign; None: there are none."""
    background: int
    """Background texts, without those that are close to the desk's tickets."""
    caught: float
    """Share of them that is called foreign, each by a gate that was fitted without it."""
    languages: Mapping[str, LanguageFigures]


class ForeignTextGate(Struct, frozen=True, kw_only=True):
    """What the manifest keeps of the gate."""

    file: str
    """The neighbours: vectors (n, dim) float16 and weights (n,) float32."""
    sharpness: float
    energies: Mapping[str, float]
    """By head, the weight of its energy (`triage.model.classifier.energy_of`)."""
    intercept: float
    threshold: float
    """Of languages that none of the desk's tickets has."""
    thresholds: Mapping[str, float]
    """By language."""
    measured: GateFigures


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Unit vectors (n, dim) of known texts, and their weights (n,) float32: above zero, like the desk's."""

    vectors: NDArray[np.floating]
    weights: NDArray[np.float32]

    def arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return them as a bundle keeps them."""
        return {"vectors": self.vectors.astype(np.float16), "weights": self.weights}


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The gate ready to run."""

    entry: ForeignTextGate
    neighbours: Neighbours

    def scores(self, states: NDArray[np.floating], energies: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return how familiar texts are to the desk, (n_texts,); `energies` are by head."""
        vectors, known = sentence_vectors(states), self.neighbours
        distances = 2 - 2 * (vectors @ known.vectors.astype(np.float32, copy=False).T)
        found = (np.exp(-self.entry.sharpness * distances) @ known.weights).astype(np.float64) + self.entry.intercept
        for head, weight in self.entry.energies.items():
            found += weight * energies[head]
        return np.asarray(found, dtype=np.float64)

    def foreign(self, scores: NDArray[np.float64], languages: Sequence[str | None]) -> NDArray[np.bool_]:
        """Say which texts of these scores and languages are foreign, (n_texts,)."""
        at = [self.entry.thresholds.get(each or "", self.entry.threshold) for each in languages]
        return np.asarray(scores < np.array(at, dtype=np.float64))


def sentence_vectors(states: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the sentence vectors that states begin with, (n_texts, dim) of unit length: the first pool."""
    first = states[:, 0].astype(np.float32)
    return np.asarray(first / np.maximum(np.linalg.norm(first, axis=1, keepdims=True), _NO_LENGTH), np.float32)
