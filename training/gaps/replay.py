"""Knowledge-base gaps from files: closed tickets replayed as if only older ones were known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retrieval.answering.answerability import Answerability
from retrieval.answering.learning.readings import readings
from retrieval.answering.learnt.bundled import ranker_of, second_ranker_of
from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.precedents import Precedents, TicketKnowledge
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.ranking import suggest
from retrieval.encoder.text_language import language_of
from retrieval.gaps.gaps import LEAST, Gap, Gaps, QuestionSet, Window, find
from retrieval.gaps.replays import Replay, Shown
from retrieval.index.vector_index import VectorIndex
from training.answers.closed_questions import seen_again, wordings
from training.answers.link_trust import LinkedTicket
from training.answers.ranker import asked_then
from training.errors import NothingToReplay
from triage.contact_costs import ContactCosts
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

if TYPE_CHECKING:
    from pathlib import Path

    from retrieval.index.article_index import ArticleIndex
    from retrieval.index.text_encoder import TextEncoder
    from training.answers.questions import Question
    from triage.model.bundle import Bundle

DEPTH: Final = 5
FILE: Final = "gaps.jsonl"


@dataclass(frozen=True)
class Decider:
    """What ranks and decides, as it serves."""

    answerability: Answerability = field(default_factory=Answerability)
    ranker: DeskRanker = field(default_factory=LinearRanker)
    second_ranker: DeskRanker | None = None

    @classmethod
    def of(cls, bundle: Bundle | None, encoder: TextEncoder, second: TextEncoder | None = None) -> Decider:
        """Take what a bundle serves with; what its ranker learnt of vectors, only where they are of its encoder."""
        if bundle is None:
            return cls()
        answers, same = bundle.answers, bundle.manifest.encoder.fingerprint == encoder.fingerprint
        ranker = ranker_of(bundle) if same else LinearRanker.from_manifest(answers)
        named = bundle.manifest.second_encoder
        again = same and second is not None and named is not None and named.fingerprint == second.fingerprint
        return cls(Answerability.from_manifest(answers), ranker, second_ranker_of(bundle) if again else None)


@dataclass(frozen=True)
class TicketHistory:
    """Closed tickets in the order of time, with their encodings: of what was asked, of what they were told."""

    tickets: Sequence[ClosedTicket]
    asked: np.ndarray
    told: np.ndarray
    asked_by_second: np.ndarray | None = None
    """What was asked, by the second encoder; None without one."""

    def case(self, row: int) -> LinkedTicket:
        """Return a ticket's question as any question of a closed ticket is asked again."""
        ticket = self.tickets[row]
        return LinkedTicket(ticket, self.asked[row], row, seen_again(ticket, self.asked_by_second, row))

    @property
    def window(self) -> Window:
        """From the first to the last."""
        times = [each.created_at for each in self.tickets if each.created_at is not None]
        return Window(min(times), max(times))


def gather(
    tickets: Sequence[ClosedTicket],
    questions: Sequence[Question],
    encoder: TextEncoder,
    *,
    second: TextEncoder | None = None,
    until: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TicketHistory:
    """Put tickets in order and encode them.

    Parameters
    ----------
    tickets
        Closed; spam and those without a time are left out.
    questions
        With known answers. One with a ticket's id corrects what the ticket says of articles; others are added.
    encoder
        With vectors at hand.
    second
        Encodes questions again that are in other languages than the first one reads; it too has vectors at hand.
    until
        Only what was asked before.
    progress
        Called as ``progress(done, total)`` over the texts that must be encoded.

    Returns
    -------
    Desk

    Raises
    ------
    NothingToReplay
        Nothing is left.
    """
    graded = {each.id: each for each in questions}
    kept = [each if each.id not in graded else _corrected(each, graded.pop(each.id)) for each in tickets]
    kept += [_asked_alone(each) for each in graded.values()]
    kept = [each for each in kept if not each.spam and each.created_at and (until is None or each.created_at < until)]
    if not kept:
        raise NothingToReplay(len(tickets), until)
    kept.sort(key=attrgetter("created_at", "id"))
    asked = [each.text for each in kept]
    vectors = encoder.encode(asked + [model_text(None, each.resolution) for each in kept], progress=progress)
    told = vectors[len(kept) :]
    told[[not each.resolution for each in kept]] = 0
    again = None if second is None else second.encode(asked, progress=progress)
    return TicketHistory(kept, vectors[: len(kept)], told, again)


def replay(
    desk: TicketHistory,
    index: ArticleIndex,
    costs: ContactCosts,
    decider: Decider,
    progress: Callable[[int, int], None] | None = None,
) -> list[Replay]:
    """Ask every ticket's question of the knowledge base, in the order of time.

    Parameters
    ----------
    desk
        The tickets.
    index
        The knowledge base, with a second view where the desk has a second encoder. What solved a ticket before, or was
        said to it, is a precedent for those after it, by meaning and words as where it serves. Links are all believed:
        which to doubt, only newer tickets could tell.
    costs
        What a contact costs.
    decider
        What ranks and decides.
    progress
        Called as ``progress(done, total)``.

    Returns
    -------
    list of Replay
        One a ticket, in the desk's order.
    """
    precedents = Precedents.build(
        desk.asked,
        [each.kb_article_ids for each in desk.tickets],
        told=TicketKnowledge(wordings([each.text for each in desk.tickets]), readings(index, desk.told)),
    )
    again = desk.asked_by_second
    by_second = None if again is None else precedents.by_second(VectorIndex.build(again))
    found = []
    for row, ticket in enumerate(desk.tickets):
        then = asked_then(desk.case(row), precedents, by_second, decider.second_ranker)
        asked = replace(then, audience="customer", language=None)
        suggestions = suggest(index, asked, limit=DEPTH, ranker=decider.ranker)
        verdict = decider.answerability.of(language_of(ticket.text)).decide(ticket.text, suggestions)
        shown = tuple(Shown(each.article.id, each.score) for each in suggestions)
        found.append(_replay(ticket, verdict.decision, shown, costs))
        if progress is not None:
            progress(row + 1, len(desk.tickets))
    return found


def examine(desk: TicketHistory, replays: Sequence[Replay], index: ArticleIndex, *, least: int = LEAST) -> Gaps:
    """Find what is lacking in what was replayed."""
    return find(QuestionSet(replays, desk.asked, desk.told), index, desk.window, least=least)


def to_record(gap: Gap) -> dict[str, Any]:
    """Return a gap as plain data."""
    return asdict(gap)


def write(folder: Path, gaps: Gaps) -> None:
    """Write `gaps.jsonl`, a line a gap."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(to_record(each), ensure_ascii=False) + "\n" for each in gaps.found)
    (folder / FILE).write_text("".join(lines), encoding="utf-8")


def _replay(ticket: ClosedTicket, decision: str, shown: tuple[Shown, ...], costs: ContactCosts) -> Replay:
    return Replay(
        id=ticket.id,
        text=ticket.text,
        at=ticket.created_at,
        saves=costs.saved(ticket.channel),
        decision=decision,
        shown=shown,
        ticket_id=ticket.id,
        solved_by=ticket.kb_article_ids,
        resolution=ticket.resolution,
        csat=ticket.csat,
    )


def _corrected(ticket: ClosedTicket, question: Question) -> ClosedTicket:
    return replace(ticket, kb_article_ids=tuple(sorted(question.relevant)))


def _asked_alone(question: Question) -> ClosedTicket:
    return ClosedTicket(
        id=question.id,
        description=question.question,
        created_at=question.created_at.astimezone(UTC) if question.created_at else None,
        kb_article_ids=tuple(sorted(question.relevant)),
    )
