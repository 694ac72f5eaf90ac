"""From passage hits to one suggestion for each article, best first.

The ranker weighs similarities and the desk's history. A ranker learnt from closed tickets can be passed in instead of
the default one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeVar

import numpy as np

from retrieval.answering.exact_codes import lifted, missing_codes
from retrieval.answering.foreign_names import foreign_names
from retrieval.answering.precedents import History
from retrieval.answering.ranker import LinearRanker, Ranker, Signals
from retrieval.answering.second_view import SECOND, SecondQuery, by_second, second_fits
from retrieval.answering.sections import RankedSection, SectionRanker, prepare, ranked
from retrieval.articles.article import Article, Passage
from retrieval.articles.translations import tongue
from retrieval.index.article_index import ArticleIndex
from retrieval.index.candidates import narrowed
from retrieval.index.codes import codes
from retrieval.index.fits import Fits

Audience = Literal["customer", "agent"]
View = TypeVar("View", Fits, Signals)


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
    #: The same by a second encoder, where its language asks for that.
    second: SecondQuery | None = None

    def without(self, article_ids: AbstractSet[str]) -> RankingQuery:
        """Return it as if no closed ticket had been solved by these articles."""
        second = self.second and self.second.without(article_ids)
        return replace(self, history=self.history.without(article_ids), second=second)

    def across(self, versions: Mapping[str, Sequence[str]]) -> RankingQuery:
        """Return it with what closed tickets say of one version of an article said of all; see `History.across`."""
        if not versions:
            return self
        second = self.second and replace(self.second, history=self.second.history.across(versions))
        return replace(self, history=self.history.across(versions), second=second)


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
    #: Names of products in the question that no article has, and codes of which this one has similar ones only.
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
        knowledge base those articles are compared that `narrowed` leaves. With a second encoder each view is ranked
        as if it were the only one, by its own ranker where one was learnt, and the scores are averaged.
    """
    found = order(index, asked, limit=limit, ranker=ranker)
    index, best, fits, signals = found.index, found.best, found.fits, found.signals
    german = bool(best) and index.languages[best[0]] == "de"
    foreign = tuple(foreign_names(asked.question, index.passage_words, index.passages, nouns_are_capital=german))
    return [
        Suggestion(
            article=index.by_number[number],
            passage=within[0].passage,
            score=float(found.scores[number]),
            cosine=float(fits.cosine[number]),
            title_cosine=float(fits.title_cosine[number]),
            words=float(fits.words[number]),
            evidence=float(signals.evidence[number]),
            known=float(signals.known[number]),
            sections=within,
            foreign=(*foreign, *missing_codes(index, found.codes, number, asked.question)),
        )
        for number, within in zip(best, ranked(index, best, asked, fits, sections), strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The best articles for a question, by their numbers in an index."""

    #: What was compared: of a large knowledge base, a part.
    index: ArticleIndex
    best: list[int]
    #: Of all compared articles, float64 (n_articles,), and what they were made of.
    scores: np.ndarray
    fits: Fits
    signals: Signals
    #: Of the question.
    codes: list[str]

    @property
    def scored(self) -> list[tuple[Article, float]]:
        """The articles and their scores, the best first."""
        return [(self.index.by_number[number], float(self.scores[number])) for number in self.best]


def order(index: ArticleIndex, asked: RankingQuery, *, limit: int, ranker: Ranker | None = None) -> Order:
    """Put articles in order, without a look at their sections; see `suggest`."""
    ranker, asked = ranker or LinearRanker(), asked.across(index.translations.versions)
    second = asked.second if index.second is not None else None
    histories = (asked.history, *([second.history] if second else []))
    named = [name for each in histories for name in (*each.votes, *each.nearest, *each.told)]
    index = narrowed(index, asked.question, asked.vector, named, second.vector if second else None)
    fits = index.fits(asked.question, asked.vector)
    signals = signals_of(index, asked, fits)
    scores = ranker(signals)
    if second is not None:
        again = second_fits(index, fits, second.vector)
        seen_again = signals_of(index, replace(asked, history=second.history), again)
        again_ranked = ranker(seen_again) if second.ranker is None else second.ranker(by_second(seen_again, second))
        scores = SECOND * again_ranked + (1 - SECOND) * scores
        fits, signals = _mixed(fits, again), _mixed(signals, seen_again)
    spoken = codes(asked.question)
    scores = lifted(index, spoken, scores)
    falling = np.lexsort((index.by_id, -scores)).tolist()
    if asked.audience == "customer":
        falling = [number for number in falling if not index.is_internal[number]]
    if index.withdrawn:
        falling = [number for number in falling if index.by_number[number].id not in index.withdrawn]
    return Order(index, falling[:limit], scores, fits, signals, spoken)


def _mixed(first: View, second: View) -> View:
    """Return the mean of what two encoders see, each with its share; what both see alike stays."""
    mixed = {}
    for each in fields(first):
        one, other = getattr(first, each.name), getattr(second, each.name)
        mixed[each.name] = one if one is other else SECOND * other + (1 - SECOND) * one
    return replace(first, **mixed)


def warm_up(index: ArticleIndex) -> None:
    """Find out what the first question would have to, so that it is answered as fast as the others."""
    prepare(index)
    for article in index.by_number[:1]:
        (title,) = index.vectors.vectors(np.array([len(index.passages)]))
        suggest(index, RankingQuery(article.title, title, language=article.locale))
    _ = index.translations, index.version


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
        language=_agreeing(index.languages, tongue(asked.language or "")),
        asked=fits.asked,
        product_area=_agreeing(index.product_areas, (asked.product_area or "").casefold()),
        question=asked.vector,
        articles=index,
    )


def _placed(index: ArticleIndex, values: Mapping[str, float]) -> np.ndarray:
    """Put values by article id at the articles' numbers; 0 elsewhere."""
    placed = [0.0] * len(index.articles)
    numbers = index.numbers
    for article_id, value in values.items():
        if article_id in numbers:
            placed[numbers[article_id]] = value
    return np.array(placed, dtype=np.float32)


def _agreeing(values: np.ndarray, wanted: str) -> np.ndarray:
    return (values == wanted).astype(np.float32) if wanted else np.zeros(len(values), dtype=np.float32)
