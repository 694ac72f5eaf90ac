"""What the overview counts over weeks, kept for half a minute: what is open now is counted for every page."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from serving.console.overview import drawings
from serving.console.overview.cards import Card, card
from serving.reports.deflection import USUAL, DeflectionReport
from serving.reports.figures import KpisOut
from serving.reports.kpis import Kpis
from serving.reports.windows import ReportWindow, past_window

KEPT = timedelta(seconds=30)
BESIDE = ("automation", "helpfulness", "search_success", "no_result", "time_to_answer")


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of the last four weeks, drawn."""

    at: datetime
    numbers: KpisOut
    deflection: DeflectionReport
    kpis: list[Card]
    beside: list[Card]
    ladder: Markup
    durable_by_week: Markup | None


class Counts:
    """Counts at most once in `KEPT`, whoever looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Counted | None = None

    def take(self, kpis: Kpis, at: datetime) -> Counted:
        """Return the figures as they were at most half a minute ago."""
        with self._lock:
            if self._kept is None or not timedelta() <= at - self._kept.at < KEPT:
                self._kept = _counted(kpis, at)
            return self._kept


def last_weeks(at: datetime) -> ReportWindow:
    """Return the last four weeks, from a midnight on: whole days are kept, a part of one is counted each time."""
    begin = (at - USUAL).replace(hour=0, minute=0, second=0, microsecond=0)
    return past_window(begin, None, at, usual=USUAL)


def _counted(kpis: Kpis, at: datetime) -> Counted:
    numbers, deflection = kpis.counted(last_weeks(at))
    return Counted(
        at,
        numbers,
        deflection,
        [card(each) for each in numbers.kpis],
        [card(each) for each in numbers.beside if each.id in BESIDE],
        drawings.ladder(deflection),
        drawings.durable_by_week(deflection),
    )
