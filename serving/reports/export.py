"""Reports as CSV: one row a figure, for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime

from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.deflection import DeflectionReport, RungOut
from serving.reports.figures import Figure, KpiOut, KpisOut

FIGURE = ("value", "interval_low", "interval_high", "n", "from", "to")
KPI_COLUMNS = ("kpi", "part", "week", "unit", *FIGURE, "target", "definition", "note")
LADDER_COLUMNS = ("group", "week", "rung", "count", *FIGURE, "meaning")


def kpis_csv(report: KpisOut, only: str | None = None) -> str:
    """Return the KPIs, or `only` the one with this id: a row for each figure, its parts and its weeks."""
    wanted = [each for each in (*report.kpis, *report.beside) if only in {None, each.id}]
    return written(KPI_COLUMNS, (row for kpi in wanted for row in _kpi_rows(kpi)))


def deflection_csv(report: DeflectionReport) -> str:
    """Return the ladder: a row for each rung, of all sessions, of each group, and of the durable share by week."""
    return written(LADDER_COLUMNS, _ladder_rows(report))


def _kpi_rows(kpi: KpiOut) -> Iterator[tuple[Cell, ...]]:
    target = kpi.target.value if kpi.target else None
    yield (kpi.id, None, None, kpi.unit, *_figure(kpi.figure), target, kpi.definition, kpi.note)
    for part in kpi.parts:
        yield (kpi.id, part.id, None, part.unit, *_figure(part.figure), None, part.title, None)
    for week in kpi.trend:
        yield (kpi.id, None, week.week, kpi.unit, *_figure(week.figure), target, None, None)


def _ladder_rows(report: DeflectionReport) -> Iterator[tuple[Cell, ...]]:
    yield from (_rung(None, each) for each in report.rungs)
    for group in report.groups:
        yield from (_rung(group.key, each) for each in group.rungs)
    for week in report.trend:
        yield (None, week.week, "durable", None, *_figure(week.figure), None)


def _rung(group: str | None, rung: RungOut) -> tuple[Cell, ...]:
    return (group, None, rung.id, rung.count, *_figure(rung.figure), rung.meaning)


def span_of(since: datetime, until: datetime) -> tuple[str, str]:
    """Return where a window begins and ends, as every report writes it."""
    return (f"{since:%Y-%m-%dT%H:%M:%SZ}", f"{until:%Y-%m-%dT%H:%M:%SZ}")


def _figure(figure: Figure) -> tuple[Cell, ...]:
    low, high = figure.interval or (None, None)
    return (figure.value, low, high, figure.n, *span_of(figure.window.since, figure.window.until))
