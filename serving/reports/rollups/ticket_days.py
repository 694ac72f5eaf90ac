"""Facts of tickets by the day of their creation, as columns; days that are over are kept in the database."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, NamedTuple

import numpy as np
import sqlalchemy as sa

from serving.reports.rollups.store import Counted, RollupStore, in_days, runs
from serving.reports.rollups.ticket_table import DAY, INSTANTS, READ, TicketTable, microseconds
from serving.reports.windows import ReportWindow
from serving.storage.tables import ticket_figures

PART: Literal["tickets"] = "tickets"
_AT_ONCE = 31  # days that one statement reads
_INSTANT = len("2026-03-02T09:00:00.000000")  # without the Z, which numpy does not take
Progress = Callable[[int, int], None]


class Happened(NamedTuple):
    """Tickets to which something happened in a window, and in each of its weeks."""

    inside: TicketTable
    weeks: list[TicketTable]

    @classmethod
    def of(cls, tickets: TicketTable, moment: str, window: ReportWindow) -> "Happened":
        """Sort tickets by when it happened."""
        ordered = tickets.take(np.argsort(tickets[moment], kind="stable"))
        at, weeks = ordered[moment], window.weeks

        def between(since: datetime, until: datetime) -> TicketTable:
            begin, end = np.searchsorted(at, (microseconds(since), microseconds(until)))
            return ordered.take(slice(int(begin), int(end)))

        return cls(between(window.since, window.until), [between(week.since, week.until) for week in weeks])


class TicketDays:
    """Reads days that are kept, and from the facts those that are not or have changed."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store

    def facts(self, window: ReportWindow) -> TicketTable:
        """Return tickets that were created, answered or resolved in a window or its weeks.

        Besides, there may be older ones of days that are not kept.
        """
        first, last = window.weeks[0].since.toordinal(), window.until.toordinal()
        changed = self._store.changes(PART).days
        live = self._store.missing(PART, PART, last) | {day for day in changed if day <= last}
        kept = self._store.contents(PART, first, last, window.weeks[0].since)
        tables = {day: TicketTable.of_bytes(content) for day, content in kept.items() if day not in live}
        recent = {begun: self._read(begun, ended) for begun, ended in runs(live, _AT_ONCE)}
        found = TicketTable.joined(table for _, table in sorted((tables | recent).items()))
        return found.take(found["created_at"] < microseconds(window.until))

    def refresh(self, at: datetime, changed: frozenset[int], progress: Progress) -> None:
        """Keep the days that are over and not kept yet, or have changed since."""
        last = at.toordinal() - 1
        stale = {day for day in changed if day <= last} | self._store.missing(PART, PART, last)
        for done, (first, last) in enumerate(found := runs(stale, _AT_ONCE)):
            progress(done, len(found))
            table = self._read(first, last)
            days = table["created_at"] // DAY + _EPOCH
            edges = np.searchsorted(days, np.arange(first, last + 2))
            pairs = zip(range(first, last + 1), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
            self._store.keep(_counted(day, table.take(slice(begin, end))) for day, begin, end in pairs)

    def _read(self, first: int, last: int) -> TicketTable:
        """Read tickets by their creation, oldest first; not those that only machines wrote."""
        columns = ticket_figures.c
        texts = (sa.func.substr(columns[name], 1, _INSTANT, type_=sa.String) for name in INSTANTS)
        others = (columns[name] for name in READ if name not in INSTANTS)
        chosen = sa.select(*texts, *others).where(in_days(columns.created_at, first, last), sa.not_(columns.automatic))
        ordered = chosen.order_by(columns.created_at, columns.ticket_id)
        return self._store.database.read(lambda c: TicketTable.of_rows(c.execute(ordered).all()))


def _counted(day: int, tickets: TicketTable) -> Counted:
    return Counted(PART, day, tickets.to_bytes(), tickets.latest())


_EPOCH = date(1970, 1, 1).toordinal()
