"""Knowledge-base gaps from the service's sessions and closed tickets."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from retrieval.answering.ranking import RankingQuery, suggest
from retrieval.answering.second_view import SecondQuery, asks_for_second
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.text_language import language_of
from retrieval.gaps import gaps
from retrieval.gaps.gaps import Gaps, QuestionSet, Window
from retrieval.gaps.replays import Outcome, Replay, Shown
from retrieval.index.article_index import ArticleIndex
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.reports.question_vectors import Readings
from serving.reports.store import ReportStore, Session
from serving.reports.windows import window as report_window
from triage.contact_costs import ContactCosts
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

USUAL = timedelta(days=90)
#: Newest sessions, and newest tickets, that a report looks at.
MOST = 5_000
#: Texts that a request encodes itself, and that one round of the watch does: the rest waits for the next round.
IN_REQUEST, IN_ROUND = 200, 1_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Report:
    """The gaps found, and the number of texts not yet encoded."""

    gaps: Gaps
    window: Window
    waiting: int
    index: ArticleIndex


class KnowledgeGaps:
    """The use case: report gaps, one report at a time, because each uses a core for a while."""

    def __init__(
        self,
        store: ReportStore,
        models: LiveModels,
        articles: LiveArticles,
        costs: ContactCosts,
        readings: Readings | None = None,
    ) -> None:
        self._store, self._models, self._articles, self._costs = store, models, articles, costs
        self._readings, self._one = readings or Readings(), threading.Lock()
        self._read_again = Readings()  # by the second encoder

    def report(self, since: datetime | None, until: datetime | None, *, at: datetime) -> Report:
        """Find what is lacking.

        Parameters
        ----------
        since
            Where the window begins; by default 90 days before its end.
        until
            Where it ends; by default now.
        at
            Now.

        Returns
        -------
        Report

        Raises
        ------
        InvalidRequest
            The window ends before it begins, or is too long.
        NotReady
            While model or articles are being loaded.
        """
        window = _window(since, until, at)
        model, snapshot = self._models.take(), self._articles.take()
        with self._one:
            found = self._questions(window)
            replays, vectors = self._encoded(found, snapshot.encoder, IN_REQUEST)
            again = self._by_second(replays, snapshot.second, IN_REQUEST)
            replays = [
                each if row is None else _replayed(each, vectors[row, 0], again.get(each.text), (snapshot.index, model))
                for each, row in zip(replays, _never_asked(replays), strict=True)
            ]
            material = QuestionSet(replays, vectors[:, 0], vectors[:, 1])
            lacking = gaps.find(material, snapshot.index, window)
        return Report(lacking, window, len(found) - len(replays), snapshot.index)

    def read_ahead(self, at: datetime) -> None:
        """Encode what the next report will look at, newest first."""
        if self._models.missing() or self._articles.missing():
            return
        snapshot, asked = self._articles.take(), self._questions(_window(None, None, at))
        self._encoded(asked, snapshot.encoder, IN_ROUND)
        self._by_second(asked, snapshot.second, IN_ROUND)

    def _questions(self, window: Window) -> list[Replay]:
        sessions = self._store.sessions(window.since, window.until, MOST)
        closed = self._store.closed([each.ticket_id for each in sessions if each.ticket_id])
        others = self._store.closed_without_session(window.since, window.until, MOST)
        asked = [self._of_session(each, closed.get(each.ticket_id or "")) for each in sessions]
        return asked + [self._of_ticket(each) for each in others if not each.spam]

    def _encoded(self, replays: list[Replay], encoder: Encoder, most: int) -> tuple[list[Replay], np.ndarray]:
        """Return the questions whose texts are encoded, with float32 (n, 2, dim): what was asked, what was told."""
        texts = [text for each in replays for text in (each.text, each.resolution or "")]
        known = [text for text in dict.fromkeys(texts) if text]
        vectors = dict(zip(known, self._readings.read(known, encoder, most), strict=True))
        blank = np.zeros(encoder.dim, dtype=np.float32)
        kept, rows = [], []
        for each in replays:
            asked, told = vectors[each.text], vectors[each.resolution] if each.resolution else blank
            if asked is not None and told is not None:
                kept.append(each)
                rows.append((asked, told))
        return kept, np.array(rows, dtype=np.float32).reshape(len(kept), 2, encoder.dim)

    def _by_second(self, replays: Sequence[Replay], second: Encoder | None, most: int) -> Mapping[str, SecondQuery]:
        """Return tickets' questions as the second encoder sees them, by text, where their language asks for it.

        Those that it has not read yet are ranked by the first one until it has.
        """
        if second is None:
            return {}
        asked = dict.fromkeys(each.text for each in replays if each.decision == NEVER_ASKED)
        texts = [each for each in asked if asks_for_second(language_of(each))]
        read = self._read_again.read(texts, second, most)
        return {text: SecondQuery(vector) for text, vector in zip(texts, read, strict=True) if vector is not None}

    def _of_session(self, session: Session, ticket: ClosedTicket | None) -> Replay:
        return Replay(
            id=session.id,
            text=model_text(None, session.question) or "…",
            at=session.created_at,
            saves=self._costs.saved(session.channel),
            decision=session.decision,
            shown=tuple(Shown(*each) for each in session.shown),
            outcome=_outcome(session),
            ticket_id=session.ticket_id,
            solved_by=ticket.kb_article_ids if ticket else (),
            resolution=ticket.resolution if ticket else None,
            csat=ticket.csat if ticket else None,
        )

    def _of_ticket(self, ticket: ClosedTicket) -> Replay:
        return Replay(
            id=ticket.id,
            text=ticket.text,
            at=ticket.created_at,
            saves=self._costs.saved(ticket.channel),
            decision=NEVER_ASKED,
            ticket_id=ticket.id,
            solved_by=ticket.kb_article_ids,
            resolution=ticket.resolution,
            csat=ticket.csat,
        )


#: Of a ticket that came straight to the desk, until its question is asked of the articles as they are.
NEVER_ASKED: Literal["never_asked"] = "never_asked"


def _never_asked(replays: list[Replay]) -> list[int | None]:
    return [row if each.decision == NEVER_ASKED else None for row, each in enumerate(replays)]


def _replayed(
    replay: Replay, vector: np.ndarray, second: SecondQuery | None, by: tuple[ArticleIndex, LoadedModel]
) -> Replay:
    """Ask a ticket's question now. Closed tickets do not vote: it may be among them itself."""
    index, model = by
    found = suggest(index, RankingQuery(replay.text, vector, second=second), limit=SHOWN, ranker=model.ranker)
    verdict = model.answerability.of(language_of(replay.text)).decide(replay.text, found)
    shown = tuple(Shown(each.article.id, each.score) for each in found)
    return replace(replay, decision=verdict.decision, shown=shown)


def _outcome(session: Session) -> Outcome | None:
    if session.ended == "escalated":
        return "escalated"
    return {"confirmed": "confirmed", "not_helpful": "not_helpful"}.get(session.outcome or "")  # type: ignore[return-value]


def _window(since: datetime | None, until: datetime | None, at: datetime) -> Window:
    found = report_window(since, until, at, usual=USUAL)
    return Window(found.since, found.until)
