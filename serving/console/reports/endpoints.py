"""`/reports` of the console: one page a report, and what there is."""

from typing import Any

from litestar import Response
from litestar.di import NamedDependency, Provide

from serving.console.articles.addresses import shown_at
from serving.console.controller import ConsoleController, reads
from serving.console.overview.cards import card
from serving.console.overview.counted import Counts
from serving.console.page import Page
from serving.console.reports import asked, drawings, words
from serving.console.reports.asked import AskedLadder, AskedPlan
from serving.console.reports.files import ASKED
from serving.console.reports.index import Line, newest_figures
from serving.console.reports.kept import Reports
from serving.inference.errors import ModelNotReady
from serving.reports.kpis import Kpis
from serving.settings import Settings
from serving.ticket_desk import number_of
from triage.capacity.terms import FILE

_MOST_ROWS = 100


class ReportPages(ConsoleController):
    """Reports for whoever leads the desk."""

    path = "/reports"
    dependencies = ConsoleController.dependencies | ASKED | {"lines": Provide(newest_figures, sync_to_thread=True)}

    @reads(sync_to_thread=True)
    def listed(self, page: NamedDependency[Page], lines: NamedDependency[list[Line]]) -> Response[str]:
        """Show what there is."""
        return page.show("reports/index.html", place="index", lines=lines)

    @reads("/experiment", sync_to_thread=True)
    def experiment(
        self, page: NamedDependency[Page], reports: NamedDependency[Reports], settings: NamedDependency[Settings]
    ) -> Response[str]:
        """Show the holdout's experiment."""
        found = reports.experiment()
        chart = drawings.arms(found.arms) if any(each.figure.n for each in found.arms) else None
        return page.show(
            "reports/experiment.html",
            place="experiment",
            report=found,
            state=words.STATES[found.state],
            chart=chart,
            holdout=settings.holdout,
            words=words,
        )

    @reads("/capacity", sync_to_thread=True)
    def capacity(
        self,
        page: NamedDependency[Page],
        reports: NamedDependency[Reports],
        asked_plan: NamedDependency[AskedPlan],
        settings: NamedDependency[Settings],
    ) -> Response[str]:
        """Show the plan of next week."""
        found = reports.capacity(asked_plan)
        folder = settings.policies
        values: dict[str, Any] = {"problem": found, "report": None, "chart": None}
        if not isinstance(found, str):
            values = {"problem": None, "report": found, "chart": drawings.months(found.now.months)}
        return page.show(
            "reports/capacity.html",
            place="capacity",
            asked=asked_plan,
            offered=sorted({*asked.OFFERED_SHARES, *asked_plan.shares}),
            has_own_file=folder is not None and (folder / FILE).is_file(),
            most=_MOST_ROWS,
            words=words,
            **values,
        )

    @reads("/trends", sync_to_thread=True)
    def trends(
        self, page: NamedDependency[Page], reports: NamedDependency[Reports], asked_weeks: NamedDependency[int]
    ) -> Response[str]:
        """Show the themes that grew or shrank."""
        try:
            found = reports.trends(asked_weeks)
        except ModelNotReady:
            found = None
        return page.show(
            "reports/trends.html",
            place="trends",
            report=found,
            weeks=asked_weeks,
            choices=asked.WEEKS,
            chart=drawings.themes(found.themes) if found and found.themes else None,
            words=words,
            number_of=number_of,
        )

    @reads("/deflection", sync_to_thread=True)
    def deflection(
        self,
        page: NamedDependency[Page],
        reports: NamedDependency[Reports],
        asked_ladder: NamedDependency[AskedLadder],
        counts: NamedDependency[Counts],
        kpis: NamedDependency[Kpis],
    ) -> Response[str]:
        """Show the ladder in groups, and what agents resolve a day."""
        found = reports.ladder(asked_ladder)
        beside = counts.take(kpis, reports.at).numbers.beside
        return page.show(
            "reports/deflection.html",
            place="deflection",
            report=found,
            groups=drawings.largest(found)[:_MOST_ROWS],
            chart=drawings.by_group(found) if found.groups else None,
            asked=asked_ladder,
            groupings=asked.GROUPINGS,
            days=asked.DAYS,
            per_agent=next((card(each) for each in beside if each.id == "per_agent"), None),
            shown_at=shown_at,
            words=words,
        )
