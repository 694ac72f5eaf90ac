"""Which articles a resolution reads like: most name none, and yet say in a few sentences what one says at length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from retrieval.index.article_index import ArticleIndex

#: How fast an article's share in a resolution falls behind that of the article that it reads most like, and most
#: articles that are remembered of it.
READING: Final = 12.0
MOST_READ: Final = 10
#: The likeness up to which a resolution reads like nothing, as one in another language does, and from which on fully.
UNLIKE: Final = 0.5
ALIKE: Final = 0.8
#: Resolutions, and passages and titles, that are compared at once: what a million passages take is bounded.
BLOCK: Final = 512
ROWS: Final = 16_384


def readings(index: ArticleIndex, resolutions: np.ndarray, *, at_once: int = ROWS) -> list[dict[str, float]]:
    """Tell which articles each resolution reads like, by their nearest passage or title.

    Parameters
    ----------
    index
        The knowledge base.
    resolutions
        Encodings, float32 (n, dim); zeros where there is none.
    at_once
        So many passages are looked at together, and at least one article.

    Returns
    -------
    list of dict
        For each the articles that it reads most like and their shares, at most 1 in all; empty where there is no
        resolution or where it reads like none of them.
    """
    if not index.articles:
        return [{}] * len(resolutions)
    best = np.full((len(resolutions), MOST_READ), -np.inf)
    numbers = np.zeros((len(resolutions), MOST_READ), dtype=np.int64)
    total = np.zeros((len(resolutions), 1))
    for articles in _blocks(index, at_once):
        vectors = _vectors(index, articles)
        for begin in range(0, len(resolutions), BLOCK):
            rows = slice(begin, begin + BLOCK)
            nearest = _nearest(index, articles, resolutions[rows] @ vectors.T)
            total[rows] += np.exp(READING * nearest).sum(axis=1, keepdims=True)
            best[rows], numbers[rows] = _better(best[rows], numbers[rows], nearest, articles.start)
    believed = np.clip((best[:, :1] - UNLIKE) / (ALIKE - UNLIKE), 0.0, 1.0)
    shares = believed * np.exp(READING * best) / total
    return [_named(index, row, of) for row, of in zip(shares.tolist(), numbers.tolist(), strict=True)]


def _blocks(index: ArticleIndex, at_once: int) -> Iterator[range]:
    """Yield the numbers of articles that together have at most so many passages, or that are one."""
    ends = np.append(index.starts[1:], len(index.passages))
    begin = 0
    while begin < len(ends):
        end = int(np.searchsorted(ends, int(index.starts[begin]) + at_once, side="right"))
        yield range(begin, max(end, begin + 1))
        begin = max(end, begin + 1)


def _vectors(index: ArticleIndex, articles: range) -> np.ndarray:
    """Return the vectors of some articles' passages, and after them of their titles."""
    first, last = index.passages_of(articles[0]).start, index.passages_of(articles[-1]).stop
    titles = len(index.passages) + np.array(articles, dtype=np.int64)
    return index.vectors.vectors(np.concatenate([np.arange(first, last, dtype=np.int64), titles]))


def _nearest(index: ArticleIndex, articles: range, cosines: np.ndarray) -> np.ndarray:
    """Return the greatest of the cosines (n, n_rows) to each of some articles, float64 (n, n_articles)."""
    starts = index.starts[articles.start : articles.stop]
    passages, titles = cosines[:, : -len(articles)], cosines[:, -len(articles) :]
    nearest = np.maximum.reduceat(passages, starts - starts[0], axis=1)
    return np.asarray(np.maximum(nearest, titles), dtype=np.float64)


def _better(best: np.ndarray, numbers: np.ndarray, nearest: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the greatest of those found so far (n, MOST_READ) and of some more articles, and whose they are."""
    more = np.broadcast_to(np.arange(first, first + nearest.shape[1]), nearest.shape)
    scores, whose = np.hstack([best, nearest]), np.hstack([numbers, more])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :MOST_READ]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(whose, order, axis=1)


def _named(index: ArticleIndex, shares: Sequence[float], numbers: Sequence[int]) -> dict[str, float]:
    return {index.by_number[of].id: round(share, 4) for share, of in zip(shares, numbers, strict=True) if share}
