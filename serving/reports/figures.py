"""Figures of reports: a value with its n, its window and its 95 % interval."""

from datetime import datetime
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from serving.reports.windows import ReportWindow
from triage.intervals import mean_interval, quantile_ranks, wilson

Unit = Literal["share", "seconds", "count", "rating", "number"]
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


def nth(values: NDArray[Any], q: float, window: ReportWindow, *, zeros: int = 0) -> Figure:
    """Return a quantile of values, none of them negative; besides, so many are zero."""
    n = len(values) + zeros
    if n == 0:
        return nothing(window)
    places = quantile_ranks(n, q)
    inside = [place - zeros for place in places if place is not None and place >= zeros]
    ordered = np.partition(values, inside) if inside else values
    value, low, high = (
        None if place is None else float(ordered[place - zeros]) if place >= zeros else 0.0 for place in places
    )
    return _of(value, (low, high), n, window)


def average(values: NDArray[Any], window: ReportWindow) -> Figure:
    """Return the mean of values."""
    n = len(values)
    if n == 0:
        return nothing(window)
    middle = float(values.mean())
    value, low, high = mean_interval(n, middle, float(np.square(values - middle).sum()))
    return _of(value, (low, high), n, window)


def count(value: float | None, n: int, at: datetime) -> Figure:
    """Return what is there now, of n."""
    return Figure(value=value, n=n, window=Span(since=at, until=at))


def nothing(window: ReportWindow) -> Figure:
    """Return the figure of nothing."""
    return Figure(value=None, n=0, window=span(window))


def span(window: ReportWindow) -> Span:
    """Return the window as it is written."""
    return Span(since=window.since, until=window.until)


def _of(value: float | None, ends: tuple[float | None, float | None], n: int, window: ReportWindow) -> Figure:
    low, high = (None if end is None else round(end, 1) for end in ends)
    return Figure(value=None if value is None else round(value, 1), n=n, window=span(window), interval=(low, high))
