"""Facts of tickets, kept by the day of creation: a day is read again once one of its tickets has changed."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from serving.reports.facts import FactStore, TicketFact, TicketStamp, TicketStamps
from serving.reports.figures import Figure
from serving.reports.ticket_kpis import SETTLED_AFTER, TICKET_KPIS, WITH_OPEN, Moment
from serving.reports.windows import TREND, WEEK, ReportWindow, monday

MOST = 50_000  # facts that are kept: some 20 MB


class Happened(NamedTuple):
    """Tickets to which something happened in a window, and in each of its weeks."""

    inside: list[TicketFact]
    weeks: list[list[TicketFact]]

    @classmethod
    def of(cls, facts: Iterable[TicketFact], moment: Moment, window: ReportWindow) -> "Happened":
        """Sort facts by when it happened."""
        weeks = window.by_week(facts, moment)
        touched = zip(weeks, window.weeks, strict=True)
        recent = chain.from_iterable(some for some, week in touched if week.until > window.since)
        return cls([each for each in recent if window.holds(moment(each))], weeks)


class TicketWeeks:
    """Figures of weeks, counted again where a week has other tickets than before."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, datetime], tuple[list[TicketFact], Figure]] = {}

    def figure(self, name: str, tickets: list[TicketFact], week: ReportWindow) -> Figure:
        """Return the figure of a KPI; time changes none of a week that ended so long ago, but its open contracts."""
        is_settled = week.until - week.since == WEEK and week.at >= week.until + SETTLED_AFTER
        key, kept = (name, week.since), self._kept.get((name, week.since))
        if is_settled and name != WITH_OPEN and kept is not None and kept[0] == tickets:  # as a rule the same objects
            return kept[1]
        found = TICKET_KPIS[name].figure(tickets, week)
        oldest = monday(week.at) - (TREND - 1) * WEEK
        if is_settled and week.since >= oldest:
            self._kept = {each: some for each, some in self._kept.items() if each[1] >= oldest} | {
                key: (tickets, found)
            }
        return found


class TicketDays:
    """Reads only what changed since the last report."""

    def __init__(self, store: FactStore) -> None:
        self._store, self._lock = store, threading.Lock()
        self._kept: dict[int, tuple[TicketStamp, list[TicketFact]]] = {}

    def facts(self, window: ReportWindow, stamps: TicketStamps) -> list[TicketFact]:
        """Return tickets that were created, answered or resolved in a window or its weeks.

        `stamps` were read before: what changes in between is read again next time.
        """
        since = window.weeks[0].since
        with self._lock:
            days = self._days(since, window.at, stamps)
        found = chain(self._store.older_tickets(since), chain.from_iterable(days))
        return [each for each in found if each.created_at < window.until]

    def _days(self, since: datetime, at: datetime, stamps: TicketStamps) -> Iterable[list[TicketFact]]:
        stale = [day for day, stamp in stamps.items() if self._stamp(day) != stamp]
        changed, read = set(stale), defaultdict[int, list[TicketFact]](list)
        for each in self._store.tickets_of(stale):
            read[each.created_at.toordinal()].append(each)
        days = {day: read[day] if day in changed else self._kept[day][1] for day in stamps}
        oldest = (monday(at) - (TREND - 1) * WEEK).toordinal()
        is_few = sum(map(len, days.values())) <= MOST
        kept = {day: (stamps[day], some) for day, some in days.items() if day >= oldest and is_few}
        self._kept = {day: some for day, some in self._kept.items() if oldest <= day < since.toordinal()} | kept
        return days.values()

    def _stamp(self, day: int) -> TicketStamp | None:
        return self._kept[day][0] if day in self._kept else None
