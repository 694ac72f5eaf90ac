"""Counted days in the database, and the notes of days that have changed since."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from serving.jobs.changed_days import What
from serving.storage.database import Database
from serving.storage.ids import padded
from serving.storage.instants import to_text
from serving.storage.job_tables import changed_days, day_counts
from serving.storage.tables import deflections, ticket_figures

Part = Literal["tickets", "sessions", "channel", "language", "brand", "article", "articles"]
DAY = timedelta(days=1)
_AT_ONCE = 500
_CREATED = {"tickets": ticket_figures.c.created_at, "sessions": deflections.c.created_at}


class Changes(NamedTuple):
    """Days with changed facts, and the numbers of the notes that say so."""

    days: frozenset[int]
    notes: tuple[int, ...]


class Counted(NamedTuple):
    """A part of a day, counted; `latest`: when something happened last to one of its tickets."""

    part: Part
    day: int
    content: bytes
    latest: datetime | None = None


class RollupStore:
    """Reads and writes counted days. A day is its proleptic ordinal in UTC."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def changes(self, what: What) -> Changes:
        """Return what has changed. Read it before the counted days: what changes after that is noted anew."""
        chosen = sa.select(changed_days.c.number, changed_days.c.day).where(changed_days.c.what == what)
        rows = self.database.read(lambda connection: connection.execute(chosen).all())
        return Changes(frozenset(ordinal(row.day) for row in rows), tuple(row.number for row in rows))

    def missing(self, part: Part, what: What, last: int) -> set[int]:
        """Return the days up to one that are not kept."""
        chosen = sa.select(day_counts.c.day).where(day_counts.c.part == part)
        kept = set(map(ordinal, self.database.read(lambda connection: connection.scalars(chosen).all())))
        first = min(kept) if kept else self._first_fact(what)
        return set(range(first, last + 1)) - kept if first is not None else set()

    def contents(self, part: Part, first: int, last: int, since: datetime | None = None) -> dict[int, bytes]:
        """Return the counted days from `first` to `last`, and older ones to which something happened `since`."""
        columns = day_counts.c
        wanted = columns.day >= text(first)
        if since is not None:
            wanted = sa.or_(wanted, columns.latest >= since)
        chosen = sa.select(columns.day, columns.content).where(columns.part == part, columns.day <= text(last), wanted)
        rows = self.database.read(lambda connection: connection.execute(chosen).all())
        return {ordinal(row.day): bytes(row.content) for row in rows}

    def first(self, part: Part, what: What) -> int | None:
        """Return the first day: that is kept, and if none is, that has a fact. An earlier fact has left a note."""
        kept = sa.select(sa.func.min(day_counts.c.day)).where(day_counts.c.part == part)
        found = self.database.read(lambda connection: connection.scalar(kept))
        return self._first_fact(what) if found is None else ordinal(found)

    def _first_fact(self, what: What) -> int | None:
        chosen = sa.select(sa.func.min(_CREATED[what], type_=sa.String))
        found = self.database.read(lambda connection: connection.scalar(chosen))
        return None if found is None else ordinal(found[:10])

    def note_every_day(self, what: What, last: int) -> int:
        """Note that every day up to one has changed, and return how many these are."""
        first = self._first_fact(what)
        days = range(first, last + 1) if first is not None else range(0)
        rows = [{"day": text(day), "what": what} for day in days]
        if rows:
            self.database.write(lambda connection: connection.execute(changed_days.insert(), rows))
        return len(rows)

    def keep(self, counted: Iterable[Counted]) -> None:
        """Write counted days over what was counted of them before."""
        rows = [each._asdict() | {"day": text(each.day)} for each in counted]

        def write(connection: sa.Connection) -> None:
            for part in {row["part"] for row in rows}:
                days = [row["day"] for row in rows if row["part"] == part]
                gone = day_counts.c.part == part, day_counts.c.day.in_(padded(days))
                connection.execute(day_counts.delete().where(*gone))
            connection.execute(day_counts.insert(), rows)

        if rows:
            self.database.write(write)

    def forget(self, notes: Sequence[int]) -> None:
        """Take away notes of which the days are counted."""
        for start in range(0, len(notes), _AT_ONCE):
            some = changed_days.c.number.in_(padded(notes[start : start + _AT_ONCE]))
            self.database.write(partial(_forget, some=some))


def _forget(connection: sa.Connection, some: sa.ColumnElement[bool]) -> None:
    connection.execute(changed_days.delete().where(some))


def in_days(column: sa.Column[Any], first: int, last: int) -> sa.ColumnElement[bool]:
    """Tell whether an instant lies on one of the days."""
    return sa.and_(column >= begin(first), column < begin(last + 1))


def begin(day: int) -> datetime:
    """Return when a day begins."""
    return datetime.fromordinal(day).replace(tzinfo=UTC)


def ordinal(day: str) -> int:
    """Return the number of a day."""
    return date.fromisoformat(day).toordinal()


def text(day: int) -> str:
    """Return a day as it is stored."""
    return to_text(begin(day))[:10]


def runs(days: Iterable[int], most: int) -> list[tuple[int, int]]:
    """Return days as first and last of those that follow each other, at most so many at once."""
    found: list[tuple[int, int]] = []
    for day in sorted(days):
        if found and found[-1][1] == day - 1 and day - found[-1][0] < most:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found
