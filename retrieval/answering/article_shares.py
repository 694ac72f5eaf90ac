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

    def entries(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the entries of some texts (int64), one text after the other, and how many each text has."""
        return entries_of(self.starts, rows)

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


def entries_of(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the entries of some rows (integers) of packed ones, row after row, and how many each row has.

    Parameters
    ----------
    starts
        int64 (n + 1,): where each row's entries begin.
    rows
        Any of them, in any order.

    Returns
    -------
    entries : ndarray of int64, shape (n_entries,)
    lengths : ndarray of int64, shape (n_rows,)
    """
    begin = starts[rows]
    lengths = starts[rows + 1] - begin
    ends = lengths.cumsum()
    entries = np.repeat(begin - (ends - lengths), lengths)
    entries += np.arange(len(entries))
    return entries, lengths
