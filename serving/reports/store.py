"""Read what reports count: deflection sessions and closed tickets."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from serving.erasure import MARK
from serving.storage.database import Database
from serving.storage.ids import padded
from serving.storage.tables import deflections, tickets
from triage.tickets.closed_ticket import ClosedTicket

ReadsClosed = Callable[[sa.Connection, Sequence[str]], Iterable[ClosedTicket]]
"""Closed tickets by their ids: the desk's to read."""
_BATCH = 500  # what one statement names
_SESSION = ("id", "created_at", "question", "channel", "decision", "response", "outcome", "ended", "ticket_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A question and its response."""

    id: str
    created_at: datetime
    question: str
    channel: str | None
    decision: str
    shown: tuple[tuple[str, float], ...]
    outcome: str | None
    ended: str | None
    ticket_id: str | None


class ReportStore:
    """Reads; nothing is written for a report."""

    def __init__(self, database: Database, closed: ReadsClosed) -> None:
        self._database, self._closed = database, closed

    def sessions(self, since: datetime, until: datetime, most: int) -> list[Session]:
        """Return the newest sessions with a real question; one held out of answering says nothing of the articles.

        Responses are read one by one: thousands at once are tens of megabytes, and only a few numbers of each are kept.
        """
        asked = deflections.c
        chosen = (
            sa.select(*(asked[name] for name in _SESSION))
            .where(asked.created_at >= since, asked.created_at < until, asked.eligible, asked.decision != "holdout")
            .where(asked.question != MARK)
            .order_by(asked.created_at.desc(), asked.id.desc())
            .limit(most)
        )
        return self._database.read(lambda c: [_session(row) for row in c.execute(chosen).mappings()])

    def closed(self, ticket_ids: Sequence[str]) -> dict[str, ClosedTicket]:
        """Return those of the tickets that are closed."""

        def read(connection: sa.Connection) -> dict[str, ClosedTicket]:
            found: dict[str, ClosedTicket] = {}
            for start in range(0, len(ticket_ids), _BATCH):
                named = tickets.c.id.in_(padded(ticket_ids[start : start + _BATCH]))
                ids = list(connection.scalars(sa.select(tickets.c.id).where(named, tickets.c.closed_at.is_not(None))))
                found |= {ticket.id: ticket for ticket in self._closed(connection, ids)}
            return found

        return self._database.read(read)

    def closed_without_session(self, since: datetime, until: datetime, most: int) -> list[ClosedTicket]:
        """Return the newest closed tickets that nobody asked the self-serve layer about first."""
        chosen = (
            sa.select(tickets.c.id)
            .where(tickets.c.created_at >= since, tickets.c.created_at < until)
            .where(tickets.c.closed_at.is_not(None), tickets.c.deflection_id.is_(None))
            .order_by(tickets.c.created_at.desc(), tickets.c.id.desc())
            .limit(most)
        )
        return self._database.read(lambda c: [*self._closed(c, list(c.scalars(chosen)))])


def _session(row: sa.RowMapping) -> Session:
    response: dict[str, Any] = row["response"] or {}
    return Session(
        id=row["id"],
        created_at=row["created_at"],
        question=row["question"],
        channel=row["channel"],
        decision=row["decision"],
        shown=tuple((str(each["id"]), float(each["score"])) for each in response.get("articles") or ()),
        outcome=row["outcome"],
        ended=row["ended"],
        ticket_id=row["ticket_id"],
    )
