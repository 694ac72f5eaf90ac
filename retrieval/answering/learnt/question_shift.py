"""Where a question stands among articles as this desk asks: its vector moves a little before it is compared again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from retrieval.index.article_index import ArticleIndex

#: Most columns of the map.
MOST_RANK: Final = 64
#: Under which names a bundle keeps it.
_FROM, _TO, _WEIGHT = "shift_from_map", "shift_to_map", "shift_weight"


@dataclass(frozen=True, slots=True, eq=False)
class QuestionShift:
    """A low-rank map that is added to a question's vector."""

    #: float32 (dim,): the mean question.
    centre: np.ndarray
    #: float32 (dim, rank) and (rank, dim): what is read of a question, and where to it moves.
    read: np.ndarray
    moves: np.ndarray
    #: What counts of how much nearer the question comes to an article, beside the weights.
    weight: float

    def __post_init__(self) -> None:
        dim, rank = len(self.centre), self.read.shape[-1]
        fits = self.read.shape == (dim, rank) and self.moves.shape == (rank, dim) and rank <= MOST_RANK
        if not fits or not (np.isfinite(self.read).all() and np.isfinite(self.moves).all()):
            raise ValueError("the shift of questions in its ranker does not fit the rest, or is not numbers")
        if not 0 <= self.weight < np.inf:
            raise ValueError("the weight of the shift of questions in its ranker is no number")

    def shifted(self, questions: np.ndarray) -> np.ndarray:
        """Return questions, float32 (..., dim), where they move to, of unit length."""
        moved = questions + (questions - self.centre) @ self.read @ self.moves
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12), dtype=np.float32)

    def gain(self, index: ArticleIndex, question: np.ndarray) -> np.ndarray:
        """Tell how much nearer a question, float32 (dim,), comes to each article, float64 (n_articles,), weighed."""
        moved = _nearest(index, self.shifted(question))
        return np.asarray(self.weight * (moved - _nearest(index, question)), dtype=np.float64)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, as a bundle keeps them; the mean question stands beside them."""
        return {_FROM: self.read, _TO: self.moves, _WEIGHT: np.array(self.weight)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], centre: np.ndarray) -> QuestionShift | None:
        """Take the arrays of `to_arrays`; None where there are none. Raises ValueError, KeyError."""
        if not {_FROM, _TO, _WEIGHT} & set(arrays):
            return None
        read, moves = (np.asarray(arrays[name], dtype=np.float32) for name in (_FROM, _TO))
        return cls(centre, read, moves, float(arrays[_WEIGHT]))


def _nearest(index: ArticleIndex, question: np.ndarray) -> np.ndarray:
    """Return the cosine of each article's nearest passage or title, float32 (n_articles,)."""
    if not index.passages:
        return np.zeros(len(index.articles), dtype=np.float32)
    cosines, held = index.vectors.similarities(question), len(index.passages)
    return np.asarray(np.maximum(np.maximum.reduceat(cosines[:held], index.starts), cosines[held:]))
