"""An article that has a code of the question comes first; one that only has similar codes does not answer it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from retrieval.index.article_index import ArticleIndex
from retrieval.index.codes import RARE, are_alone, other_codes, rows_with

#: How far the first article with a code stands before the first without.
AHEAD: Final = 0.1


def lifted(index: ArticleIndex, asked: Sequence[str], scores: np.ndarray) -> np.ndarray:
    """Put the articles that have the question's codes before all others.

    Parameters
    ----------
    index
        The knowledge base.
    asked
        The question's codes.
    scores
        Of every article, float64 (n_articles,).

    Returns
    -------
    ndarray of float64, shape (n_articles,)
        The articles with the most of the codes keep their order; a code that more than a few articles have does not
        count.
    """
    having = Counter[int]()
    for code in asked:
        numbers = having_code(index, code)
        if len(numbers) <= RARE:
            having.update(numbers)
    if not having:
        return scores
    most = max(having.values())
    first = [number for number, count in having.items() if count == most]
    others = np.delete(scores, first)
    raised = scores.copy()
    raised[first] += max(0.0, float(others.max(initial=0.0)) + AHEAD - float(scores[first].max()))
    return raised


def having_code(index: ArticleIndex, code: str) -> set[int]:
    """Return the numbers of the articles that have a code exactly."""
    rows = np.array(rows_with(code, index.passage_words, index.passages), dtype=np.int64)
    return set(index.articles_of(rows).tolist())


def missing_codes(index: ArticleIndex, asked: Sequence[str], number: int, question: str) -> list[str]:
    """Return the question's codes that an article lacks: those of which it has similar ones, or all that is asked."""
    if not asked:
        return []
    rows = index.passages_of(number)
    texts = (f"{each.heading}\n{each.text}" for each in index.passages[rows.start : rows.stop])
    return other_codes(asked, texts, alone=are_alone(asked, question))
