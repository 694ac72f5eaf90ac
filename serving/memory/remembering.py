"""Read what a closed ticket teaches: its text by the model's encoder, its links, and what its resolution reads like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import sqlalchemy as sa

from retrieval.answering.learning.link_trust import as_vote, standing_out
from retrieval.answering.learning.readings import readings
from retrieval.answering.ranking import RankingQuery
from retrieval.answering.second_view import asks_for_second
from retrieval.articles.translations import tongue
from retrieval.encoder.text_language import language_of
from serving.context import Context
from serving.errors import NotReady
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.inference.recent.recent_tickets import RecentTicket
from serving.jobs import queue as jobs
from serving.jobs.queue import Job, RetryLater
from serving.memory import store
from triage.text.cleaning import model_text
from triage.tickets.closed_ticket import ClosedTicket

Teaches = Callable[[sa.Connection, str], ClosedTicket | None]
"""Returns what a ticket teaches as it stands, without personal data; None where it teaches nothing."""

_NOT_YET: Final = timedelta(seconds=30)
_NO_WORDS: Final = (np.empty(0, np.int32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Remembering:
    """The task of one ticket; run again, it changes nothing."""

    context: Context
    models: LiveModels
    articles: LiveArticles
    teaches: Teaches

    def __call__(self, job: Job) -> bool:
        """Store what the ticket teaches, or that it teaches nothing, unless another holds the job by now."""
        ticket_id, database = job.record["ticket_id"], self.context.database
        model, snapshot = self._ready()

        def look(connection: sa.Connection) -> tuple[store.Stand | None, ClosedTicket | None]:
            return store.stand(connection, ticket_id), self.teaches(connection, ticket_id)

        stand, taught = database.read(look)
        ticket = None if taught is None else recent_ticket(taught, model, snapshot)
        at = self.context.clock.now()

        def keep(connection: sa.Connection) -> None:
            if not jobs.finish(connection, job):
                return
            if store.stand(connection, ticket_id) != stand:  # it changed, or was erased, while it was read
                raise RetryLater(timedelta(seconds=1), "the ticket changed", counted=False)
            if ticket is None or taught is None:
                store.take_away(connection, [ticket_id], at)
            else:
                store.put(connection, ticket, closed_at=_ended_at(taught, at), at=at)

        database.write(keep)
        return True

    def _ready(self) -> tuple[LoadedModel, ArticleSnapshot]:
        try:
            model, snapshot = self.models.take(), self.articles.take()
        except NotReady as error:
            raise RetryLater(_NOT_YET, type(error).__name__, counted=False) from error
        if snapshot.encoder.fingerprint != model.encoder.fingerprint:
            raise RetryLater(_NOT_YET, "articles are being indexed for another encoder", counted=False)
        return model, snapshot


def recent_ticket(ticket: ClosedTicket, model: LoadedModel, snapshot: ArticleSnapshot) -> RecentTicket:
    """Read a closed ticket as a refit does.

    Parameters
    ----------
    ticket
        As a snapshot of closed tickets has it.
    model
        Its encoder, its lexicon, and its closed tickets, which tell how specific an article is.
    snapshot
        The articles, by the same encoder.

    Returns
    -------
    RecentTicket
        It counts as if the bundle carried it.
    """
    vector, text = model.encoder.encode([ticket.text])[0], ticket.text
    again = None if model.second_encoder is None else model.second_encoder.encode([text])[0]
    asked = RankingQuery(text, vector, "agent", language=ticket.language)
    ids, judged_by = ticket.kb_article_ids, again if _judges(ticket, model, snapshot) else None
    trust = [
        as_vote(standing, model.cases.specific(article_id))
        for article_id, standing in zip(ids, standing_out(snapshot.index, asked, ids, judged_by), strict=True)
    ]
    solution = model_text(None, ticket.resolution, (ticket.account,)) if ticket.resolution else ""
    read = readings(snapshot.index, model.encoder.encode([solution]))[0] if solution else {}
    columns, weights = model.cases.query(vector, text).words or _NO_WORDS
    return RecentTicket(
        id=ticket.id,
        external_id=None,
        created_at=ticket.created_at or _ended_at(ticket, None),
        vector=(vector if again is None else np.concatenate([vector, again])).astype(np.float16),
        encoder=model.encoder.fingerprint,
        words=(columns, weights.astype(np.float16)),
        bundle=model.version,
        links=[(article_id, round(each, 4)) for article_id, each in zip(ids, trust, strict=True)],
        reads_like=read,
    )


def _judges(ticket: ClosedTicket, model: LoadedModel, snapshot: ArticleSnapshot) -> bool:
    """Tell whether the second encoder judges the ticket's links: where its language asks for it, as in a refit."""
    spoken = tongue(ticket.language) if ticket.language else language_of(ticket.text)
    return asks_for_second(spoken) and snapshot.is_by(model.encoder, model.second_encoder)


def _ended_at(ticket: ClosedTicket, at: datetime | None) -> datetime:
    found = ticket.closed_at or at or ticket.created_at
    assert found is not None  # noqa: S101 (a ticket of ours has a time)
    return found
