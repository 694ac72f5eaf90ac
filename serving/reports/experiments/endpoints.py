"""`/v1/reports/experiment`: what answers save, by a randomised holdout."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.reports.endpoints import AskedWindow, Format, Until, aware, csv_response, wants_csv
from serving.reports.experiments.csv_rows import experiment_csv
from serving.reports.experiments.report import ExperimentNumbers, ExperimentReport

Begin = Annotated[
    datetime | None,
    QueryParameter(description="From this instant on; default: since the holdout's present share was set"),
]


def experiment_window(clock: NamedDependency[Clock], since: Begin = None, until: Until = None) -> AskedWindow:
    """Return the window; the dependency `asked`."""
    return AskedWindow(aware(since, "since"), aware(until, "until"), clock.now())


class ExperimentController(Controller):
    """The holdout's experiment."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(
        "/experiment",
        sync_to_thread=True,
        dependencies={"asked": Provide(experiment_window, sync_to_thread=False)},
        responses={200: ResponseSpec(ExperimentReport, description="The experiment", generate_examples=False)}
        | problem_responses(400, body=False),
        summary="Incremental deflection",
    )
    def experiment(
        self,
        experiment: NamedDependency[ExperimentNumbers],
        asked: NamedDependency[AskedWindow],
        request: Request[Any, Any, Any],
        format_: Format = None,
    ) -> Response[Any]:
        """Return tickets per eligible session with and without answers, their difference, and what it still takes."""
        found = experiment.report(asked.since, asked.until, at=asked.at)
        return csv_response(experiment_csv(found), "experiment") if wants_csv(request, format_) else Response(found)
