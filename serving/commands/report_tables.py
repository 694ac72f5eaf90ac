"""Tables of the reports for a terminal."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from serving.console.overview.cards import interval, written
from serving.reports.deflection import DeflectionReport
from serving.reports.experiments.report import ExperimentReport
from serving.reports.figures import Figure, KpiOut, KpisOut, Span, Unit
from serving.reports.searches import SearchesOut, TermOut

_WIDTH = 140
Row = tuple[str, ...]


def kpis_table(report: KpisOut) -> str:
    """Write the KPIs: a row for each, and for each of its parts of which something is known."""
    rows = [row for kpi in (*report.kpis, *report.beside) for row in _kpi(kpi)]
    table = _drawn(("KPI", "value", "95 % interval", "n", "target"), rows)
    return _page(_window(report.window), table, report.note)


def deflection_table(report: DeflectionReport) -> str:
    """Write the ladder, how sessions ended, and the rungs of each group."""
    rungs = [(each.title, f"{each.count:,}", *_cells(each.figure, "share")) for each in report.rungs]
    ends = ", ".join(f"{each.end} {each.count:,}" for each in report.ends if each.count)
    groups = [
        (group.key, f"{group.rungs[0].count:,}", *(written(rung.figure.value, "share") for rung in group.rungs[1:]))
        for group in report.groups
    ]
    return _page(
        _window(report.window),
        _drawn(("rung", "sessions", "share", "95 % interval", "n"), rungs),
        f"Ended: {ends}." if ends else None,
        _drawn((str(report.by), *(each.title.lower() for each in report.rungs)), groups) if groups else None,
        report.note,
    )


def experiment_table(report: ExperimentReport) -> str:
    """Write both arms and their difference."""
    if not report.arms:
        return _page(_window(report.window), report.note)
    arms = [
        (each.title, f"{each.visitors:,}", f"{each.tickets:,}", *_cells(each.figure, "number")) for each in report.arms
    ]
    named = (
        ("Difference, per session", report.difference),
        ("Difference, per visitor", report.difference_per_visitor),
        ("Tickets saved", report.tickets_saved),
    )
    more = report.sessions_to_see
    return _page(
        _window(report.window),
        _drawn(("arm", "visitors", "tickets", "tickets per session", "95 % interval", "n"), arms),
        _drawn(("", "value", "95 % interval", "n"), [(name, *_cells(each, "number")) for name, each in named]),
        f"{more:,} more sessions until a difference of this size is seen." if more else None,
        report.note,
    )


def searches_table(report: SearchesOut) -> str:
    """Write the top terms of searches without a result, of the window and of each week."""
    weeks = [
        ("" if place else week.week, *_term(each)) for week in report.weeks for place, each in enumerate(week.terms)
    ]
    return _page(
        f"{_window(report.window)} {report.searches:,} searches without a result.",
        _drawn(("term", "searches", "visitors"), map(_term, report.terms)) if report.terms else None,
        _drawn(("week", "term", "searches", "visitors"), weeks) if weeks else None,
        report.note,
    )


def _kpi(kpi: KpiOut) -> Iterator[Row]:
    target = f"at {kpi.target.at} {written(kpi.target.value, kpi.unit, kpi.id)}" if kpi.target else ""
    yield (kpi.title, *_cells(kpi.figure, kpi.unit, kpi.id), target)
    for part in kpi.parts:
        if part.figure.n:
            yield (f"  {part.title}", *_cells(part.figure, part.unit, part.id), "")


def _term(term: TermOut) -> Row:
    return term.term, f"{term.count:,}", f"{term.visitors:,}"


def _cells(figure: Figure, unit: Unit, name: str = "") -> Row:
    return written(figure.value, unit, name), interval(figure, unit, name) or "-", f"{figure.n:,}"


def _window(window: Span) -> str:
    return f"{_at(window.since)} to {_at(window.until)} UTC."


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _page(*parts: str | None) -> str:
    return "\n\n".join(each for each in parts if each)


def _drawn(columns: Row, rows: Iterable[Row]) -> str:
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))  # names of channels and terms come from outside: no markup
    console = Console(width=_WIDTH)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())
