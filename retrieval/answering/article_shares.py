"""Articles with a number each, for many texts, packed: a million texts take arrays instead of objects."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class ArticleShares:
    """For each text some articles and their numbers, in order; immutable."""

    #: Ids of the articles that any text has, rising.
    names: tuple[str, ...]
    #: int64 (n_texts + 1,): where each text's entries begin.
    starts: np.ndarray
    #: int32 (n_entries,) and float64 (n_entries,): which of the names, and its number.
    articles: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[Iterable[tuple[str, float]]]) -> ArticleShares:
        """Pack what each text has."""
        numbers: dict[str, int] = {}
        starts, articles, shares = array("q", [0]), array("i"), array("d")
        for row in rows:
            for article_id, share in row:
                articles.append(numbers.setdefault(article_id, len(numbers)))
                shares.append(share)
            starts.append(len(articles))
        names = sorted(numbers)
        place = np.empty(len(names), dtype=np.int32)
        place[[numbers[name] for name in names]] = np.arange(len(names), dtype=np.int32)
        packed = place[np.asarray(articles, dtype=np.int64)]
        return cls(tuple(names), np.asarray(starts, np.int64), packed, np.asarray(shares, np.float64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def weighed(self, rows: np.ndarray, voices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Let some texts (int64) vote, each with a voice (float64), for the articles they have.

        Returns the votes in the order of the texts, each an entry of `articles` (int32) and its number times the voice.
        """
        lengths = self.starts[rows + 1] - self.starts[rows]
        of = np.repeat(np.arange(len(rows)), lengths)
        entries = np.arange(len(of)) + (self.starts[rows] - (np.cumsum(lengths) - lengths))[of]
        return self.articles[entries], voices[of] * self.shares[entries]

    def summed(self, articles: np.ndarray, votes: np.ndarray) -> dict[str, float]:
        """Add votes up by article."""
        sums = np.bincount(articles, votes, len(self.names))
        return {self.names[number]: float(sums[number]) for number in np.flatnonzero(sums).tolist()}

    def some(self) -> np.ndarray:
        """Tell which texts have any, bool (n_texts,)."""
        return np.asarray(np.diff(self.starts) > 0)

    def followed_by(self, more: ArticleShares) -> ArticleShares:
        """Return what these texts have, and after them those of another packing."""
        names = tuple(sorted({*self.names, *more.names}))
        place = {name: number for number, name in enumerate(names)}
        here, there = (np.array([place[name] for name in each.names], dtype=np.int32) for each in (self, more))
        return ArticleShares(
            names,
            np.concatenate([self.starts, more.starts[1:] + self.starts[-1]]),
            np.concatenate([here[self.articles], there[more.articles]]),
            np.concatenate([self.shares, more.shares]),
        )

    def without(self, gone: np.ndarray) -> ArticleShares:
        """Return it as if some texts, bool (n_texts,), had none."""
        lengths = np.diff(self.starts)
        kept = np.repeat(~gone, lengths)
        starts = np.concatenate(([0], np.cumsum(np.where(gone, 0, lengths)))).astype(np.int64)
        return replace(self, starts=starts, articles=self.articles[kept], shares=self.shares[kept])
