"""Closed tickets that are like a new one: what was asked before, and what solved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.precedents import Precedents
from retrieval.vector_index import VectorIndex
from triage.bundle import Cases

# A closed ticket further off than this is about something else, and showing it would cost an agent's time.
LIKE_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A closed ticket and how close it is, as the cosine of the two texts."""

    id: str
    subject: str
    resolution: str | None
    score: float


class ClosedCases:
    """The closed tickets that a bundle carries, searchable by vector; immutable."""

    def __init__(self, index: VectorIndex | None, records: tuple[Mapping[str, Any], ...]) -> None:
        self._index = index
        self._records = records

    @classmethod
    def of(cls, cases: Cases) -> "ClosedCases":
        """Index the cases of a bundle; a bundle may carry none."""
        vectors = np.ascontiguousarray(cases.vectors, dtype=np.float32)
        return cls(VectorIndex.build(vectors) if len(vectors) else None, tuple(cases.records))

    def __len__(self) -> int:
        return len(self._records)

    def like(self, vectors: np.ndarray, *, limit: int = 3) -> list[list[SimilarCase]]:
        """Find the nearest closed tickets.

        Parameters
        ----------
        vectors
            float32, shape (n_texts, dim), unit length.
        limit
            At most so many for a text.

        Returns
        -------
        list of list of SimilarCase
            One list a text, nearest first; empty where nothing is alike.
        """
        if self._index is None:
            return [[] for _ in vectors]
        scores, rows = self._index.search(vectors, min(limit, len(self._records)))
        return [
            [
                self._case(int(row), float(score))
                for score, row in zip(*pair, strict=True)
                if row >= 0 and score >= LIKE_ENOUGH
            ]
            for pair in zip(scores, rows, strict=True)
        ]

    def _case(self, row: int, score: float) -> SimilarCase:
        record = self._records[row]
        resolution = record.get("resolution")
        return SimilarCase(
            id=str(record["id"]),
            subject=str(record.get("subject") or ""),
            resolution=str(resolution) if resolution else None,
            score=min(score, 1.0),
        )


def precedents(cases: Cases) -> Precedents:
    """Return the closed tickets that an article solved: they vote for it when a similar question comes."""
    solved_by = [record.get("kb_article_id") or () for record in cases.records]
    return Precedents.build(cases.vectors, [(ids,) if isinstance(ids, str) else tuple(ids) for ids in solved_by])
