"""Fit where the questions of a desk move to, so that what answered them stands nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from retrieval.answering.learnt.question_shift import QuestionShift
from retrieval.index.article_index import ArticleIndex
from training.answers.ranking.lists import RankedList
from training.answers.ranking.softmax import ListSoftmax, minimised, steepest

#: Columns of the map, what it costs, squared, and a cosine to a logit while it is learnt. These and what the gain
#: counts beside the weights were chosen on three time splits of a real desk.
RANK: Final = 32
COST: Final = 1.0
DECIDED: Final = 20.0
WEIGHT: Final = 0.8
#: Questions times passages, more of which take too long: the questions of such a desk stay where they are.
MOST: Final = 10_000_000


def fit_shift(index: ArticleIndex, lists: Sequence[RankedList]) -> QuestionShift | None:
    """Fit it by a softmax over each list, each article by its nearest passage or title; None for too many passages."""
    if len(lists) * len(index.vectors) > MOST:
        return None
    questions = np.stack([each.vector for each in lists]).astype(np.float32)
    centre, near, competing = questions.mean(axis=0), _Nearest(index), ListSoftmax.of(lists)
    apart, rows, before = questions - centre, competing.rows, near.of(questions)[0]
    dim, rank = questions.shape[1], min(RANK, *questions.shape)

    def slope(moved: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the cost with the questions there, and its slope by where they are."""
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        there = moved / length
        cosines, nearest = near.of(there)
        pair = rows, competing.numbers
        cost, wrong = competing.slope(DECIDED * (cosines[pair] - before[pair]))
        pull = DECIDED * (competing.sparse(wrong, nearest[pair], len(near.vectors)) @ near.vectors)
        return cost, (pull - there * (pull * there).sum(axis=1, keepdims=True)) / length

    def cost(both: np.ndarray) -> tuple[float, np.ndarray]:
        read, moves = both.astype(np.float32).reshape(2, dim, rank)
        coded = apart @ read
        found, pull = slope(questions + coded @ moves.T)
        squares, others = read.T @ read, moves.T @ moves
        by_read = apart.T @ (pull @ moves) + 2 * COST * read @ others
        by_moves = pull.T @ coded + 2 * COST * moves @ squares
        return found + COST * float((squares * others).sum()), np.concatenate([by_read.ravel(), by_moves.ravel()])

    # What is read first is what the slope is steepest by; nothing moves yet.
    first = steepest(apart.T @ slope(questions)[1], rank)[0]
    found = minimised(cost, np.concatenate([first.ravel(), np.zeros(dim * rank)])).reshape(2, dim, rank)
    read, moves = found.astype(np.float16).astype(np.float32)
    return QuestionShift(centre, read, np.ascontiguousarray(moves.T), WEIGHT)


class _Nearest:
    """The passages and the title of each article, side by side."""

    def __init__(self, index: ArticleIndex) -> None:
        held, n_articles = len(index.passages), len(index.articles)
        rows = [[*index.passages_of(number), held + number] for number in range(n_articles)]
        self.vectors = index.vectors.vectors(np.concatenate(rows))
        self._lengths = np.array([len(each) for each in rows])
        self._begins = np.cumsum(self._lengths) - self._lengths

    def of(self, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the cosine of each question and each article's nearest row, and which row that is."""
        cosines = questions @ self.vectors.T
        best = np.maximum.reduceat(cosines, self._begins, axis=1)
        place = np.arange(len(self.vectors), dtype=np.int32)
        at = np.where(cosines == np.repeat(best, self._lengths, axis=1), place, np.int32(-1))
        return best, np.maximum.reduceat(at, self._begins, axis=1)
