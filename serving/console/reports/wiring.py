"""Wiring of the console's room `/reports`."""

from serving.console.reports.endpoints import ReportPages
from serving.console.reports.files import ReportFiles
from serving.console.reports.kept import KeptReports
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[ReportPages, ReportFiles], dependencies={"kept_reports": KeptReports()})
