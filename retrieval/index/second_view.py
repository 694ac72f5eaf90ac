"""Passages and titles by the vectors of a second encoder, compared on the first one's scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from retrieval.encoder.encoder import Progress
from retrieval.index.encoder_name import EncoderName
from retrieval.index.headings import Headings
from retrieval.index.known_questions import KnownQuestions
from retrieval.index.layered_index import FindsRows
from retrieval.index.text_encoder import ByText, TextEncoder, vectors_of
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
class FirstView:
    """What the first encoder read: the texts of the rows with their vectors, headings, and known questions."""

    texts: Sequence[str]
    vectors: VectorIndex
    headings: Headings
    asked: KnownQuestions


@dataclass(frozen=True, slots=True, eq=False)
class SecondView:
    """A row for each passage, then one for each title, as in the index."""

    encoder: EncoderName
    vectors: VectorIndex
    scale: Scale
    headings: Headings | None = None
    """None in an index of an earlier version: the first encoder's stay."""
    asked: KnownQuestions | None = None
    """The questions that the desk has checked; None as above."""

    def similarities(self, vector: np.ndarray) -> np.ndarray:
        """Compare a question, float32 (dim,), with every row, float32 (n_rows,)."""
        return self.scale(self.vectors.similarities(vector), vector)

    @classmethod
    def read(
        cls, first: FirstView, encoder: TextEncoder, known: tuple[ByText, ByText], progress: Progress | None
    ) -> SecondView:
        """Encode again what the first one read; `known` are vectors of texts read as passages, and as questions."""
        texts = [*first.texts, *first.headings.texts]
        read = vectors_of(texts, known[0], encoder, progress, as_passages=True)
        rows, named = np.split(read, [len(first.texts)])
        asked = vectors_of(first.asked.texts, known[1], encoder, progress, as_passages=False)
        vectors = VectorIndex.build(rows)
        return cls(
            EncoderName(encoder.name, encoder.fingerprint, encoder.dim),
            vectors,
            Scale.between(first.vectors, vectors),
            replace(first.headings, vectors=named.astype(np.float16)),
            replace(first.asked, vectors=asked.astype(np.float16).astype(np.float32)),
        )

    def known(self, texts: Sequence[str]) -> tuple[ByText, ByText]:
        """Return the vectors that it has of texts read as passages, with those of its rows, and as questions."""
        passages = dict(zip(texts, self.vectors.vectors(), strict=True))
        if self.headings is not None:
            passages |= {text: vector.astype(np.float32) for text, vector in self.headings.by_text().items()}
        return passages, dict(zip(self.asked.texts, self.asked.vectors, strict=True)) if self.asked else {}

    def asked_cosines(self, vector: np.ndarray) -> np.ndarray | None:
        """Compare a question, float32 (dim,), with the known ones, float64 (n,); None where they were not read."""
        if self.asked is None:
            return None
        scaled = self.scale(self.asked.cosines(vector), vector)
        return np.asarray(scaled, dtype=np.float64)

    def heading_cosines(self, vector: np.ndarray, rows: np.ndarray, missing: np.ndarray) -> np.ndarray | None:
        """Compare a question with headings, see `Headings.cosines`; None where they were not read."""
        if self.headings is None:
            return None
        scaled = self.scale(self.headings.cosines(vector, rows, missing), vector)
        return np.where(self.headings.of[rows] >= 0, scaled, missing)

    def part(self, rows: np.ndarray, passages: np.ndarray, numbers: Sequence[int]) -> SecondView:
        """Return some of the rows, those of some passages and articles (int64); all are numbered anew."""
        return replace(
            self,
            vectors=VectorIndex.build(self.vectors.vectors(rows)),
            headings=self.headings and self.headings.part(passages),
            asked=self.asked and self.asked.part(numbers),
        )
