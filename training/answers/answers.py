"""Learn from closed tickets which article solved which question, and when an article answers.

Everything respects time: a question's precedents are older than the question, and nothing that ranks or decides has
learnt from the tickets that certify the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs
from threadpoolctl import threadpool_limits

from retrieval.answering.answerability import Answerability
from retrieval.answering.learning.readings import readings
from retrieval.answering.learnt.ranker import SECOND_FILE, DeskRanker
from retrieval.answering.precedents import Precedents, TicketKnowledge
from retrieval.answering.ranker import LinearRanker
from retrieval.encoder.encoder import Progress
from retrieval.index.article_index import ArticleIndex
from retrieval.index.text_encoder import TextEncoder
from retrieval.index.vector_index import VectorIndex
from training import config
from training.answers.answer_context import AnswerContext
from training.answers.answerability import LEAST, Decided, Slices, fit_answerability
from training.answers.closed_questions import ClosedQuestions, Known
from training.answers.link_trust import LinkedTicket, LinkTrust
from training.answers.ranking.bundled import files, named, second_named
from training.answers.ranking.fit import LearntRanking, SolvedTickets, fit_ranking, refitted
from training.answers.ranking.memory import LabelledTickets
from training.answers.ranking.second import fit_second
from triage.model.answers_entry import Answers, RankerChoice
from triage.tickets.closed_ticket import ClosedTicket


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
    #: What ranks by the second encoder, and how it was chosen; None: the same ranker does.
    second_ranking: LearntRanking | None = None
    #: Whether the ranker has learnt from the held-out tickets too: nothing was certified on them.
    by_all: bool = False

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
        second = self.second_ranking
        return structs.replace(
            named(said, self.ranker),
            ranker_choice=self.choice,
            second_ranker=second and second_named(second.ranker, second.choice),
            ranker_taught_by_all=self.by_all,
        )

    def dated(self, at: datetime, days: int) -> Answers | None:
        """Return the same, with the days that a certificate holds where there is one."""
        said = self.to_manifest()
        if said is None or not said.parts:
            return said
        parts = (
            structs.replace(each, certificate=each.certificate.dated(at, days)) if each.certificate else each
            for each in said.parts
        )
        return said.with_parts(*parts)

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files that a bundle keeps of it, by path."""
        return files(self.ranker) | (files(self.second_ranker, SECOND_FILE) if self.second_ranker else {})

    @property
    def second_ranker(self) -> DeskRanker | None:
        """What ranks by the second encoder; None: the same ranker does."""
        return self.second_ranking.ranker if self.second_ranking else None


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
    closed = ClosedQuestions.of(encoder, tickets, known or Known(), progress)
    desk = _Desk(index, closed, readings(index, closed.resolutions))
    cases = closed.linked
    older = cases[: Slices.of(len(cases)).hold_out.start] if len(cases) >= LEAST else cases
    # Thousands of small products, where several threads wait for each other longer than they work.
    with threadpool_limits(1, user_api="blas"):
        taught = desk.taught(older)
        context = AnswerContext(
            index,
            cases,
            taught.precedents,
            taught.ranking,
            encoder.fingerprint,
            by_second=taught.by_second,
            second_ranking=taught.second_ranking,
        )
        decided = fit_answerability(context, wanted)
        # A certificate is of the ranker that was tested. Where none was earned, the newest tickets teach as well.
        by_all = len(older) < len(cases) and (decided is None or not decided.is_certified)
        if by_all:
            taught = desk.taught(cases, taught)
    by_id = {ticket.id: reading for ticket, reading in zip(closed.tickets, desk.read, strict=True) if reading}
    return Lessons(
        precedents=taught.precedents,
        ranker=taught.ranking.ranker,
        trust=taught.belief.votes,
        readings=by_id,
        decided=decided,
        choice=taught.ranking.choice,
        by_second=taught.by_second,
        second_ranking=taught.second_ranking,
        by_all=by_all,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Taught:
    """What linked tickets taught: how far links are believed, who votes, and how articles are ranked."""

    belief: LinkTrust
    precedents: Precedents
    by_second: Precedents | None
    ranking: LearntRanking
    second_ranking: LearntRanking | None


@dataclass(frozen=True, slots=True, eq=False)
class _Desk:
    """Articles, and the closed tickets that teach about them."""

    index: ArticleIndex
    closed: ClosedQuestions
    read: Sequence[Mapping[str, float]]
    """For each closed ticket the articles that its resolution reads like, with their shares."""

    def taught(self, teach: Sequence[LinkedTicket], before: _Taught | None = None) -> _Taught:
        """Learn from some of the linked tickets; the kinds of rankers that were chosen before, where they were."""
        closed = self.closed
        belief = LinkTrust.of(self.index, closed.linked, teach)
        precedents = Precedents.build(
            closed.vectors,
            [ticket.kb_article_ids for ticket in closed.tickets],
            [belief.votes.get(ticket.id, ()) for ticket in closed.tickets],
            TicketKnowledge(closed.wordings, self.read),
        )
        by_second = None if closed.second is None else precedents.by_second(VectorIndex.build(closed.second))
        labelled = LabelledTickets.of(closed.vectors, [dict(ticket.labels) for ticket in closed.tickets])
        solved = SolvedTickets(self.index, teach, precedents, belief.taught, labelled, shifts=by_second is None)
        ranking = fit_ranking(solved) if before is None else refitted(before.ranking, solved)
        second = None
        if by_second is not None and closed.second is not None and self.index.second is not None:
            read = [replace(each, second=closed.second[each.number]) for each in teach]
            labelled = LabelledTickets(closed.second, labelled.labels)
            again = SolvedTickets(self.index, read, by_second, belief.taught, labelled, by_second=True)
            if before is None:
                asking = {each.number for each in teach if each.second is not None}
                second = fit_second(again, solved, ranking, asking)
            elif before.second_ranking is not None:
                second = refitted(before.second_ranking, again)
        return _Taught(belief, precedents, by_second, ranking, second)
