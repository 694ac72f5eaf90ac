"""The experiment's report as CSV."""

from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.experiments.report import ExperimentReport
from serving.reports.export import FIGURE
from serving.reports.figures import Figure

COLUMNS = ("figure", "arm", "visitors", "tickets", "too_young", *FIGURE, "meaning")


def experiment_csv(report: ExperimentReport) -> str:
    """Return a row for each arm and each difference."""
    arms: list[tuple[Cell, ...]] = [
        ("tickets_per_session", arm.arm, arm.visitors, arm.tickets, arm.too_young, *_cells(arm.figure), arm.title)
        for arm in report.arms
    ]
    rows = (
        ("difference", report.difference, report.note),
        ("difference_per_visitor", report.difference_per_visitor, "Holdout less bot, tickets per visitor"),
        ("tickets_saved", report.tickets_saved, "The difference times the sessions with answers"),
    )
    return written(
        COLUMNS, [*arms, *((name, None, None, None, None, *_cells(each), said) for name, each, said in rows)]
    )


def _cells(figure: Figure) -> tuple[Cell, ...]:
    low, high = figure.interval or (None, None)
    begin, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (figure.window.since, figure.window.until))
    return (figure.value, low, high, figure.n, begin, end)
