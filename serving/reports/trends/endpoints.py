"""`/v1/reports/trends`: themes that grow or shrink."""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.spreadsheets.answering import csv_response, reported
from serving.keys.api_keys import Scope
from serving.reports.endpoints import aware
from serving.reports.trends.digest import markdown, trends_csv
from serving.reports.trends.schemas import TrendsOut
from serving.reports.trends.trends import MOST_RECENT, RECENT, ProductTrends
from serving.settings import Settings

Until = Annotated[
    datetime | None, QueryParameter(description="The recent weeks end on the Monday (UTC) before it; default: now")
]
Weeks = Annotated[int, QueryParameter(ge=1, le=MOST_RECENT, description="Recent weeks, compared with the 12 before")]
Format = Annotated[
    Literal["json", "csv", "markdown"] | None,
    QueryParameter(name="format", description="markdown for an issue tracker, csv for a spreadsheet; so does `Accept`"),
]
_BY_TYPE = {"application/json": "json", "text/csv": "csv", "text/markdown": "markdown"}


class AskedTrends(NamedTuple):
    """Where the recent weeks end, how many they are, and now."""

    until: datetime | None
    weeks: int
    at: datetime


def asked_trends(clock: NamedDependency[Clock], until: Until = None, weeks: Weeks = RECENT) -> AskedTrends:
    """Return what is asked for; the dependency `asked`."""
    return AskedTrends(aware(until, "until"), weeks, clock.now())


class TrendsController(Controller):
    """The trends report."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(
        "/trends",
        sync_to_thread=True,
        dependencies={"asked": Provide(asked_trends, sync_to_thread=False)},
        responses=reported(TrendsOut, "The themes"),
        summary="Trends for product",
    )
    def trends(
        self,
        product_trends: NamedDependency[ProductTrends],
        settings: NamedDependency[Settings],
        asked: NamedDependency[AskedTrends],
        request: Request[Any, Any, Any],
        format_: Format = None,
    ) -> Response[Any]:
        """Return themes of tickets that grew or shrank against the weeks before, with product area, plans and costs."""
        found = product_trends.report(asked.until, asked.weeks, at=asked.at)
        chosen = format_ or _BY_TYPE[request.accept.best_match(list(_BY_TYPE), default="application/json")]
        if chosen == "markdown":
            return Response(markdown(found, settings.public_url), media_type="text/markdown")
        return csv_response(trends_csv(found), "trends") if chosen == "csv" else Response(found)
