"""How much a link of a closed question counts as evidence that the article answered it.

Links are unreliable: many name a generic first step. On a desk whose links were graded by hand, 3 in 10 links answered
the question if the article was in the half that fits it least, and 8 in 10 if it stood out by three standard
deviations. Articles about first steps were linked from questions that had nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from retrieval.answering.article_shares import ArticleShares
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.ranking import RankingQuery, signals_of
from retrieval.answering.second_view import second_fits
from retrieval.index.article_index import ArticleIndex
from retrieval.index.layered_index import FindsRows

#: Standard deviations above the mean where a link is trusted half, and how fast trust rises there.
HALF_TRUSTED: Final = 1.5
RISE: Final = 2.0
#: What a link counts at least as a vote, however little the article has to do with the question.
LEAST_TRUST: Final = 0.2
#: Neighbours in which an article is looked for again, how often they must name it beyond chance for full belief
#: (natural logarithm), and what is believed at least.
NEIGHBOURS: Final = 20
FULL_LIFT: Final = 2.5
LEAST_SPECIFIC: Final = 0.02
#: Below so many links nothing is known of an article, and below so many solved questions of the desk.
FEWEST_LINKS: Final = 5
FEWEST_CASES: Final = 200
UNKNOWN: Final = 0.8
#: So many of an article's questions, the newest, tell how specific it is where one more question is to be judged.
ASKED: Final = 50


def standing_out(
    index: ArticleIndex, asked: RankingQuery, article_ids: Sequence[str], second: np.ndarray | None = None
) -> tuple[float, ...]:
    """Tell for each of a question's articles how far it stands out for it, 0 to 1; 1 for what is gone today.

    `second` is its encoding by the second encoder, where its language asks for that: it then decides.
    """
    numbers = [index.number(article_id) for article_id in article_ids]
    if all(number is None for number in numbers):
        return (1.0,) * len(numbers)
    fits = index.fits(asked.question, asked.vector)
    fits = fits if second is None else second_fits(index, fits, second)
    scores = LinearRanker()(signals_of(index, asked, fits))
    spread = float(scores.std()) or 1.0
    outstanding = (scores - scores.mean()) / spread
    trusted = 1 / (1 + np.exp(-RISE * (outstanding - HALF_TRUSTED)))
    return tuple(1.0 if number is None else float(trusted[number]) for number in numbers)


def specificity(named: int, again: float, solved: int) -> float:
    """Tell how specific an article is, 0 to 1: whether questions like those that it solved name it, too.

    Parameters
    ----------
    named
        How many questions it solved.
    again
        How many of the `NEIGHBOURS` of each of them name it, in sum.
    solved
        How many questions any article solved.

    Returns
    -------
    float
        By the logarithm of how many times more often the neighbours name it than any question does; an article of
        first steps is named by everybody's neighbours alike. 1 while the desk has few solved questions.
    """
    if named and solved < FEWEST_CASES:
        return 1.0
    if named < FEWEST_LINKS:
        return UNKNOWN
    lift = (again / (named * NEIGHBOURS)) / (named / solved)
    return float(np.clip(np.log(lift + 0.1) / FULL_LIFT, LEAST_SPECIFIC, 1.0))


def specificity_among(vectors: FindsRows, links: ArticleShares, article_id: str) -> float:
    """Tell how specific an article is by the closed questions (rows of both), where one more is to be judged."""
    if article_id not in links.names:
        return UNKNOWN
    number, solved = links.names.index(article_id), links.some()
    naming = np.zeros(len(links), dtype=bool)
    naming[np.repeat(np.arange(len(links)), np.diff(links.starts))[links.articles == number]] = True
    rows, n_solved = np.flatnonzero(naming), int(solved.sum())
    if n_solved < FEWEST_CASES or len(rows) < FEWEST_LINKS:
        return specificity(len(rows), 0, n_solved)
    again = 0
    for row, vector in zip(rows[-ASKED:].tolist(), vectors.vectors(rows[-ASKED:]), strict=True):
        _, near = vectors.around(vector).nearest(NEIGHBOURS + 1, solved)
        again += int(naming[near[near != row][:NEIGHBOURS]].sum())
    return specificity(len(rows), again * len(rows) / len(rows[-ASKED:]), n_solved)


def as_vote(standing: float, specific: float) -> float:
    """Return what a link counts as a vote: at least a fifth of how specific the article is."""
    return (LEAST_TRUST + (1 - LEAST_TRUST) * standing) * specific
