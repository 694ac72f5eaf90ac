"""From passage hits to one suggestion for each article, best first.

The default ranking is a weighted mean of similarities and of what the desk's own history says; a ranker that was
learnt from closed tickets takes its place by being handed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from retrieval.articles import Article, Passage
from retrieval.index import ArticleIndex, Fits
from retrieval.passages import HEADING_JOINT
from retrieval.words import words

Audience = Literal["customer", "agent"]

#: Weights of the similarities. Meaning leads: with words as its equal, paraphrased questions lose a tenth of their
#: right answers. Chosen on the questions of the first fourteen months of a real desk.
COSINE: Final = 1.0
TITLE_COSINE: Final = 0.4
WORDS: Final = 0.3
#: What it adds when every similar closed ticket was solved by this article; chosen on the same months, each question
#: seeing only tickets before it: the right article first for 57 % instead of 44 %.
EVIDENCE: Final = 0.8
#: Within an article: what a heading adds whose every word is in the question, and what each passage before costs.
HEADING: Final = 0.1
LATER: Final = 0.01
LATEST: Final = 5


@dataclass(frozen=True)
class Asked:
    """A question and what is known about it."""

    question: str
    #: float32 (dim,), unit length.
    vector: np.ndarray
    audience: Audience = "customer"
    #: Article id to the share of similar closed tickets that it solved.
    evidence: Mapping[str, float] = field(default_factory=dict)


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


#: What fits and the evidence, float32 (n_articles,), to a score for each article, (n_articles,).
Ranker = Callable[[Fits, np.ndarray], np.ndarray]


def weighted(fits: Fits, evidence: np.ndarray) -> np.ndarray:
    """Score by fixed weights; without evidence the score stays below 1."""
    similarity = COSINE * fits.cosine + TITLE_COSINE * fits.title_cosine + WORDS * fits.words
    return np.asarray((similarity + EVIDENCE * evidence) / (COSINE + TITLE_COSINE + WORDS))


def suggest(index: ArticleIndex, asked: Asked, *, limit: int = 5, ranker: Ranker = weighted) -> list[Suggestion]:
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
        Scores the articles.

    Returns
    -------
    list of Suggestion
        One for each article, by falling score; ties by id, so that the order never depends on anything else.
    """
    fits = index.fits(asked.question, asked.vector)
    evidence = _evidence(index, asked.evidence)
    scores = ranker(fits, evidence)
    shown = np.arange(len(scores)) if asked.audience == "agent" else np.flatnonzero(~index.is_internal)
    best = sorted(shown.tolist(), key=lambda number: (-scores[number], index.by_number[number].id))[:limit]
    named = frozenset(words(asked.question))
    return [
        Suggestion(
            article=index.by_number[number],
            passage=_best_passage(index, number, fits, named),
            score=float(scores[number]),
            cosine=float(fits.cosine[number]),
            title_cosine=float(fits.title_cosine[number]),
            words=float(fits.words[number]),
            evidence=float(evidence[number]),
        )
        for number in best
    ]


def _evidence(index: ArticleIndex, shares: Mapping[str, float]) -> np.ndarray:
    """Put the shares at the articles' numbers; what solved tickets once and is gone today counts for nothing."""
    evidence = np.zeros(len(index.articles), dtype=np.float32)
    for article_id, share in shares.items():
        if (number := index.number(article_id)) is not None:
            evidence[number] = share
    return evidence


def _best_passage(index: ArticleIndex, number: int, fits: Fits, asked: frozenset[str]) -> Passage:
    """Choose within an article by what a passage says beyond its title: the title all of them share.

    Compared are the parts of question and passage that are at right angles to the title. Plain similarity prefers the
    shortest passage, whose vector is hardly more than the title that it is encoded under. And a question that says
    little beyond the title ("How do I cancel my subscription?") cannot tell passages apart: the less it says, the
    more the heading that it names and the order of the article decide.
    """
    rows = index.passages_of(number)
    titled = float(fits.title_cosine[number])
    beyond = fits.passage_cosine[rows.start : rows.stop] - titled * index.title_cosines(number)
    told = math.sqrt(max(1 - titled**2, 0.0))

    def fit(row: int) -> tuple[float, int]:
        passage = index.passages[row]
        named = set(words(passage.heading.rsplit(HEADING_JOINT, 1)[-1]))
        share = len(named & asked) / len(named) if named else 0.0
        later = min(passage.position, LATEST) * LATER
        return told * float(beyond[row - rows.start]) + HEADING * share - later, -row

    return index.passages[max(rows, key=fit)]
