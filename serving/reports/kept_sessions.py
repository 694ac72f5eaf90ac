"""Sessions counted by day: a day whose sessions can no longer turn is counted again only where a fact has changed.

A session is judged by what came up to a week later. A day is therefore kept with the stamps of the week after it.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from serving.reports.facts import FactStore, TicketStamps
from serving.reports.ladder import DURABLE_AFTER, Judged, Kind, Tally, judge_all, kind_of, tally
from serving.reports.windows import TREND, WEEK, ReportWindow, monday

_DAY = timedelta(days=1)
Stamp = tuple[object, ...]


class SessionTallies(NamedTuple):
    """Sessions of a window and of each of its weeks, counted by kind."""

    inside: Tally
    weeks: list[Tally]


class SessionDays:
    """Reads and judges only what may have changed since the last report."""

    def __init__(self, store: FactStore) -> None:
        self._store, self._lock = store, threading.Lock()
        self._kept: dict[int, tuple[Stamp, Tally]] = {}

    def tallies(self, window: ReportWindow, opened: TicketStamps | None = None) -> SessionTallies:
        """Count the sessions of a window and its weeks; `opened` are the tickets' stamps, where they are known."""
        stamps = self._store.ticket_stamps(window.weeks[0].since) if opened is None else opened
        with self._lock:
            days, cut = self._days(window, stamps)
        first = window.since.toordinal()
        if cut is not None:  # the window has a part of its first day
            first += 1
        inside = _sum(days, range(first, window.until.toordinal() + 1))
        inside.update(cut or ())
        begins = [each.since.toordinal() for each in window.weeks]
        return SessionTallies(inside, [_sum(days, range(begin, begin + WEEK.days)) for begin in begins])

    def judged(self, window: ReportWindow) -> list[Judged]:
        """Return the sessions of a window, judged by what came up to a week later."""
        end = min(window.until + DURABLE_AFTER, window.at)
        found = self._store.sessions(window.since, end)
        direct = self._store.account_tickets(window.since, end) if any(each.account for each in found) else []
        asked = sum(each.created_at < window.until for each in found)
        return judge_all(found, direct, window.at, first=asked)

    def _days(self, window: ReportWindow, opened: TicketStamps) -> tuple[dict[int, Tally], Tally | None]:
        begin, end = window.weeks[0].since, min(window.until + DURABLE_AFTER + _DAY, window.at)
        stamps = _stamps(opened, self._store.session_stamps(begin, end))
        first = window.since.toordinal() if _begin(window.since.toordinal()) < window.since else None
        days: dict[int, Tally] = {}
        cut: Tally | None = None
        missing = []
        for day in range(begin.toordinal(), window.until.toordinal() + 1):
            stamp, kept = _stamp(stamps, day), self._kept.get(day)
            if day != first and _is_settled(day, window) and kept is not None and kept[0] == stamp:
                days[day] = kept[1]
            else:
                missing.append(day)
        for run in _runs(missing):
            some = self.judged(ReportWindow(_begin(run[0]), min(_begin(run[-1]) + _DAY, window.until), window.at))
            days |= {day: Counter[Kind]() for day in run} | _by_day(some)
            if first in run:
                cut = tally(each for each in some if _is_in_first(each, window))
        oldest = (monday(window.at) - (TREND - 1) * WEEK).toordinal()
        new = {day: (_stamp(stamps, day), found) for day, found in days.items() if _is_settled(day, window)}
        self._kept = {day: found for day, found in (self._kept | new).items() if day >= oldest}
        return days, cut


def _stamps(opened: TicketStamps, asked: Mapping[int, tuple[int, ...]]) -> dict[int, Stamp]:
    # Also the tickets of a day: one that an account opens later, with an earlier date, takes a success back.
    days = opened.keys() | asked.keys()
    return {day: (opened[day].n if day in opened else 0, *asked.get(day, ())) for day in days}


def _stamp(stamps: dict[int, Stamp], day: int) -> Stamp:
    return tuple(stamps.get(each) for each in range(day, day + DURABLE_AFTER.days + 1))


def _is_settled(day: int, window: ReportWindow) -> bool:
    """Tell whether nothing but a late fact can change a whole day of a window."""
    over = _begin(day) + _DAY
    return over <= window.until and over + DURABLE_AFTER <= window.at


def _begin(day: int) -> datetime:
    return datetime.fromordinal(day).replace(tzinfo=UTC)


def _is_in_first(judged: Judged, window: ReportWindow) -> bool:
    at = judged.session.created_at
    return window.holds(at) and at.toordinal() == window.since.toordinal()


def _by_day(sessions: Iterable[Judged]) -> dict[int, Tally]:
    found = defaultdict[int, Tally](Counter)
    for each in sessions:
        found[each.session.created_at.toordinal()][kind_of(each)] += 1
    return found


def _sum(days: dict[int, Tally], some: Iterable[int]) -> Tally:
    found: Tally = Counter()
    for day in some:
        found.update(days.get(day, ()))
    return found


def _runs(days: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
