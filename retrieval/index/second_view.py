"""Passages and titles by the vectors of a second encoder, compared on the first one's scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from retrieval.index.encoder_name import EncoderName
from retrieval.index.vector_index import VectorIndex

#: So many texts tell how near texts of one desk are to each other.
SAMPLED: Final = 256


@dataclass(frozen=True, slots=True)
class Scale:
    """Puts cosines of the second encoder on the scale of the first, so that one set of weights fits both.

    Some encoders put all texts near each other: unrelated ones at .8. What two texts of the desk have in common on
    average is the same in both, and so is 1.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, cosines: np.ndarray) -> np.ndarray:
        """Return the cosines on the first one's scale, of the same type."""
        if self == Scale():
            return cosines
        return np.asarray(cosines * np.float32(self.slope) + np.float32(self.offset))

    @classmethod
    def between(cls, first: VectorIndex, second: VectorIndex) -> Scale:
        """Find it from the same texts, row by row, by both encoders."""
        rows = np.unique(np.linspace(0, len(first) - 1, min(len(first), SAMPLED)).astype(np.int64))
        if len(rows) < 2:
            return cls()
        own, other = _mean(first.vectors(rows)), _mean(second.vectors(rows))
        if other > 1 - 1e-3:
            return cls()
        slope = (1 - own) / (1 - other)
        return cls(slope, own - slope * other)


@dataclass(frozen=True, slots=True, eq=False)
class SecondView:
    """A row for each passage, then one for each title, as in the index."""

    encoder: EncoderName
    vectors: VectorIndex
    scale: Scale

    def similarities(self, vector: np.ndarray) -> np.ndarray:
        """Compare a question, float32 (dim,), with every row, float32 (n_rows,)."""
        return self.scale(self.vectors.similarities(vector))

    def part(self, rows: np.ndarray) -> SecondView:
        """Return some of the rows, int64, which are numbered anew."""
        return replace(self, vectors=VectorIndex.build(self.vectors.vectors(rows)))


def _mean(vectors: np.ndarray) -> float:
    """Return the mean cosine of two different texts."""
    n = len(vectors)
    total = vectors.sum(axis=0, dtype=np.float64)
    return float((total @ total - n) / (n * (n - 1)))
