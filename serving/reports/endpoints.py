"""`/v1/reports`: reports on the desk's own data."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.schemas import GapsOut, gaps_out
from serving.storage.instants import in_utc

Since = Annotated[datetime | None, QueryParameter(description="From this instant on; default: 90 days before `until`")]
Until = Annotated[datetime | None, QueryParameter(description="Before this instant; default: now")]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most this many groups, most expensive first")]


class ReportController(Controller):
    """Reports."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(
        "/kb_gaps",
        sync_to_thread=True,
        responses=problem_responses(400, 503, body=False),
        summary="Knowledge-base gaps",
    )
    def kb_gaps(
        self,
        knowledge_gaps: NamedDependency[KnowledgeGaps],
        clock: NamedDependency[Clock],
        since: Since = None,
        until: Until = None,
        limit: Limit = 20,
    ) -> GapsOut:
        """Group questions without a good answer, with the reason and a draft from closed tickets."""
        at = clock.now()
        found = knowledge_gaps.report(_aware(since, "since"), _aware(until, "until"), at=at)
        return gaps_out(found, limit, at)


def _aware(instant: datetime | None, field: str) -> datetime | None:
    if instant is not None and instant.tzinfo is None:
        raise InvalidRequest([FieldError(field, "Name the time zone, as in 2026-03-01T00:00:00Z.")])
    return None if instant is None else in_utc(instant, field)
