"""Tickets that were closed since the bundle was made: they vote and are found beside those that it carries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from retrieval.answering.article_shares import ArticleShares
from retrieval.answering.precedents import weighed
from retrieval.answering.similar_texts import LayeredWords, SimilarTexts, WordRows
from retrieval.index.layered_index import LayeredIndex
from retrieval.index.vector_index import VectorIndex

ReadTexts = Callable[[Sequence[str]], Mapping[str, tuple[str, str | None]]]
"""Returns subject and resolution of tickets, as agents may read them, by id; those that are gone are missing."""

_DAY: Final = 86_400
_NO_WORDS: Final = (np.empty(0, np.int32), np.empty(0, np.float16))


@dataclass(frozen=True, slots=True, eq=False)
class RecentTicket:
    """What one closed ticket teaches: numbers and ids, no text."""

    id: str
    external_id: str | None
    created_at: datetime
    #: float16 (dim,), unit length, by the encoder of this fingerprint; behind it that by this bundle's second encoder,
    #: where there is one.
    vector: np.ndarray
    encoder: str
    #: Columns and weights of its words (int32 and float16, (n_words,)) in the lexicon of this bundle.
    words: tuple[np.ndarray, np.ndarray]
    bundle: str
    #: The articles that solved it and how far each link is believed; and those that its resolution reads like.
    links: Sequence[tuple[str, float]] = ()
    reads_like: Mapping[str, float] = field(default_factory=dict)


def _nobody(_: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
    return {}


class RecentTickets:
    """Recent tickets in the order of time, indexed; immutable."""

    def __init__(self, rows: Sequence[RecentTicket], *, dim: int, bundle: str, read: ReadTexts = _nobody) -> None:
        """Index tickets for one bundle.

        Parameters
        ----------
        rows
            Those that the bundle does not carry, in the order of time, encoded by its encoder.
        dim
            Columns of its vectors.
        bundle
            Its id; words that another lexicon weighed are left out.
        read
            Reads what agents are shown of them.
        """
        self.rows, self._dim, self._bundle, self._read = tuple(rows), dim, bundle, read
        self.vectors = _index([each.vector[:dim] for each in rows], dim)
        self.links = ArticleShares.of(
            weighed([article for article, _ in each.links], [trust for _, trust in each.links]) for each in rows
        )
        self.readings = ArticleShares.of(each.reads_like.items() for each in rows)

    def __len__(self) -> int:
        return len(self.rows)

    def without(self, ids: Collection[str]) -> RecentTickets:
        """Return these without some."""
        left = [each for each in self.rows if each.id not in ids]
        if len(left) == len(self.rows):
            return self
        return RecentTickets(left, dim=self._dim, bundle=self._bundle, read=self._read)

    def read_twice(self, second_dim: int) -> tuple[RecentTickets, VectorIndex]:
        """Return those that the bundle's second encoder has read too, and its vectors of them."""
        whole = self._dim + second_dim
        both = [each for each in self.rows if each.bundle == self._bundle and len(each.vector) == whole]
        again = _index([each.vector[self._dim :] for each in both], second_dim)
        return RecentTickets(both, dim=self._dim, bundle=self._bundle, read=self._read), again

    def texts(self, rows: Sequence[int]) -> Mapping[int, tuple[str, str | None]]:
        """Return subject and resolution of some, by row."""
        found = self._read([self.rows[row].id for row in rows]) if rows else {}
        return {row: found[self.rows[row].id] for row in rows if self.rows[row].id in found}

    def after(self, pool: SimilarTexts) -> SimilarTexts:
        """Return a bundle's tickets with these behind them."""
        before = len(pool.vectors)
        days = [each.created_at.timestamp() / _DAY for each in self.rows]
        return SimilarTexts(
            LayeredIndex(pool.vectors, self.vectors),
            None if pool.words is None else LayeredWords(pool.words, self._words(), before),
            None if pool.days is None else np.concatenate([pool.days, np.array(days, dtype=np.float64)]),
        )

    def _words(self) -> WordRows:
        words = [each.words if each.bundle == self._bundle else _NO_WORDS for each in self.rows]
        starts = np.cumsum([0, *(len(columns) for columns, _ in words)], dtype=np.int64)
        columns = np.concatenate([_NO_WORDS[0], *(columns for columns, _ in words)])
        return WordRows(starts, columns, np.concatenate([_NO_WORDS[1], *(values for _, values in words)]))


def _index(vectors: Sequence[np.ndarray], dim: int) -> VectorIndex:
    stacked = np.stack(vectors) if vectors else np.empty((0, dim), np.float16)
    return VectorIndex.build(np.ascontiguousarray(stacked, dtype=np.float32))
