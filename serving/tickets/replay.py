"""Tickets' logs for replays under another policy: from the database, or from an export."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from serving.storage.database import read_only
from serving.storage.tables import tickets
from serving.tickets import store
from triage.errors import UnreadableRecord
from triage.reading import bounded_files
from triage.sla.what_if import facts_of
from triage.tickets.closed_ticket import from_record
from triage.tickets.events import Fact

_BATCH = 500


def stored(database: Path | str, begins_at: datetime, ends_at: datetime) -> Iterator[tuple[Fact, ...]]:
    """Read the logs of the tickets created in a time, from its beginning up to its end.

    Raises `DatabaseMissing`: there is no database to read.
    """
    inside = sa.and_(tickets.c.created_at >= begins_at, tickets.c.created_at < ends_at)
    with read_only(database) as connection:
        ids = list(connection.scalars(sa.select(tickets.c.id).where(inside).order_by(tickets.c.id)))
        for start in range(0, len(ids), _BATCH):
            yield from (each.events for each in store.load_all(connection, ids[start : start + _BATCH]))


def exported(path: Path, begins_at: datetime, ends_at: datetime) -> Iterator[list[Fact]]:
    """Tell the closed tickets of a JSONL file (.gz too) that were created in a time.

    Raises `UnreadableRecord` or `BadClosedTicket`: a line is no closed ticket. `FileNotReadable`: it is too much.
    """
    for number, line in enumerate(bounded_files.lines(path), 1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise UnreadableRecord("closed ticket", f"line {number}: {problem}") from None
        log = facts_of(from_record(record))
        if log and begins_at <= log[0].at < ends_at:
            yield log
