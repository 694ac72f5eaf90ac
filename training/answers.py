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
from retrieval.precedents import Precedents, Told, Wordings
from retrieval.ranker import LinearRanker
from retrieval.ranking import Asked, suggest
from retrieval.similar import WordRows
from training import case_files
from training.links import Belief, Case, readings
from training.ranker import asked_then, fit_ranker
from triage import lexical
from triage.closed_ticket import ClosedTicket
from triage.lexical import Lexicon
from triage.text import model_text

#: Most closed tickets that are looked back on, the newest.
MOST_CLOSED: Final = 20_000
#: Words that fewer tickets have tell nobody apart, and most words that are kept.
MIN_TICKETS: Final = 3
MOST_WORDS: Final = 200_000
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
    #: By ticket id, how far each of its links is believed as a vote.
    trust: Mapping[str, Sequence[float]]
    #: By ticket id, the articles that its resolution reads like, with their shares.
    readings: Mapping[str, Mapping[str, float]]

    def to_manifest(self) -> dict[str, object] | None:
        """Return plain data for the bundle's section `answers`; None where nothing was learnt."""
        learnt = self.ranker.to_manifest() if self.ranker != LinearRanker() else {}
        return (learnt | (self.answerability.to_manifest() if self.answerability.learnt else {})) or None


@dataclass(frozen=True)
class Known:
    """What is at hand of the tickets already."""

    #: Encodings of the tickets' texts, float (n_tickets, dim).
    vectors: np.ndarray | None = None
    #: What weighs their words.
    lexicon: Lexicon | None = None


def learn(
    index: ArticleIndex,
    encoder: TextEncoder,
    tickets: Sequence[ClosedTicket],
    *,
    known: Known | None = None,
    progress: Progress | None = None,
) -> Lessons:
    """Learn precedents, the ranker's weights and the decision to answer.

    Parameters
    ----------
    index
        The knowledge base that will answer.
    encoder
        The encoder that made it.
    tickets
        Closed tickets, all older than the questions to come; those that say nothing of what solved them are passed
        over.
    known
        What is at hand of them already.
    progress
        Called as ``progress(done, total)`` over the texts that must be encoded.

    Returns
    -------
    Lessons
        With the default answerability where there are too few tickets.
    """
    closed = _closed(encoder, tickets, known or Known(), progress)
    cases = [
        Case(ticket, vector, number)
        for number, (ticket, vector) in enumerate(zip(closed.tickets, closed.vectors, strict=True))
        if ticket.kb_article_ids
    ]
    belief, read = Belief.of(index, cases), readings(index, closed.resolutions)
    precedents = Precedents.build(
        closed.vectors,
        [ticket.kb_article_ids for ticket in closed.tickets],
        [belief.votes.get(ticket.id, ()) for ticket in closed.tickets],
        Told(closed.wordings, read),
    )
    ranker = fit_ranker(index, cases, precedents, belief.taught)
    answerability = fit_answerability(index, cases, precedents, ranker)
    by_id = {ticket.id: reading for ticket, reading in zip(closed.tickets, read, strict=True) if reading}
    return Lessons(precedents, answerability, ranker, belief.votes, by_id)


@dataclass(frozen=True, eq=False)
class _Closed:
    """Closed tickets that say what solved them, in the order of time, with the encodings of text and resolution."""

    tickets: Sequence[ClosedTicket]
    vectors: np.ndarray
    resolutions: np.ndarray
    wordings: Wordings | None


def _closed(encoder: TextEncoder, tickets: Sequence[ClosedTicket], known: Known, progress: Progress | None) -> _Closed:
    rows = [row for row, each in enumerate(tickets) if (each.kb_article_ids or each.resolution) and not each.spam]
    rows = _in_time(tickets, rows)[-MOST_CLOSED:]
    chosen = [tickets[row] for row in rows]
    texts = [ticket.text for ticket in chosen]
    solutions = [model_text(None, ticket.resolution) for ticket in chosen]
    if known.vectors is None:
        found = encoder.encode([*texts, *filter(None, solutions)], progress=progress)
        vectors, solved = found[: len(texts)], found[len(texts) :]
    else:
        vectors = np.asarray(known.vectors)[rows].astype(np.float32)
        solved = encoder.encode([*filter(None, solutions)], progress=progress)
    resolutions = np.zeros((len(chosen), encoder.dim), dtype=np.float32)
    resolutions[[row for row, text in enumerate(solutions) if text]] = solved
    return _Closed(chosen, vectors.reshape(len(chosen), encoder.dim), resolutions, _wordings(texts, known.lexicon))


def _wordings(texts: Sequence[str], lexicon: Lexicon | None) -> Wordings | None:
    if not texts:
        return None
    learnt = lexicon or lexical.learn(texts, min_tickets=MIN_TICKETS, most=MOST_WORDS, progress=lambda _: None)
    return Wordings(WordRows(*case_files.words(texts, learnt)), learnt)


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
    trials = [trial for case in cases[start:] for trial in _trials(index, case, asked_then(case, precedents), ranker)]
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


def _trials(index: ArticleIndex, case: Case, asked: Asked, ranker: LinearRanker) -> Iterator[_Trial]:
    """Try the question as it was asked, and for some once more without the articles that answer it."""
    relevant = set(case.ticket.kb_article_ids)
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


def _in_time(tickets: Sequence[ClosedTicket], rows: list[int]) -> list[int]:
    """By time where every ticket has one; else the file's order is the order of time."""
    times = [tickets[row].created_at for row in rows]
    if None in times:
        return rows
    return [row for _, row in sorted(zip(times, rows, strict=True), key=itemgetter(0))]
