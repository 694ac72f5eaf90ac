"""What closed tickets teach about answering: which article solved which question, and when an answer fits.

Everything is learnt in the order of time: the precedents that a question sees are older than it, and neither ranker nor
decision learns from the tickets that calibrate and certify the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from retrieval.answerability import Answerability
from retrieval.encoder import Progress
from retrieval.index import ArticleIndex, TextEncoder
from retrieval.precedents import Precedents
from retrieval.ranker import LinearRanker
from training.answerability import LEAST, Decided, Desk, Slices, fit_answerability
from training.config import Answers
from training.ranker import Case, fit_ranker, trust
from triage.closed_ticket import ClosedTicket


@dataclass(frozen=True)
class Lessons:
    """What the closed tickets taught."""

    precedents: Precedents
    ranker: LinearRanker
    #: By ticket id, how far each of its links is to be trusted.
    trust: Mapping[str, Sequence[float]]
    #: None where there were too few tickets.
    decided: Decided | None = None

    @property
    def answerability(self) -> Answerability:
        """The decision as it serves: what was learnt with the certificate that it earned, else the defaults."""
        return Answerability.from_manifest(self.to_manifest())

    def to_manifest(self) -> dict[str, object] | None:
        """Return plain data for the bundle's section `answers`; None where nothing was learnt."""
        if self.decided is not None:  # what is promised is promised of this ranking, so it is named even if usual
            return {**self.ranker.to_manifest(), **self.decided.to_manifest()}
        return self.ranker.to_manifest() if self.ranker != LinearRanker() else None


def learn(
    index: ArticleIndex,
    encoder: TextEncoder,
    tickets: Sequence[ClosedTicket],
    *,
    vectors: np.ndarray | None = None,
    progress: Progress | None = None,
    wanted: Answers = Answers(),  # noqa: B008 (immutable)
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
    wanted
        What the certificate of the decision shall promise.

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
    older = cases[: Slices.of(len(cases)).calibrate.start] if len(cases) >= LEAST else cases
    ranker = fit_ranker(index, older, precedents, trusted)
    desk = Desk(index, cases, precedents, ranker, encoder.fingerprint)
    return Lessons(precedents, ranker, trusted, fit_answerability(desk, wanted))


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
