"""Learn from closed tickets which article solved which question, and when an article answers.

Everything respects time: a question's precedents are older than the question, and nothing that ranks or decides has
learnt from the tickets that certify the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

import numpy as np
from msgspec import structs
from threadpoolctl import threadpool_limits

from retrieval.answering.answerability import Answerability
from retrieval.answering.learning.readings import readings
from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.precedents import Precedents, TicketKnowledge, Wordings
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.second_view import asks_for_second
from retrieval.answering.similar_texts import WordRows
from retrieval.encoder.encoder import Progress
from retrieval.index.article_index import ArticleIndex
from retrieval.index.text_encoder import TextEncoder
from retrieval.index.vector_index import VectorIndex
from training import config
from training.answers import bundled_tickets as case_files
from training.answers.answer_context import AnswerContext
from training.answers.answerability import LEAST, Decided, Slices, fit_answerability
from training.answers.link_trust import LinkedTicket, LinkTrust
from training.answers.ranking.bundled import files, named
from training.answers.ranking.fit import SolvedTickets, fit_ranking
from training.answers.ranking.memory import LabelledTickets
from training.data.languages import language_of
from triage.model import lexical
from triage.model.answers_entry import Answers, RankerChoice
from triage.model.lexical import Lexicon
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

#: Most closed tickets that are looked back on, the newest.
MOST_CLOSED: Final = 20_000
#: Words that fewer tickets have tell nobody apart, and most words that are kept.
MIN_TICKETS: Final = 3
MOST_WORDS: Final = 200_000


@dataclass(frozen=True)
class Lessons:
    """What was learnt from closed tickets."""

    precedents: Precedents
    ranker: DeskRanker
    #: By ticket id, how far each of its links is believed as a vote.
    trust: Mapping[str, Sequence[float]]
    #: By ticket id, the articles that its resolution reads like, with their shares.
    readings: Mapping[str, Mapping[str, float]]
    #: None where there were too few tickets.
    decided: Decided | None = None
    #: How the ranker was chosen; None where there were too few tickets.
    choice: RankerChoice | None = None
    #: The precedents by the second encoder; None without one.
    by_second: Precedents | None = None

    @property
    def answerability(self) -> Answerability:
        """The decision as it serves: what was learnt with the certificate that it earned, else the defaults."""
        return Answerability.from_manifest(self.to_manifest())

    def to_manifest(self) -> Answers | None:
        """Return what the manifest says of answers; None where nothing was learnt."""
        if self.decided is None and self.choice is None and self.ranker == LinearRanker():
            return None
        said = self.decided.to_manifest() if self.decided else Answers()
        # What is promised is promised of this ranking, so it is named even if usual.
        return structs.replace(named(said, self.ranker), ranker_choice=self.choice)

    def dated(self, at: datetime, days: int) -> Answers | None:
        """Return the same, with the days that a certificate holds where there is one."""
        said = self.to_manifest()
        if said is None or not said.certificate:
            return said
        return structs.replace(said, certificate=said.certificate.dated(at, days))

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files that a bundle keeps of it, by path."""
        return files(self.ranker)


@dataclass(frozen=True)
class Known:
    """What is already computed for the tickets."""

    #: Encodings of the tickets' texts, float (n_tickets, dim).
    vectors: np.ndarray | None = None
    #: What weighs their words.
    lexicon: Lexicon | None = None
    #: The second encoder, and the tickets' encodings by it, float (n_tickets, dim).
    second: TextEncoder | None = None
    second_vectors: np.ndarray | None = None


def learn(
    index: ArticleIndex,
    encoder: TextEncoder,
    tickets: Sequence[ClosedTicket],
    *,
    known: Known | None = None,
    progress: Progress | None = None,
    wanted: config.Answers = config.Answers(),  # noqa: B008 (immutable)
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
    wanted
        What the certificate of the decision shall promise.

    Returns
    -------
    Lessons
        With the default answerability where there are too few tickets.
    """
    closed = _closed(encoder, tickets, known or Known(), progress)
    cases = [
        LinkedTicket(ticket, vector, number, closed.seen_again(number))
        for number, (ticket, vector) in enumerate(zip(closed.tickets, closed.vectors, strict=True))
        if ticket.kb_article_ids
    ]
    older = cases[: Slices.of(len(cases)).hold_out.start] if len(cases) >= LEAST else cases
    belief = LinkTrust.of(index, cases, older)
    read = readings(index, closed.resolutions)
    precedents = Precedents.build(
        closed.vectors,
        [ticket.kb_article_ids for ticket in closed.tickets],
        [belief.votes.get(ticket.id, ()) for ticket in closed.tickets],
        TicketKnowledge(closed.wordings, read),
    )
    # Thousands of small products, where several threads wait for each other longer than they work.
    with threadpool_limits(1, user_api="blas"):
        labelled = LabelledTickets.of(closed.vectors, [dict(ticket.labels) for ticket in closed.tickets])
        ranking = fit_ranking(SolvedTickets(index, older, precedents, belief.taught, labelled))
        by_second = None if closed.second is None else precedents.by_second(VectorIndex.build(closed.second))
        context = AnswerContext(index, cases, precedents, ranking, encoder.fingerprint, by_second)
        decided = fit_answerability(context, wanted)
    by_id = {ticket.id: reading for ticket, reading in zip(closed.tickets, read, strict=True) if reading}
    return Lessons(precedents, ranking.ranker, belief.votes, by_id, decided, ranking.choice, by_second)


@dataclass(frozen=True, eq=False)
class _Closed:
    """Closed tickets that say what solved them, in the order of time, with the encodings of text and resolution."""

    tickets: Sequence[ClosedTicket]
    vectors: np.ndarray
    resolutions: np.ndarray
    wordings: Wordings | None
    second: np.ndarray | None = None
    """The texts by the second encoder; None without one."""

    def seen_again(self, row: int) -> np.ndarray | None:
        """Return a ticket's encoding by the second encoder; None where its language does not ask for it."""
        asks = self.second is not None and asks_for_second(language_of(self.tickets[row]))
        return self.second[row] if self.second is not None and asks else None


def _closed(encoder: TextEncoder, tickets: Sequence[ClosedTicket], known: Known, progress: Progress | None) -> _Closed:
    rows = [row for row, each in enumerate(tickets) if (each.kb_article_ids or each.resolution) and not each.spam]
    rows = _in_time(tickets, rows)[-MOST_CLOSED:]
    chosen = [tickets[row] for row in rows]
    texts = [ticket.text for ticket in chosen]
    solutions = [model_text(None, ticket.resolution, (ticket.account,)) for ticket in chosen]
    if known.vectors is None:
        found = encoder.encode([*texts, *filter(None, solutions)], progress=progress)
        vectors, solved = found[: len(texts)], found[len(texts) :]
    else:
        vectors = np.asarray(known.vectors)[rows].astype(np.float32)
        solved = encoder.encode([*filter(None, solutions)], progress=progress)
    resolutions = np.zeros((len(chosen), encoder.dim), dtype=np.float32)
    resolutions[[row for row, text in enumerate(solutions) if text]] = solved
    words, second = wordings(texts, known.lexicon), _by_second(texts, rows, known, progress)
    return _Closed(chosen, vectors.reshape(len(chosen), encoder.dim), resolutions, words, second)


def _by_second(texts: Sequence[str], rows: Sequence[int], known: Known, progress: Progress | None) -> np.ndarray | None:
    if known.second_vectors is not None:
        return np.ascontiguousarray(known.second_vectors[list(rows)], dtype=np.float32)
    return None if known.second is None else known.second.encode(texts, progress=progress)


def wordings(texts: Sequence[str], lexicon: Lexicon | None = None) -> Wordings | None:
    """Weigh the words of closed questions, by a lexicon that they teach where none is given."""
    if not texts:
        return None
    learnt = lexicon or lexical.learn(texts, min_tickets=MIN_TICKETS, most=MOST_WORDS, progress=lambda _: None)
    return Wordings(WordRows(*case_files.words(texts, learnt)), learnt)


def _in_time(tickets: Sequence[ClosedTicket], rows: list[int]) -> list[int]:
    """By time where every ticket has one; else the file's order is the order of time."""
    times = [tickets[row].created_at for row in rows]
    if None in times:
        return rows
    return [row for _, row in sorted(zip(times, rows, strict=True), key=itemgetter(0))]
