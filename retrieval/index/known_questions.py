"""Questions that the desk has checked: which section of which article answers each."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from retrieval.articles.article import Article

#: A known question that is further off than this says nothing.
FAR: Final = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class KnownQuestions:
    """Their texts, vectors and answers; rows are the questions of the articles in order."""

    texts: tuple[str, ...]
    #: float32 (n, dim), unit length; in files float16.
    vectors: np.ndarray
    #: int32 (n,): the number of the article, rising; and the heading of the section.
    numbers: np.ndarray
    headings: tuple[str, ...]
    #: int64 (n_articles_asked,): the first row of each article that has any.
    firsts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "firsts", np.flatnonzero(np.diff(self.numbers, prepend=-1)))
        if not len(self.texts) == len(self.vectors) == len(self.numbers) == len(self.headings):
            raise ValueError("known questions and vectors do not belong together")

    @classmethod
    def build(cls, articles: Mapping[str, Article], vectors: np.ndarray) -> KnownQuestions:
        """Put the vectors of the texts that `known_texts` returned to the articles."""
        rows = [(number, each) for number, article in enumerate(articles.values()) for each in article.asked]
        return cls(
            tuple(each.question for _, each in rows),
            vectors.astype(np.float16).astype(np.float32),  # the same before and after a file
            np.array([number for number, _ in rows], dtype=np.int32),
            tuple(each.heading for _, each in rows),
        )

    def part(self, numbers: Sequence[int]) -> KnownQuestions:
        """Return those of some articles, which are numbered anew in this order."""
        place = {number: at for at, number in enumerate(numbers)}
        return self._only([row for row, number in enumerate(self.numbers.tolist()) if number in place], place)

    def _only(self, rows: Sequence[int], place: Mapping[int, int] | None = None) -> KnownQuestions:
        numbers = [int(self.numbers[row]) for row in rows]
        return KnownQuestions(
            tuple(self.texts[row] for row in rows),
            self.vectors[list(rows)],
            np.array([place[number] if place else number for number in numbers], dtype=np.int32),
            tuple(self.headings[row] for row in rows),
        )

    def cosines(self, vector: np.ndarray) -> np.ndarray:
        """Compare them with a question (float32, (dim,)), float64 (n,)."""
        if not self.texts:
            return np.zeros(0)
        return np.asarray(self.vectors @ vector, dtype=np.float64)

    def nearest(self, cosines: np.ndarray, n_articles: int) -> np.ndarray:
        """Return for each article how near its nearest known question is, 0 to 1, float32; 0 without any."""
        found = np.zeros(n_articles, dtype=np.float32)
        if len(self.firsts):
            found[self.numbers[self.firsts]] = near(np.maximum.reduceat(cosines, self.firsts))
        return found

    def of(self, number: int) -> range:
        """Return the rows of an article's questions."""
        begin, end = np.searchsorted(self.numbers, [number, number + 1]).tolist()
        return range(begin, end)

    def to_bytes(self) -> bytes:
        """Write the vectors as an .npz, without pickles; the articles hold the rest."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, vectors=self.vectors.astype(np.float16))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, articles: Mapping[str, Article]) -> KnownQuestions:
        """Read what `to_bytes` wrote; ValueError or KeyError when it is something else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls.build(articles, arrays["vectors"])


def near(cosines: np.ndarray) -> np.ndarray:
    """Scale cosines so that what is far off is 0 and the same question 1."""
    return np.maximum(cosines - FAR, 0.0) / (1 - FAR)


def known_texts(articles: Mapping[str, Article]) -> list[str]:
    """Return the known questions of some articles, in order."""
    return [each.question for article in articles.values() for each in article.asked]
