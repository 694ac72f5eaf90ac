"""Business hours: working time between two instants, and when an amount of it is used up.

Arithmetic runs on UTC intervals `[open, close)` alone. They are built once for each year from local shifts
(`triage.sla.opening_hours`), with the open time before each one, so every question is a bisection.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from triage.errors import CalendarRefused, InstantOutOfRange
from triage.instants import utc
from triage.sla.opening_hours import MICROSECOND, Day, Range, closing, joined, opening

FIRST_YEAR = 1970
LAST_YEAR = 2199
HORIZON = timedelta(days=3 * 366)
LONGEST_CLOSURE = timedelta(days=14)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Unreachable:
    """A deadline that no open hour within the horizon can meet."""

    start: datetime
    work: timedelta


@dataclass(frozen=True)
class _Year:
    """The open intervals of one UTC year, in microseconds since 1970, with the open time up to each edge."""

    opens: list[int]
    closes: list[int]
    used_at_open: list[int]
    used_at_close: list[int]
    total: int

    def used(self, instant: int) -> int:
        """Give the open time from the year's beginning up to an instant in it, all of it for a later one."""
        index = bisect_right(self.opens, instant) - 1
        if index < 0:
            return 0
        return self.used_at_open[index] + min(instant, self.closes[index]) - self.opens[index]


@dataclass(frozen=True)
class Calendar:
    """Opening hours in one zone.

    `week` is seven days, Monday first; `special` gives single dates other hours, none for a holiday; `holidays` names
    those that have a name.
    """

    name: str
    zone: str
    week: tuple[Day, ...]
    special: Mapping[date, Day] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    longest_closure: timedelta = LONGEST_CLOSURE
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, KeyError):
            raise CalendarRefused(
                f"calendar {self.name}", f"no time zone is called {self.zone!r}; write Europe/Berlin"
            ) from None
        if not any(self.week):
            raise CalendarRefused(f"calendar {self.name}", "it never opens; give at least one weekday a shift")
        self._refuse_long_closures()

    def _refuse_long_closures(self) -> None:
        years = {day.year for day in self.special}
        beyond = [year for year in years if not FIRST_YEAR < year < LAST_YEAR]
        if beyond:
            raise CalendarRefused(f"calendar {self.name}", f"{beyond[0]} lies outside {FIRST_YEAR} to {LAST_YEAR}")
        for year in sorted(years):
            begins_at = _instant(_microseconds_of_year(year - 1))
            ends_at = _instant(_microseconds_of_year(year + 2) - 1)
            for (_, closes), (opens, _) in pairwise(self.intervals(begins_at, ends_at)):
                if opens - closes > self.longest_closure:
                    raise CalendarRefused(
                        f"calendar {self.name}",
                        f"it stays closed for more than {self.longest_closure.days} days from "
                        f"{closes:%Y-%m-%d}; take out days, or set longest_closure_days",
                    )

    @cached_property
    def day(self) -> timedelta:
        """One business day: the mean open time of the weekdays that open, so that five of five make one week."""
        hours = [sum(closes - opens for opens, closes in day) for day in self.week if day]
        return timedelta(minutes=sum(hours)) / len(hours)

    @cached_property
    def version(self) -> str:
        """A digest of the hours: a deadline computed under it can be computed again."""
        special = sorted((day.isoformat(), hours) for day, hours in self.special.items())
        return hashlib.sha256(json.dumps([self.zone, self.week, special]).encode()).hexdigest()[:12]

    def after(self, start: datetime, work: timedelta) -> datetime | Unreachable:
        """Give the earliest instant with this much open time since `start`.

        So work that is used up exactly at closing time is due then, not at the next opening.
        """
        start, need = covered(start, "start"), _amount(work)
        if need == 0:
            return start
        for year in range(start.year, min((start + HORIZON).year, LAST_YEAR) + 1):
            spans = self._year(year)
            if year == start.year:
                need += spans.used(_microseconds(start))
            if need <= spans.total:
                index = bisect_left(spans.used_at_close, need)
                due = _instant(spans.closes[index] - spans.used_at_close[index] + need)
                return due if due - start <= HORIZON else Unreachable(start, work)
            need -= spans.total
        return Unreachable(start, work)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the open time from `start` to `end`; negative when they stand in reverse order."""
        start, end = covered(start, "start"), covered(end, "end")
        if end < start:
            return -self.between(end, start)
        used = self._year(end.year).used(_microseconds(end)) - self._year(start.year).used(_microseconds(start))
        for year in range(start.year, end.year):
            used += self._year(year).total
        return timedelta(microseconds=used)

    def opens_at(self, at: datetime) -> datetime | Unreachable:
        """Give the first open instant from `at` on, `at` itself when it is open."""
        at = covered(at, "at")
        begin = _microseconds(at)
        for year in range(at.year, min((at + HORIZON).year, LAST_YEAR) + 1):
            spans = self._year(year)
            index = bisect_right(spans.closes, begin)
            if index < len(spans.opens):
                return _instant(max(begin, spans.opens[index]))
        return Unreachable(at, MICROSECOND)

    def intervals(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """List the open intervals between two instants, cut to them."""
        start, end = covered(start, "start"), covered(end, "end")
        begin, stop = _microseconds(start), _microseconds(end)
        found: list[Range] = []
        for year in range(start.year, end.year + 1):
            spans = self._year(year)
            inside = range(bisect_right(spans.closes, begin), bisect_left(spans.opens, stop))
            found += [(spans.opens[index], spans.closes[index]) for index in inside]
        return [(_instant(max(o, begin)), _instant(min(c, stop))) for o, c in joined(found)]

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._build(year)
        return found

    def _build(self, year: int) -> _Year:
        zone = ZoneInfo(self.zone)
        begin, end = (_microseconds_of_year(each) for each in (year, year + 1))
        # A day on either side: a local date may lie one away from UTC's.
        first = date(year, 1, 1) - timedelta(days=1)
        dates = [first + timedelta(days=step) for step in range((end - begin) // _A_DAY + 2)]
        spans = [
            (opening(zone, day, opens), closing(zone, day, closes))
            for day in dates
            for opens, closes in self.special.get(day, self.week[day.weekday()])
        ]
        cut = [(max(o, begin), min(c, end)) for o, c in joined(span for span in spans if span[0] < span[1])]
        edges = [(o, c) for o, c in cut if o < c]
        sums = [0, *accumulate(c - o for o, c in edges)]
        return _Year([o for o, _ in edges], [c for _, c in edges], sums[:-1], sums[1:], sums[-1])


def _microseconds_of_year(year: int) -> int:
    return (date(year, 1, 1) - date(1970, 1, 1)).days * _A_DAY


def covered(value: datetime, name: str) -> datetime:
    """Bring an instant to UTC and refuse one outside the years of calendars; `name` is what the refusal calls it."""
    instant = value if value.tzinfo is UTC else utc(value, name)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise InstantOutOfRange(name, instant.isoformat(), (FIRST_YEAR, LAST_YEAR))
    return instant


def _microseconds(instant: datetime) -> int:
    since = instant - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _amount(work: timedelta) -> int:
    if work < timedelta():
        raise ValueError(f"work of {work} is less than none")
    return work // MICROSECOND
