"""`/v1/reports/capacity`: how many agents the desk needs."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import allows
from serving.http.spreadsheets.answering import WRITTEN_AS, WrittenAs, csv_response, reported
from serving.keys.api_keys import Scope
from serving.reports.capacity.csv_rows import capacity_csv
from serving.reports.capacity.planning import MOST_DEFLECTED, AskedCapacity, CapacityPlan, rounded
from triage.capacity.errors import NobodyTakes, TooFewTickets, TooManyAgents
from triage.capacity.report import CapacityReport
from triage.capacity.terms_file import MOST_TICKETS

Week = Annotated[date | None, QueryParameter(description="A day of the planned week; default: next Monday (UTC)")]
Tickets = Annotated[
    float | None,
    QueryParameter(ge=1, le=MOST_TICKETS, description="Instead of what the desk's tickets and its file say"),
]
GrowthParameter = Annotated[
    float | None, QueryParameter(ge=-0.5, le=1, description="Growth a month, 0.02 for 2 %, instead of what is counted")
]
Shares = Annotated[
    list[float] | None,
    QueryParameter(
        name="deflection", description="What if this share of all contacts were deflected; repeatable, as in 0.3"
    ),
]


def asked_capacity(
    week: Week = None,
    tickets_a_month: Tickets = None,
    growth_a_month: GrowthParameter = None,
    deflected: Shares = None,
) -> AskedCapacity:
    """Return what is asked for; the dependency `asked`."""
    shares = tuple(deflected or ())
    if any(not 0 <= each <= MOST_DEFLECTED for each in shares):
        raise InvalidRequest([FieldError("deflection", f"Give shares from 0 to {MOST_DEFLECTED}, as in 0.3.")])
    return AskedCapacity(week, tickets_a_month, growth_a_month, shares)


class CapacityController(Controller):
    """The capacity report."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(
        "/capacity",
        sync_to_thread=True,
        dependencies={"asked": Provide(asked_capacity, sync_to_thread=False), **WRITTEN_AS},
        responses=reported(CapacityReport, "The plan"),
        summary="Capacity",
    )
    def capacity(
        self,
        capacity_plan: NamedDependency[CapacityPlan],
        clock: NamedDependency[Clock],
        asked: NamedDependency[AskedCapacity],
        written_as: NamedDependency[WrittenAs],
    ) -> Response[Any]:
        """Return agents needed by pool and half hour, shifts that lack some, when to hire, and costs by channel."""
        try:
            found = capacity_plan.report(asked, at=clock.now())
        except TooFewTickets as few:
            raise InvalidRequest([FieldError("tickets_a_month", _sentence(few))]) from None
        except (NobodyTakes, TooManyAgents) as refused:
            raise InvalidRequest([FieldError("", _sentence(refused))]) from None
        if written_as.csv:
            return csv_response(capacity_csv(found), "capacity")
        return Response(rounded(msgspec.to_builtins(found)))


def _sentence(problem: Exception) -> str:
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}."
