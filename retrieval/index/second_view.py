"""Passages and titles by the vectors of a second encoder, compared on the first one's scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from retrieval.index.encoder_name import EncoderName
from retrieval.index.layered_index import FindsRows
from retrieval.index.vector_index import VectorIndex

#: So many texts tell how near texts of one desk are to each other.
SAMPLED: Final = 256
#: However near a question is to all of them, cosines are spread no further than this allows.
LEAST: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Puts cosines of the second encoder on the scale of the first, so that one set of weights fits both.

    Some encoders put all texts near each other, unrelated ones at .8, and a question in another language further off
    from all of them. How near a question is to the desk's texts on average counts as what two of these have in common
    by the first encoder; 1 stays 1.
    """

    common: float
    """Mean cosine of two texts by the first encoder."""
    centre: np.ndarray
    """Mean vector of the texts by the second one, float32 (dim,)."""

    def __call__(self, cosines: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return a question's cosines on the first one's scale; its vector (dim,) is by the second."""
        slope = np.float32((1 - self.common) / max(1 - float(vector @ self.centre), LEAST))
        return np.asarray(slope * (cosines - 1) + 1, dtype=np.float32)

    @classmethod
    def between(cls, first: FindsRows, second: FindsRows) -> Scale:
        """Find it from the same texts, row by row, by both encoders."""
        rows = np.unique(np.linspace(0, len(first) - 1, min(len(first), SAMPLED)).astype(np.int64))
        if len(rows) < 2:
            return cls(0.0, np.zeros(second.dim, dtype=np.float32))
        total = first.vectors(rows).sum(axis=0, dtype=np.float64)
        common = float(total @ total - len(rows)) / (len(rows) * (len(rows) - 1))
        return cls(common, second.vectors(rows).mean(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class SecondView:
    """A row for each passage, then one for each title, as in the index."""

    encoder: EncoderName
    vectors: VectorIndex
    scale: Scale

    def similarities(self, vector: np.ndarray) -> np.ndarray:
        """Compare a question, float32 (dim,), with every row, float32 (n_rows,)."""
        return self.scale(self.vectors.similarities(vector), vector)

    def part(self, rows: np.ndarray) -> SecondView:
        """Return some of the rows, int64, which are numbered anew."""
        return replace(self, vectors=VectorIndex.build(self.vectors.vectors(rows)))
