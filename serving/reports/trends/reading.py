"""Read the tickets of some spans of time; of too many the same share of each day, so that weeks stay comparable."""

import zlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from serving.reports.store import ReadsClosed
from serving.storage.database import Database
from serving.storage.tables import ticket_figures
from triage.tickets.closed_ticket import ClosedTicket

MOST = 5_000
_ALL = 2**32
Span = tuple[datetime, datetime]


class TrendStore:
    """Reads; `tickets` returns them by their ids as training data has them, redacted, open ones too."""

    def __init__(self, database: Database, tickets: ReadsClosed) -> None:
        self._database, self._tickets = database, tickets

    def tickets(self, spans: Sequence[Span]) -> tuple[list[ClosedTicket], float]:
        """Return tickets that people wrote in some spans, oldest first, and the share of all that they are."""
        columns = ticket_figures.c
        inside = sa.or_(*(sa.and_(columns.created_at >= since, columns.created_at < until) for since, until in spans))
        chosen = sa.select(columns.ticket_id).where(inside, sa.not_(columns.automatic))
        ordered = chosen.order_by(columns.created_at, columns.ticket_id)

        def read(connection: sa.Connection) -> tuple[list[ClosedTicket], float]:
            ids = list(connection.scalars(ordered))
            share = min(MOST / len(ids), 1.0) if ids else 1.0
            kept = [each for each in ids if zlib.crc32(each.encode()) < share * _ALL]
            return [each for each in self._tickets(connection, kept) if not each.spam], share

        return self._database.read(read)
