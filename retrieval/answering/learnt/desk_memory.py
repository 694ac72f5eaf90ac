"""What closed tickets teach of articles: how questions and titles belong together, and which labels lead to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from retrieval.answering.learnt.question_shift import QuestionShift
from retrieval.index.article_index import ArticleIndex

#: Most columns of the map, labels, and articles that labels lead to.
MOST_RANK: Final = 64
MOST_LABELS: Final = 200
MOST_ARTICLES: Final = 20_000
ARRAYS: Final = (
    *("centre", "question_map", "title_centre", "title_map"),
    *("label_weights", "label_intercepts", "article_ids", "label_shares"),
)

#: Under which facts of an index the columns of its articles are kept; no article has such an id.


@dataclass(frozen=True, slots=True, eq=False)
class DeskMemory:
    """A low-rank map of questions to titles, which new articles have as well, and the articles that labels lead to."""

    #: float32 (dim,): the mean question, the mean title.
    centre: np.ndarray
    title_centre: np.ndarray
    #: float32 (dim, rank) each: a question and a title belong together as far as they are alike under these.
    question_map: np.ndarray
    title_map: np.ndarray
    #: float32 (dim, n_labels) and (n_labels,): which label a question has.
    label_weights: np.ndarray
    label_intercepts: np.ndarray
    #: The articles that tickets were solved by, and their share of each label's tickets, float32 (n_labels, n_known).
    article_ids: tuple[str, ...]
    label_shares: np.ndarray
    #: Articles that it is to know nothing of.
    hidden: AbstractSet[str] = frozenset()
    #: Whether its vectors are those of the second encoder.
    by_second: bool = False
    #: Where questions move to; None where the desk did not choose that.
    shift: QuestionShift | None = None
    _places: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        dim, rank, labels, known = len(self.centre), *self._sizes()
        shapes = {
            "centre": (dim,),
            "title_centre": (dim,),
            "question_map": (dim, rank),
            "title_map": (dim, rank),
            "label_weights": (dim, labels),
            "label_intercepts": (labels,),
            "label_shares": (labels, known),
        }
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape or not np.isfinite(values).all():
                raise ValueError(f"the {name} of its ranker does not fit the rest, or is not numbers")
        if rank > MOST_RANK or labels > MOST_LABELS or known > MOST_ARTICLES:
            raise ValueError("its ranker is larger than any that is learnt")
        object.__setattr__(self, "_places", {name: place for place, name in enumerate(self.article_ids)})

    def _sizes(self) -> tuple[int, int, int]:
        return self.question_map.shape[-1], len(self.label_intercepts), len(self.article_ids)

    def mapped(self, index: ArticleIndex, question: np.ndarray) -> np.ndarray:
        """Tell how far a question, float32 (dim,), and each article's title belong together, float64 (n_articles,)."""
        return np.asarray(self._titles(index) @ ((question - self.centre) @ self.question_map), dtype=np.float64)

    def shares(self, index: ArticleIndex, question: np.ndarray) -> np.ndarray:
        """Return each article's share of what solved tickets with the question's labels, float64 (n_articles,).

        NaN for an article that solved none.
        """
        if not len(self.label_intercepts) or not self.article_ids:
            return np.full(len(index.articles), np.nan)
        logits = (question - self.centre) @ self.label_weights + self.label_intercepts
        risen = np.exp(logits - logits.max())
        shares = np.append(risen / risen.sum() @ self.label_shares, np.nan)
        return np.asarray(shares[self._known(index)], dtype=np.float64)

    def gain(self, index: ArticleIndex, question: np.ndarray) -> np.ndarray | None:
        """Tell how much nearer a shifted question comes to each article, float64 (n_articles,); None without shift."""
        return None if self.shift is None else self.shift.gain(index, question)

    def without(self, article_ids: AbstractSet[str]) -> DeskMemory:
        """Return it as if some articles had solved nothing."""
        return replace(self, hidden=article_ids)

    def _titles(self, index: ArticleIndex) -> np.ndarray:
        """Return the titles under the map, float32 (n_articles, rank)."""
        return self._once(index, self.title_map, lambda: self._mapped_titles(index))

    def _mapped_titles(self, index: ArticleIndex) -> np.ndarray:
        return np.asarray((title_vectors(index, by_second=self.by_second) - self.title_centre) @ self.title_map)

    def _known(self, index: ArticleIndex) -> np.ndarray:
        """Return each article's place among those that solved tickets, int64 (n_articles,); -1 for one that is not."""
        return self._placed(index) if self.hidden else self._once(index, self._places, lambda: self._placed(index))

    def _placed(self, index: ArticleIndex) -> np.ndarray:
        known = (self._places.get(name, -1) if name not in self.hidden else -1 for name in index.articles)
        return np.fromiter(known, dtype=np.int64, count=len(index.articles))

    def _once(self, index: ArticleIndex, of: object, find: Callable[[], np.ndarray]) -> np.ndarray:
        """Return what is found out of a part of this memory for the articles of an index, once for a whole index."""
        key = f"\0{id(of)}"
        held = index.facts.get(key)
        if held is not None and held[0] is index.articles and held[1] is of:
            return np.asarray(held[2])
        found = find()
        if index.first_rows is None:  # a part of a large knowledge base is asked once
            index.facts[key] = (index.articles, of, found)
        return found

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, as a bundle keeps them."""
        kept = {name: np.asarray(getattr(self, name)) for name in ARRAYS if name != "article_ids"}
        kept["article_ids"] = np.array(self.article_ids, dtype=np.str_)
        return kept if self.shift is None else kept | self.shift.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], dim: int, *, by_second: bool = False) -> DeskMemory:
        """Take the arrays of `to_arrays`, of an encoder with so many dimensions. Raises ValueError, KeyError."""
        ids = arrays["article_ids"]
        if ids.dtype.kind != "U" or ids.ndim != 1 or arrays["centre"].shape != (dim,):
            raise ValueError("the articles of its ranker have no ids, or it is of another encoder")
        kept: dict[str, Any] = {
            name: np.asarray(arrays[name], dtype=np.float32) for name in ARRAYS if name != "article_ids"
        }
        # A shift is of the first encoder's vectors alone.
        shift = None if by_second else QuestionShift.from_arrays(arrays, kept["centre"])
        return cls(**kept, article_ids=tuple(ids.tolist()), by_second=by_second, shift=shift)


def title_vectors(index: ArticleIndex, *, by_second: bool) -> np.ndarray:
    """Return the articles' titles by one of the encoders, float32 (n_articles, dim). Raises ValueError."""
    rows = len(index.passages) + np.arange(len(index.articles), dtype=np.int64)
    if not by_second:
        return np.asarray(index.vectors.vectors(rows))
    if index.second is None:
        raise ValueError("a ranker of a second encoder needs articles that it has read")
    return np.asarray(index.second.vectors.vectors(rows))
