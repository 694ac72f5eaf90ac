"""The reports of the pages as files: CSV for a spreadsheet, and the trends' digest."""

from typing import Any

from litestar import Response
from litestar.di import NamedDependency, Provide

from serving.console.controller import ConsoleController, reads
from serving.console.reports.asked import AskedLadder, AskedPlan, ladder_asked, plan_asked, weeks_asked
from serving.console.reports.kept import Reports, reports_now
from serving.errors import FieldError, InvalidRequest
from serving.http.spreadsheets.answering import csv_response
from serving.reports.capacity.csv_rows import capacity_csv
from serving.reports.experiments.csv_rows import experiment_csv
from serving.reports.export import deflection_csv
from serving.reports.trends.digest import markdown, trends_csv
from serving.settings import Settings

ASKED = {
    "reports": Provide(reports_now, sync_to_thread=False),
    "asked_plan": Provide(plan_asked, sync_to_thread=False),
    "asked_ladder": Provide(ladder_asked, sync_to_thread=False),
    "asked_weeks": Provide(weeks_asked, sync_to_thread=False),
}


class ReportFiles(ConsoleController):
    """Files to download; each takes what its page takes."""

    path = "/reports"
    dependencies = ConsoleController.dependencies | ASKED

    @reads("/experiment.csv", sync_to_thread=True)
    def experiment(self, reports: NamedDependency[Reports]) -> Response[Any]:
        """Return both arms and their difference."""
        return csv_response(experiment_csv(reports.experiment()), "experiment")

    @reads("/capacity.csv", sync_to_thread=True)
    def capacity(self, reports: NamedDependency[Reports], asked_plan: NamedDependency[AskedPlan]) -> Response[Any]:
        """Return the plan; raises `InvalidRequest` where there is none."""
        found = reports.capacity(asked_plan)
        if isinstance(found, str):
            raise InvalidRequest([FieldError("tickets_a_month", found)])
        return csv_response(capacity_csv(found), "capacity")

    @reads("/trends.csv", sync_to_thread=True)
    def trends(self, reports: NamedDependency[Reports], asked_weeks: NamedDependency[int]) -> Response[Any]:
        """Return a row for each theme; raises `ModelNotReady`."""
        return csv_response(trends_csv(reports.trends(asked_weeks)), "trends")

    @reads("/trends.md", sync_to_thread=True)
    def digest(
        self,
        reports: NamedDependency[Reports],
        asked_weeks: NamedDependency[int],
        settings: NamedDependency[Settings],
    ) -> Response[str]:
        """Return the digest for an issue tracker; raises `ModelNotReady`."""
        text = markdown(reports.trends(asked_weeks), settings.public_url)
        headers = {"content-disposition": 'attachment; filename="trends.md"'}
        return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)

    @reads("/deflection.csv", sync_to_thread=True)
    def deflection(
        self, reports: NamedDependency[Reports], asked_ladder: NamedDependency[AskedLadder]
    ) -> Response[Any]:
        """Return the ladder of all sessions and of each group."""
        return csv_response(deflection_csv(reports.ladder(asked_ladder)), "deflection")
