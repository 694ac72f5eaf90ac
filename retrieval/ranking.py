"""From passage hits to one suggestion for each article, best first.

The default ranking is a weighted mean of similarities and of what the desk's own history says; a ranker that was
learnt from closed tickets takes its place by being handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from retrieval.articles import Article, Passage
from retrieval.index import ArticleHit, ArticleIndex, PassageHit
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
#: How far the index is searched at first.
ROWS: Final = 60


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


#: A hit and its evidence to its score.
Ranker = Callable[[ArticleHit, float], float]


def weighted(hit: ArticleHit, evidence: float) -> float:
    """Score by fixed weights; without evidence the score stays below 1."""
    similarity = COSINE * hit.cosine + TITLE_COSINE * hit.title_cosine + WORDS * hit.words
    return (similarity + EVIDENCE * evidence) / (COSINE + TITLE_COSINE + WORDS)


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
        Scores one article.

    Returns
    -------
    list of Suggestion
        One for each article, by falling score; ties by id, so that the order never depends on anything else.
    """
    rows = ROWS
    while True:
        hits = index.search(asked.question, asked.vector, rows=rows, also=asked.evidence)
        open_hits = [hit for hit in hits if asked.audience == "agent" or hit.article.visibility == "public"]
        if len(open_hits) >= limit or rows >= index.rows:
            break
        rows *= 4  # everything near was hidden from this reader: look further
    scored = [(ranker(hit, asked.evidence.get(hit.article.id, 0.0)), hit) for hit in open_hits]
    best = sorted(scored, key=lambda each: (-each[0], each[1].article.id))[:limit]
    named = frozenset(words(asked.question))
    return [
        Suggestion(
            article=hit.article,
            passage=_best_passage(hit.passages, named),
            score=score,
            cosine=hit.cosine,
            title_cosine=hit.title_cosine,
            words=hit.words,
            evidence=asked.evidence.get(hit.article.id, 0.0),
        )
        for score, hit in best
    ]


def _best_passage(hits: Sequence[PassageHit], asked: frozenset[str]) -> Passage:
    """Choose within an article, where all are about its subject: the heading that the question names, the earlier one.

    Otherwise the question "cancel my subscription" would meet the section on a missing button, which says it twice.
    """

    def fit(hit: PassageHit) -> tuple[float, int]:
        named = set(words(hit.passage.heading.rsplit(HEADING_JOINT, 1)[-1]))
        share = len(named & asked) / len(named) if named else 0.0
        later = min(hit.passage.position, LATEST) * LATER
        return hit.cosine + WORDS * hit.words + HEADING * share - later, -hit.passage.position

    return max(hits, key=fit).passage
