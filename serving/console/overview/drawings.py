"""Charts of the overview: the ladder, its weeks, and what is open by priority and age."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.console.overview.cards import day, interval, written
from serving.reports.deflection import DeflectionReport, RungOut
from serving.reports.figures import KpiOut, PartOut
from triage.charts.bars import Bar, bars
from triage.charts.charts import Axis, Words
from triage.charts.tables import ValueTable, figure
from triage.charts.timeline import Moment, timeline

_KINDS = {"P0": "bad", "P1": "warn"}


def ladder(report: DeflectionReport) -> Markup:
    """Draw the rungs as shares of the eligible sessions."""
    rows = [_rung(rung) for rung in report.rungs]
    cells = [
        [each.title, f"{each.count:,}", f"{each.figure.n:,}", *_share(each)] for each in report.rungs if each.figure.n
    ]
    table = ValueTable("Deflection ladder", ("rung", "sessions", "of", "share of eligible", "95 % interval"), cells)
    return figure(
        bars(Words("Deflection ladder", "Shares of the eligible sessions, with intervals."), rows, 1.0), table
    )


def durable_by_week(report: DeflectionReport) -> Markup | None:
    """Draw the durable share over weeks; None while there is no week to draw."""
    weeks = [each for each in report.trend if each.over]
    if not any(each.figure.n for each in weeks):
        return None
    moments = [Moment(day(each.figure.window.since), each.figure.value, _span(each.figure.interval)) for each in weeks]
    rows = [
        [
            each.week,
            written(each.figure.value, "share"),
            interval(each.figure, "share"),
            f"{each.figure.n:,}",
        ]
        for each in weeks
    ]
    words = Words("Durable by week", "Share of eligible sessions of each week, with its 95 % interval.")
    table = ValueTable("Durable by week", ("week of", "share", "95 % interval", "n"), rows)
    return figure(timeline(words, moments, Axis("durable"), 0.4), table)


def by_priority(kpi: KpiOut) -> Markup:
    """Draw open tickets by priority."""
    rows = [_count(part, _KINDS.get(part.id, "ours")) for part in kpi.parts]
    return _counts("Open tickets by priority", "priority", kpi.parts, rows)


def by_age(kpi: KpiOut) -> Markup:
    """Draw open tickets by age."""
    last = len(kpi.parts) - 1
    rows = [_count(part, "warn" if place == last else "ours") for place, part in enumerate(kpi.parts)]
    return _counts("Open tickets by age", "age", kpi.parts, rows)


def _counts(title: str, name: str, parts: Sequence[PartOut], rows: Sequence[Bar]) -> Markup:
    table = ValueTable(title, (name, "tickets"), [[part.title, _number(part)] for part in parts])
    return figure(bars(Words(title, "One bar each; the table has the numbers."), rows), table)


def _count(part: PartOut, kind: str) -> Bar:
    return Bar(part.title, part.figure.value, _number(part), kind=kind)


def _number(part: PartOut) -> str:
    return written(part.figure.value, "count")


def _rung(rung: RungOut) -> Bar:
    said = written(rung.figure.value, "share")
    title = f"{rung.title}: {rung.count:,} of {rung.figure.n:,} sessions"
    kind = "good" if rung.id == "durable" else "ours"
    span = None if rung.id == "eligible" else _span(rung.figure.interval)
    return Bar(rung.title, rung.figure.value, said, title, kind, span)


def _share(rung: RungOut) -> list[str]:
    return [written(rung.figure.value, "share"), interval(rung.figure, "share")]


def _span(found: tuple[float | None, float | None] | None) -> tuple[float, float] | None:
    if found is None or found[0] is None or found[1] is None:
        return None
    return found[0], found[1]
