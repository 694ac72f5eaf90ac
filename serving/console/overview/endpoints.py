"""`/` of the console: the numbers of the desk, what is open, certificates and health."""

from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.console.controller import ConsoleController
from serving.console.overview.counted import KEPT, Counts
from serving.console.overview.now import Now
from serving.console.page import Page
from serving.http.health import Probes
from serving.inference.live_models import LiveModels
from serving.inference.watching.watch import CertificateWatch
from serving.models.certificates import CertificateStateOut, certificates_of
from serving.reports.deflection import DeflectionNumbers
from serving.reports.export import MEDIA_TYPE, deflection_csv, kpis_csv
from serving.reports.kpis import Kpis

Only = Annotated[str | None, QueryParameter(description="Only this KPI", pattern="^[a-z_]{1,40}$")]


def certificates_now(
    models: NamedDependency[LiveModels],
    certificate_watch: NamedDependency[CertificateWatch],
    clock: NamedDependency[Clock],
) -> list[CertificateStateOut]:
    """Return the certificates of the live bundle; the dependency `certificates`."""
    return certificates_of(models.status, certificate_watch, clock.now())


class OverviewPages(ConsoleController):
    """Overview."""

    path = "/"

    @get(dependencies={"certificates": Provide(certificates_now, sync_to_thread=True)})
    async def show(
        self,
        page: NamedDependency[Page],
        kpis: NamedDependency[Kpis],
        counts: NamedDependency[Counts],
        probes: NamedDependency[Probes],
        certificates: NamedDependency[list[CertificateStateOut]],
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
                kept=int(KEPT.total_seconds()),
                certificates=certificates,
                health=health,
            )

        return await anyio.to_thread.run_sync(shown)

    @get("/kpis.csv", sync_to_thread=True)
    def kpis_file(self, kpis: NamedDependency[Kpis], clock: NamedDependency[Clock], kpi: Only = None) -> Response[str]:
        """Return the KPIs of the page for a spreadsheet."""
        return _csv(kpi or "kpis", kpis_csv(kpis.report(None, None, at=clock.now()), kpi))

    @get("/deflection.csv", sync_to_thread=True)
    def deflection_file(
        self, deflection: NamedDependency[DeflectionNumbers], clock: NamedDependency[Clock]
    ) -> Response[str]:
        """Return the ladder of the page, by channel, for a spreadsheet."""
        return _csv("deflection", deflection_csv(deflection.report(None, None, "channel", at=clock.now())))


def _csv(name: str, text: str) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type=MEDIA_TYPE, headers=headers)
