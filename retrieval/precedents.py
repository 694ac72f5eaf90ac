"""What the desk already knows: closed questions like this one, and the articles that solved them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from retrieval.vector_index import VectorIndex

#: How many similar questions vote, and how fast their voice falls with similarity.
NEIGHBOURS: Final = 20
SHARPNESS: Final = 4
#: What the votes must sum to for a full say: as much as one identical question, so that a few distant ones whisper.
ENOUGH: Final = 1.0


class Precedents:
    """Closed questions by vector, each with the articles that solved it."""

    def __init__(self, vectors: VectorIndex, article_ids: Sequence[Sequence[str]]) -> None:
        self._vectors = vectors
        self._article_ids = tuple(tuple(ids) for ids in article_ids)

    @classmethod
    def build(cls, vectors: np.ndarray, article_ids: Sequence[Sequence[str]]) -> Precedents:
        """Keep the questions that were solved by an article.

        Parameters
        ----------
        vectors
            Any float type, shape (n_questions, dim), unit length.
        article_ids
            For each question the articles that solved it, best first; empty where none did.

        Returns
        -------
        Precedents
        """
        solved = np.array([bool(ids) for ids in article_ids], dtype=bool)
        kept = np.asarray(vectors, dtype=np.float32)[solved]
        return cls(VectorIndex.build(kept), [ids for ids in article_ids if ids])

    def __len__(self) -> int:
        return len(self._article_ids)

    def votes(self, vector: np.ndarray) -> Mapping[str, float]:
        """Ask the most similar closed questions which article solved them.

        Parameters
        ----------
        vector
            The question's encoding, float32 (dim,).

        Returns
        -------
        Mapping
            Article id to its share of the votes, 0 to 1. A question's second article counts half, its third a third;
            the shares of a few or of distant precedents sum to less than 1.
        """
        if not self._article_ids:
            return {}
        cosines, rows = self._vectors.search(vector[None, :], NEIGHBOURS)
        votes: dict[str, float] = {}
        for cosine, row in zip(cosines[0].tolist(), rows[0].tolist(), strict=True):
            for place, article_id in enumerate(self._article_ids[row]):
                votes[article_id] = votes.get(article_id, 0.0) + max(cosine, 0.0) ** SHARPNESS / (place + 1)
        total = max(sum(votes.values()), ENOUGH)
        return {article_id: vote / total for article_id, vote in votes.items()}
