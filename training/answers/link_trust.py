"""How much a link in a closed ticket counts as evidence that the article answered the question.

Links are unreliable: many name a generic first step. On a desk whose links were graded by hand, 3 in 10 links answered
the question if the article was in the half that fits it least, and 8 in 10 if it stood out by three standard
deviations. Articles about first steps were linked from questions that had nothing in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retrieval.answering.ranker import LinearRanker
from retrieval.answering.ranking import RankingQuery, signals_of
from retrieval.answering.second_view import second_fits
from retrieval.index.article_index import ArticleIndex
from retrieval.index.vector_index import VectorIndex
from triage.tickets.closed_ticket import ClosedTicket

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
#: Resolutions, and passages and titles, that are compared at once: what a million passages take is bounded.
BLOCK: Final = 512
ROWS: Final = 16_384


@dataclass(frozen=True)
class LinkedTicket:
    """A ticket that an article solved, and the encoding of its text."""

    ticket: ClosedTicket
    vector: np.ndarray
    #: Its place among all closed tickets in the order of time.
    number: int = 0
    #: Its encoding by the second encoder, where there is one and the ticket's language asks for it.
    second: np.ndarray | None = None

    @cached_property
    def text(self) -> str:
        """What a model reads of it."""
        return self.ticket.text


def trust(index: ArticleIndex, case: LinkedTicket) -> tuple[float, ...]:
    """Tell for each of a ticket's articles how far it stands out for the text, 0 to 1; 1 for what is gone today."""
    numbers = [index.number(article_id) for article_id in case.ticket.kb_article_ids]
    if all(number is None for number in numbers):
        return (1.0,) * len(numbers)
    asked = RankingQuery(case.text, case.vector, "agent", language=case.ticket.language)
    fits = index.fits(asked.question, asked.vector)
    fits = fits if case.second is None else second_fits(index, fits, case.second)
    scores = LinearRanker()(signals_of(index, asked, fits))
    spread = float(scores.std()) or 1.0
    outstanding = (scores - scores.mean()) / spread
    trusted = 1 / (1 + np.exp(-RISE * (outstanding - HALF_TRUSTED)))
    return tuple(1.0 if number is None else float(trusted[number]) for number in numbers)


def specific(cases: Sequence[LinkedTicket]) -> Mapping[str, float]:
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
class LinkTrust:
    """The trust in each ticket's links, by ticket id and in the order of its articles, 0 to 1."""

    #: As a vote: at least a fifth of how specific the article is.
    votes: Mapping[str, tuple[float, ...]]
    #: As a teacher of the ranker.
    taught: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(
        cls, index: ArticleIndex, cases: Sequence[LinkedTicket], older: Sequence[LinkedTicket] | None = None
    ) -> LinkTrust:
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


def readings(index: ArticleIndex, resolutions: np.ndarray, *, at_once: int = ROWS) -> list[dict[str, float]]:
    """Tell which articles each resolution reads like, by their nearest passage or title.

    Most resolutions name no article, and yet say in a few sentences what one says at length.

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
