"""How far the links in closed tickets are believed: which of them say that the article answered the question.

A link is a doubtful witness: many name a generic first step. On a desk whose links were graded by hand, 3 in 10 links
answered the question where the article was among the half that fits it least, 8 in 10 where it stood three standard
deviations out; and the articles of first steps were linked from questions that had nothing in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retrieval.index import ArticleIndex
from retrieval.ranker import LinearRanker
from retrieval.ranking import Asked, signals_of
from retrieval.vector_index import VectorIndex
from triage.closed_ticket import ClosedTicket

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
#: Below so many links nothing is known of an article, and below so many solved tickets of the desk.
FEWEST_LINKS: Final = 5
FEWEST_CASES: Final = 200
UNKNOWN: Final = 0.8
#: How fast an article's share in a resolution falls behind that of the article that it reads most like, and most
#: articles that are remembered of it.
READING: Final = 12.0
MOST_READ: Final = 10
#: The likeness up to which a resolution reads like nothing, as one in another language does, and from which on fully.
UNLIKE: Final = 0.5
ALIKE: Final = 0.8
#: Resolutions that are compared at once.
BLOCK: Final = 512


@dataclass(frozen=True)
class Case:
    """A ticket that an article solved, and the encoding of its text."""

    ticket: ClosedTicket
    vector: np.ndarray
    #: Its place among all closed tickets in the order of time.
    number: int = 0

    @cached_property
    def text(self) -> str:
        """What a model reads of it."""
        return self.ticket.text


def trust(index: ArticleIndex, case: Case) -> tuple[float, ...]:
    """Tell for each of a ticket's articles how far it stands out for the text, 0 to 1; 1 for what is gone today."""
    numbers = [index.number(article_id) for article_id in case.ticket.kb_article_ids]
    if all(number is None for number in numbers):
        return (1.0,) * len(numbers)
    asked = Asked(case.text, case.vector, "agent", language=case.ticket.language)
    scores = LinearRanker()(signals_of(index, asked, index.fits(asked.question, asked.vector)))
    spread = float(scores.std()) or 1.0
    outstanding = (scores - scores.mean()) / spread
    trusted = 1 / (1 + np.exp(-RISE * (outstanding - HALF_TRUSTED)))
    return tuple(1.0 if number is None else float(trusted[number]) for number in numbers)


def specific(cases: Sequence[Case]) -> Mapping[str, float]:
    """Tell how specific each article is, 0 to 1: whether questions like those that it solved name it, too.

    The logarithm of how many times more often the nearest neighbours of its questions name it than any question does;
    an article of first steps is named by everybody's neighbours alike. 1 for all while the desk has few solved tickets.
    """
    named = Counter(article_id for case in cases for article_id in set(case.ticket.kb_article_ids))
    if len(cases) < FEWEST_CASES:
        return dict.fromkeys(named, 1.0)
    vectors = np.stack([case.vector for case in cases]).astype(np.float32)
    _, near = VectorIndex.build(vectors).search(vectors, NEIGHBOURS + 1)
    again: Counter[str] = Counter()
    for row, case in enumerate(cases):
        others = [cases[other].ticket.kb_article_ids for other in near[row].tolist() if other != row][:NEIGHBOURS]
        for article_id in set(case.ticket.kb_article_ids):
            again[article_id] += sum(article_id in ids for ids in others)
    return {article_id: _specific(n, again[article_id], len(cases)) for article_id, n in named.items()}


def _specific(named: int, again: int, cases: int) -> float:
    if named < FEWEST_LINKS:
        return UNKNOWN
    lift = (again / (named * NEIGHBOURS)) / (named / cases)
    return float(np.clip(np.log(lift + 0.1) / FULL_LIFT, LEAST_SPECIFIC, 1.0))


@dataclass(frozen=True)
class Belief:
    """How far each ticket's links are believed, by ticket id and in the order of its articles, 0 to 1."""

    #: As a vote: at least a fifth of how specific the article is.
    votes: Mapping[str, tuple[float, ...]]
    #: As a teacher of the ranker.
    taught: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, index: ArticleIndex, cases: Sequence[Case], older: Sequence[Case] | None = None) -> Belief:
        """Judge all links of some solved tickets; how specific an article is, the `older` ones alone may tell."""
        told = specific(cases if older is None else older)
        how_specific = {
            article_id: told.get(article_id, UNKNOWN) for each in cases for article_id in each.ticket.kb_article_ids
        }
        votes, taught = {}, {}
        for case in cases:
            pairs = list(zip(case.ticket.kb_article_ids, trust(index, case), strict=True))
            votes[case.ticket.id] = tuple((LEAST_TRUST + (1 - LEAST_TRUST) * far) * how_specific[a] for a, far in pairs)
            taught[case.ticket.id] = tuple(far * how_specific[a] for a, far in pairs)
        return cls(votes, taught)


def readings(index: ArticleIndex, resolutions: np.ndarray) -> list[dict[str, float]]:
    """Tell which articles each resolution reads like, by their nearest passage or title.

    Most resolutions name no article, and yet say in a few sentences what one says at length.

    Parameters
    ----------
    index
        The knowledge base.
    resolutions
        Encodings, float32 (n, dim); zeros where there is none.

    Returns
    -------
    list of dict
        For each the articles that it reads most like and their shares, at most 1 in all; empty where there is no
        resolution or where it reads like none of them.
    """
    if not index.articles:
        return [{}] * len(resolutions)
    rows = index.vectors.vectors()
    ids = [article.id for article in index.by_number]
    found: list[dict[str, float]] = []
    for begin in range(0, len(resolutions), BLOCK):
        shares = _shares(index, resolutions[begin : begin + BLOCK] @ rows.T)
        best = np.argsort(-shares, axis=1, kind="stable")[:, :MOST_READ]
        for row, numbers in zip(shares, best.tolist(), strict=True):
            found.append({ids[number]: round(float(row[number]), 4) for number in numbers if row[number]})
    return found


def _shares(index: ArticleIndex, cosines: np.ndarray) -> np.ndarray:
    """Turn cosines to passages and titles (n, n_rows) into shares of the articles, (n, n_articles)."""
    passages, titles = cosines[:, : len(index.passages)], cosines[:, len(index.passages) :]
    nearest = np.maximum(np.maximum.reduceat(passages, index.starts, axis=1), titles).astype(np.float64)
    most = nearest.max(axis=1, keepdims=True)
    shares = np.exp(READING * (nearest - most))
    believed = np.clip((most - UNLIKE) / (ALIKE - UNLIKE), 0.0, 1.0)
    return np.asarray(believed * shares / shares.sum(axis=1, keepdims=True))
