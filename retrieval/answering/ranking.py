"""From passage hits to one suggestion for each article, best first.

The ranker weighs similarities and the desk's history. A ranker learnt from closed tickets can be passed in instead of
the default one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from retrieval.answering.foreign_names import foreign_names
from retrieval.answering.precedents import History
from retrieval.answering.ranker import LinearRanker, Ranker, Signals
from retrieval.answering.sections import RankedSection, SectionRanker, ranked
from retrieval.articles.article import Article, Passage
from retrieval.articles.translations import tongue
from retrieval.index.article_index import ArticleIndex, Fits
from retrieval.index.candidates import narrowed

Audience = Literal["customer", "agent"]


@dataclass(frozen=True)
class RankingQuery:
    """A question and its known attributes."""

    question: str
    #: float32 (dim,), unit length.
    vector: np.ndarray
    audience: Audience = "customer"
    #: What closed tickets say about it.
    history: History = field(default_factory=History)
    #: Its language, as a locale such as `de` or `de-AT`, and its product area, where they are known.
    language: str | None = None
    product_area: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article that may answer the question, with its best passage."""

    article: Article
    passage: Passage
    #: What the list is ordered by, about 0 to 1.
    score: float
    #: Cosine similarity of the question and the nearest passage.
    cosine: float
    title_cosine: float
    #: Most of the question's weight in words that one passage covers.
    words: float
    #: Share of similar closed tickets that this article solved.
    evidence: float
    #: Cosine similarity of the nearest passage or of the nearest ticket that it solved, whichever is nearer.
    known: float = 0.0
    #: Its best sections, that of `passage` first.
    sections: tuple[RankedSection, ...] = ()
    #: Names of products in the question that no article of the desk has.
    foreign: tuple[str, ...] = ()


def suggest(
    index: ArticleIndex,
    asked: RankingQuery,
    *,
    limit: int = 5,
    ranker: Ranker | None = None,
    sections: SectionRanker = SectionRanker(),  # noqa: B008 (immutable)
) -> list[Suggestion]:
    """List the articles that may answer a question.

    Parameters
    ----------
    index
        The knowledge base.
    asked
        The question. For a customer, internal articles do not exist.
    limit
        Most suggestions.
    ranker
        Scores the articles; by default with the fixed weights.
    sections
        The weights by which a section is chosen within an article.

    Returns
    -------
    list of Suggestion
        One for each article, by falling score; ties by id, so that the order never depends on anything else. Of a large
        knowledge base those articles are compared that `narrowed` leaves.
    """
    history = asked.history
    index = narrowed(index, asked.question, asked.vector, (*history.votes, *history.nearest, *history.told))
    fits = index.fits(asked.question, asked.vector)
    signals = signals_of(index, asked, fits)
    scores = (ranker or LinearRanker())(signals)
    shown = np.arange(len(scores)) if asked.audience == "agent" else np.flatnonzero(~index.is_internal)
    there = (number for number in shown.tolist() if index.by_number[number].id not in index.withdrawn)
    best = sorted(there, key=lambda number: (-scores[number], index.by_number[number].id))[:limit]
    german = bool(best) and tongue(index.by_number[best[0]].locale or "") == "de"
    foreign = tuple(foreign_names(asked.question, index.passage_words, index.passages, nouns_are_capital=german))
    within = {number: ranked(index, number, asked.question, fits, sections, asked.vector) for number in best}
    return [
        Suggestion(
            article=index.by_number[number],
            passage=within[number][0].passage,
            score=float(scores[number]),
            cosine=float(fits.cosine[number]),
            title_cosine=float(fits.title_cosine[number]),
            words=float(fits.words[number]),
            evidence=float(signals.evidence[number]),
            known=float(signals.known[number]),
            sections=within[number],
            foreign=foreign,
        )
        for number in best
    ]


def signals_of(index: ArticleIndex, asked: RankingQuery, fits: Fits) -> Signals:
    """Collect what speaks for each article; what solved tickets once and is gone today has no place here."""
    return Signals(
        cosine=fits.cosine,
        title_cosine=fits.title_cosine,
        words=fits.words,
        evidence=_placed(index, asked.history.votes),
        known=np.maximum(np.maximum(fits.cosine, fits.asked), _placed(index, asked.history.nearest)),
        usual=_placed(index, asked.history.usual),
        told=_placed(index, asked.history.told),
        language=_agreeing([article.locale for article in index.by_number], asked.language, tongue),
        asked=fits.asked,
        product_area=_agreeing([article.product_area for article in index.by_number], asked.product_area, str.casefold),
    )


def _placed(index: ArticleIndex, values: Mapping[str, float]) -> np.ndarray:
    """Put values by article id at the articles' numbers; 0 elsewhere."""
    placed = np.zeros(len(index.articles), dtype=np.float32)
    for article_id, value in values.items():
        if (number := index.number(article_id)) is not None:
            placed[number] = value
    return placed


def _agreeing(values: Sequence[str | None], wanted: str | None, same: Callable[[str], str]) -> np.ndarray:
    if not wanted:
        return np.zeros(len(values), dtype=np.float32)
    return np.array([bool(value) and same(str(value)) == same(wanted) for value in values], dtype=np.float32)
