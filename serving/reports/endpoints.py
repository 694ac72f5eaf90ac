"""`/v1/reports`: reports on the desk's own data."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import allows
from serving.http.spreadsheets.answering import WRITTEN_AS, WrittenAs, reported
from serving.keys.api_keys import Scope
from serving.reports.deflection import By, DeflectionNumbers, DeflectionReport
from serving.reports.export import deflection_csv, kpis_csv
from serving.reports.figures import KpisOut
from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.kpis import Kpis
from serving.reports.schemas import GapsOut, gaps_csv, gaps_out
from serving.reports.searches import Searches, SearchesOut, searches_csv
from serving.storage.instants import in_utc

Since = Annotated[datetime | None, QueryParameter(description="From this instant on; default: 90 days before `until`")]
Until = Annotated[datetime | None, QueryParameter(description="Before this instant; default: now")]
Begin = Annotated[datetime | None, QueryParameter(description="From this instant on; default: 28 days before `until`")]
Groups = Annotated[By | None, QueryParameter(description="The rungs of each of these, besides")]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most this many groups, most expensive first")]


class AskedWindow(NamedTuple):
    """Where a report's window begins and ends, as asked for, and now."""

    since: datetime | None
    until: datetime | None
    at: datetime


def asked_window(clock: NamedDependency[Clock], since: Begin = None, until: Until = None) -> AskedWindow:
    """Return the window; the dependency `asked`."""
    return AskedWindow(aware(since, "since"), aware(until, "until"), clock.now())


WINDOW = {"asked": Provide(asked_window, sync_to_thread=False)}


class ReportController(Controller):
    """Reports."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012
    dependencies = WRITTEN_AS

    @get(
        "/kb_gaps",
        sync_to_thread=True,
        responses=reported(GapsOut, "The gaps", 503),
        summary="Knowledge-base gaps",
    )
    def kb_gaps(
        self,
        knowledge_gaps: NamedDependency[KnowledgeGaps],
        clock: NamedDependency[Clock],
        written_as: NamedDependency[WrittenAs],
        since: Since = None,
        until: Until = None,
        limit: Limit = 20,
    ) -> Response[Any]:
        """Group questions without a good answer, with the reason and a draft from closed tickets."""
        at = clock.now()
        found = knowledge_gaps.report(aware(since, "since"), aware(until, "until"), at=at)
        return written_as.answer(gaps_out(found, limit, at), gaps_csv, "kb_gaps")

    @get(
        "/kpis",
        sync_to_thread=True,
        dependencies=WINDOW,
        responses=reported(KpisOut, "The KPIs"),
        summary="KPIs",
    )
    def kpis(
        self,
        kpis: NamedDependency[Kpis],
        asked: NamedDependency[AskedWindow],
        written_as: NamedDependency[WrittenAs],
    ) -> Response[Any]:
        """Return six KPIs and what stands beside them, each with n, window, 95 % interval, target and weekly trend."""
        found = kpis.report(asked.since, asked.until, at=asked.at)
        return written_as.answer(found, kpis_csv, "kpis")

    @get(
        "/deflection",
        sync_to_thread=True,
        dependencies=WINDOW,
        responses=reported(DeflectionReport, "The ladder"),
        summary="Deflection ladder",
    )
    def deflection(
        self,
        deflection: NamedDependency[DeflectionNumbers],
        asked: NamedDependency[AskedWindow],
        written_as: NamedDependency[WrittenAs],
        by: Groups = None,
    ) -> Response[Any]:
        """Return how many real questions were answered, contained, assumed or confirmed solved, and stayed so."""
        found = deflection.report(asked.since, asked.until, by, at=asked.at)
        return written_as.answer(found, deflection_csv, "deflection")

    @get(
        "/searches",
        sync_to_thread=True,
        dependencies=WINDOW,
        responses=reported(SearchesOut, "The terms"),
        summary="Searches without a result",
    )
    def searches(
        self,
        searches: NamedDependency[Searches],
        asked: NamedDependency[AskedWindow],
        written_as: NamedDependency[WrittenAs],
    ) -> Response[Any]:
        """Return the top terms, weekly, of questions for which the bot had neither an answer nor a choice of articles.

        Only terms that at least three different visitors use.
        """
        found = searches.report(asked.since, asked.until, at=asked.at)
        return written_as.answer(found, searches_csv, "searches")


def aware(instant: datetime | None, field: str) -> datetime | None:
    """Return an instant in UTC; raises `InvalidRequest` where it names no time zone."""
    if instant is not None and instant.tzinfo is None:
        raise InvalidRequest([FieldError(field, "Name the time zone, as in 2026-03-01T00:00:00Z.")])
    return None if instant is None else in_utc(instant, field)
