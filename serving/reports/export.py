"""Reports as CSV: one row a figure, for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from serving.reports.deflection import DeflectionReport, RungOut
from serving.reports.figures import Figure, KpiOut, KpisOut

MEDIA_TYPE = "text/csv"
FIGURE = ("value", "interval_low", "interval_high", "n", "from", "to")
KPI_COLUMNS = ("kpi", "part", "week", "unit", *FIGURE, "target", "definition", "note")
LADDER_COLUMNS = ("group", "week", "rung", "count", *FIGURE, "meaning")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None


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


def _figure(figure: Figure) -> tuple[Cell, ...]:
    low, high = figure.interval or (None, None)
    begin, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (figure.window.since, figure.window.until))
    return (figure.value, low, high, figure.n, begin, end)


def written(columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Return rows as CSV; no cell of them is run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_safe(each) for each in row] for row in rows)
    return text.getvalue()


def _safe(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs as a formula: names of channels and labels come from outside."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
