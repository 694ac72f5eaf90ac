"""What closed tickets teach about answering: which article solved which question, and when an answer fits.

Everything is learnt in the order of time: the precedents that a question sees are older than it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

import numpy as np

from retrieval.answerability import Answerability, features
from retrieval.encoder import Progress
from retrieval.index import ArticleIndex, TextEncoder
from retrieval.precedents import History, Precedents
from retrieval.ranker import LinearRanker
from retrieval.ranking import Asked, suggest
from training.ranker import Case, fit_ranker, trust
from triage.closed_ticket import ClosedTicket

#: The later share of the tickets, which teaches when an answer fits; the earlier ones are its precedents.
LATER: Final = 0.4
#: Most tickets of that share; more do not move eight numbers.
MOST: Final = 2_000
#: Fewer tell nothing.
LEAST: Final = 60
#: Share of questions that are asked of a knowledge base without their article as well.
KNOCKED_OUT: Final = 1 / 3
#: An answer is shown where at least this share of shown answers is the right article.
PRECISION: Final = 0.7
#: No refit may show what is likelier wrong than right, whatever else the tickets say.
LOWEST_ANSWER_AT: Final = 0.5
#: Below the answer's threshold, the part of the way in which the customer is asked back.
CLARIFY_SHARE: Final = 0.6


@dataclass(frozen=True)
class Lessons:
    """What the closed tickets taught."""

    precedents: Precedents
    answerability: Answerability
    ranker: LinearRanker
    #: By ticket id, how far each of its links is to be trusted.
    trust: Mapping[str, Sequence[float]]

    def to_manifest(self) -> dict[str, object] | None:
        """Return plain data for the bundle's section `answers`; None where nothing was learnt."""
        learnt = self.ranker.to_manifest() if self.ranker != LinearRanker() else {}
        return (learnt | (self.answerability.to_manifest() if self.answerability.learnt else {})) or None


def learn(
    index: ArticleIndex,
    encoder: TextEncoder,
    tickets: Sequence[ClosedTicket],
    *,
    vectors: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Lessons:
    """Learn precedents and the decision to answer.

    Parameters
    ----------
    index
        The knowledge base that will answer.
    encoder
        The encoder that made it.
    tickets
        Closed tickets, all older than the questions to come; those that no article solved are passed over.
    vectors
        Encodings of the tickets' texts where they are at hand, float (n_tickets, dim).
    progress
        Called as ``progress(done, total)`` over the texts that must be encoded.

    Returns
    -------
    Lessons
        With the default answerability where there are too few tickets.
    """
    solved = [number for number, ticket in enumerate(tickets) if ticket.kb_article_ids and not ticket.spam]
    if vectors is None:
        found = encoder.encode([tickets[number].text for number in solved], progress=progress)
    else:
        found = np.asarray(vectors)[solved].astype(np.float32)
    cases = [Case(tickets[number], vector) for number, vector in zip(solved, found, strict=True)]
    cases = _in_time(cases)
    trusted = {case.ticket.id: trust(index, case) for case in cases}
    precedents = _precedents(cases, trusted, encoder.dim)
    ranker = fit_ranker(index, cases, precedents, trusted)
    return Lessons(precedents, fit_answerability(index, cases, precedents, ranker), ranker, trusted)


def fit_answerability(
    index: ArticleIndex, cases: Sequence[Case], precedents: Precedents, ranker: LinearRanker
) -> Answerability:
    """Fit P(the first suggestion is the right article) on the later cases, the earlier ones being their precedents.

    Parameters
    ----------
    index
        The knowledge base.
    cases
        Solved tickets with their vectors, in the order of time.
    precedents
        The same tickets in the same order.
    ranker
        What will rank.

    Returns
    -------
    Answerability
        A logistic regression on `retrieval.answerability.features`; the defaults where there are too few cases.
        `answer_at` is the lowest probability from which on enough of the answers were right.
    """
    start = max(round(len(cases) * (1 - LATER)), len(cases) - MOST)
    if len(cases) - start < LEAST:
        return Answerability()
    trials = [
        trial
        for number, case in enumerate(cases[start:], start)
        for trial in _trials(index, case, precedents.recall(case.vector, before=number), ranker)
    ]
    rows = np.array([trial.features for trial in trials], dtype=np.float64)
    right = np.array([trial.right for trial in trials], dtype=bool)
    if right.all() or not right.any():
        return Answerability()
    # Late: scikit-learn takes a second to import, and reading questions does not need it.
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=1_000).fit(rows, right)
    probabilities = model.predict_proba(rows)[:, 1]
    answer_at = _lowest_threshold(probabilities, right)
    return Answerability(
        coefficients=tuple(float(number) for number in model.coef_[0]),
        intercept=float(model.intercept_[0]),
        answer_at=answer_at,
        clarify_at=answer_at * CLARIFY_SHARE,
        learnt=True,
    )


@dataclass(frozen=True)
class _Trial:
    features: tuple[float, ...]
    right: bool


def _trials(index: ArticleIndex, case: Case, history: History, ranker: LinearRanker) -> Iterator[_Trial]:
    """Try the question as it was asked, and for some once more without the articles that answer it."""
    relevant = set(case.ticket.kb_article_ids)
    asked = Asked(case.ticket.text, case.vector, "agent", history)
    found = suggest(index, asked, limit=2 + len(relevant), ranker=ranker)
    if found and relevant & index.articles.keys():
        yield _Trial(features(asked.question, found), found[0].article.id in relevant)
    others = [each for each in found if each.article.id not in relevant]
    if others and _knocked_out(case.ticket.id):
        yield _Trial(features(asked.question, others), right=False)


def _knocked_out(ticket_id: str) -> bool:
    """Choose by the id, so that the same tickets are chosen in every run and whatever their order."""
    return int.from_bytes(hashlib.sha256(ticket_id.encode()).digest()[:4], "big") < KNOCKED_OUT * 2**32


def _lowest_threshold(probabilities: np.ndarray, right: np.ndarray) -> float:
    """Find the lowest threshold above which the share of right answers is high enough; just above all where none is."""
    order = np.argsort(-probabilities, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= PRECISION)
    lowest = float(probabilities[order][good[-1]]) if len(good) else float(probabilities.max()) + 1e-6
    return min(max(lowest, LOWEST_ANSWER_AT), 1.0)


def _precedents(cases: Sequence[Case], trusted: Mapping[str, Sequence[float]], dim: int) -> Precedents:
    vectors = np.array([case.vector for case in cases], dtype=np.float32).reshape(len(cases), dim)
    tickets = [case.ticket for case in cases]
    return Precedents.build(vectors, [each.kb_article_ids for each in tickets], [trusted[each.id] for each in tickets])


def _in_time(cases: list[Case]) -> list[Case]:
    """By time where every ticket has one; else the file's order is the order of time."""
    times = [case.ticket.created_at for case in cases]
    if None in times:
        return cases
    return [case for _, case in sorted(zip(times, cases, strict=True), key=itemgetter(0))]
