"""Figures of reports: a value with its n, its window and its 95 % interval."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from serving.reports.windows import ReportWindow
from triage.intervals import mean, quantile, wilson

Unit = Literal["share", "seconds", "count", "rating"]
_DIGITS = 4


class Span(Struct, kw_only=True, rename={"since": "from", "until": "to"}):
    """From an instant up to another one; a figure of now has one instant twice."""

    since: datetime
    until: datetime


class Figure(Struct, kw_only=True):
    """A value; null where nothing was counted. An end of the interval is null where there are too few to tell."""

    value: float | None
    n: int
    window: Span
    interval: tuple[float | None, float | None] | None = None


class Target(Struct, kw_only=True):
    """What the figure should be: at least, or at most."""

    value: float
    at: Literal["least", "most"]
    source: str


class WeekOut(Struct, kw_only=True):
    """The figure of a week, which begins on Monday in UTC; the last week may not be over."""

    week: str
    over: bool
    figure: Figure


class PartOut(Struct, kw_only=True):
    """A figure beside the first one, or one of a group."""

    id: str
    title: str
    unit: Unit
    figure: Figure
    link: str | None = None


class KpiOut(Struct, kw_only=True):
    """A KPI: what it counts, its figure, the weeks before, and what it is made of (`link`: the list in the console)."""

    id: str
    title: str
    definition: str
    unit: Unit
    figure: Figure
    target: Target | None
    link: str
    parts: list[PartOut]
    trend: list[WeekOut]
    note: str | None = None


class KpisOut(Struct, kw_only=True):
    """The six KPIs, and what stands beside them."""

    generated_at: datetime
    window: Span
    kpis: list[KpiOut]
    beside: list[KpiOut]
    note: str | None


def share(k: int, n: int, window: ReportWindow) -> Figure:
    """Return k of n with its Wilson interval."""
    if n == 0:
        return nothing(window)
    found = wilson(k, n)
    return Figure(
        value=round(found.value, _DIGITS),
        n=n,
        window=span(window),
        interval=(round(found.low, _DIGITS), round(found.high, _DIGITS)),
    )


def nth(values: Sequence[float], q: float, window: ReportWindow) -> Figure:
    """Return a quantile of values."""
    return _of(quantile(sorted(values), q), len(values), window)


def average(values: Sequence[float], window: ReportWindow) -> Figure:
    """Return the mean of values."""
    return _of(mean(values), len(values), window)


def count(value: float | None, n: int, at: datetime) -> Figure:
    """Return what is there now, of n."""
    return Figure(value=value, n=n, window=Span(since=at, until=at))


def nothing(window: ReportWindow) -> Figure:
    """Return the figure of nothing."""
    return Figure(value=None, n=0, window=span(window))


def span(window: ReportWindow) -> Span:
    """Return the window as it is written."""
    return Span(since=window.since, until=window.until)


def _of(found: tuple[float, float | None, float | None] | None, n: int, window: ReportWindow) -> Figure:
    if found is None:
        return nothing(window)
    value, low, high = found
    ends = (None if low is None else round(low, 1), None if high is None else round(high, 1))
    return Figure(value=round(value, 1), n=n, window=span(window), interval=ends)
