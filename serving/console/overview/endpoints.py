"""`/` of the console: the numbers of the desk, what is open, certificates and health."""

from typing import Annotated, NamedTuple

import anyio.to_thread
from litestar import Response
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.console.controller import ConsoleController, reads
from serving.console.incidents.words import title
from serving.console.overview.alarms import said
from serving.console.overview.counted import KEPT, Counts, last_weeks
from serving.console.overview.now import Now
from serving.console.page import Page
from serving.http.health import Probes
from serving.http.spreadsheets.answering import csv_response
from serving.inference.live_models import LiveModels
from serving.inference.watching.watch import CertificateWatch
from serving.models.certificates import CertificateStateOut, certificates_of
from serving.reports.deflection import DeflectionNumbers
from serving.reports.export import deflection_csv, kpis_csv
from serving.reports.kpis import Kpis
from serving.reports.staffing import StaffingWatch
from serving.surges.deciding import Proposals
from serving.surges.schemas import ProposalOut
from serving.ticket_desk import number_of

_PROPOSALS = 5
Only = Annotated[str | None, QueryParameter(description="Only this KPI", pattern="^[a-z_]{1,40}$")]


class Watched(NamedTuple):
    """What is watched besides tickets: certificates, the staffing alarms of last week, and bursts to decide on."""

    certificates: list[CertificateStateOut]
    alarms: list[str]
    proposals: list[ProposalOut]


def watched_now(
    models: NamedDependency[LiveModels],
    certificate_watch: NamedDependency[CertificateWatch],
    staffing: NamedDependency[StaffingWatch],
    proposals: NamedDependency[Proposals],
    clock: NamedDependency[Clock],
) -> Watched:
    """Return what is watched; the dependency `watched`."""
    at = clock.now()
    certificates = certificates_of(models.status, certificate_watch, at)
    return Watched(certificates, [said(each) for each in staffing.latest(at)], proposals.newest("open", _PROPOSALS))


class OverviewPages(ConsoleController):
    """Overview."""

    path = "/"

    @reads(dependencies={"watched": Provide(watched_now, sync_to_thread=True)})
    async def show(
        self,
        page: NamedDependency[Page],
        kpis: NamedDependency[Kpis],
        counts: NamedDependency[Counts],
        probes: NamedDependency[Probes],
        watched: NamedDependency[Watched],
        clock: NamedDependency[Clock],
    ) -> Response[str]:
        """Show the page."""
        health = await probes.readiness()

        def shown() -> Response[str]:
            at = clock.now()
            counted = counts.take(kpis, at)
            now = {each.id: each for each in counted.numbers.beside} if counted.at == at else kpis.now(at)
            return page.show(
                "overview/page.html",
                counted=counted,
                now=Now.of(now),
                alarms=watched.alarms,
                proposals=watched.proposals,
                title_of=title,
                number_of=number_of,
                kept=int(KEPT.total_seconds()),
                certificates=watched.certificates,
                health=health,
            )

        return await anyio.to_thread.run_sync(shown)

    @reads("/kpis.csv", sync_to_thread=True)
    def kpis_file(self, kpis: NamedDependency[Kpis], clock: NamedDependency[Clock], kpi: Only = None) -> Response[str]:
        """Return the KPIs of the page for a spreadsheet."""
        return csv_response(kpis_csv(kpis.counted(last_weeks(clock.now()))[0], kpi), kpi or "kpis")

    @reads("/deflection.csv", sync_to_thread=True)
    def deflection_file(
        self, deflection: NamedDependency[DeflectionNumbers], clock: NamedDependency[Clock]
    ) -> Response[str]:
        """Return the ladder of the page, by channel, for a spreadsheet."""
        window = last_weeks(clock.now())
        return csv_response(
            deflection_csv(deflection.report(window.since, None, "channel", at=window.at)), "deflection"
        )
