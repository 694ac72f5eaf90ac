"""`/v1/reports/experiment`: what answers save, by a randomised holdout."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.spreadsheets.answering import WRITTEN_AS, WrittenAs, reported
from serving.keys.api_keys import Scope
from serving.reports.endpoints import AskedWindow, Until, aware
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
        dependencies={"asked": Provide(experiment_window, sync_to_thread=False), **WRITTEN_AS},
        responses=reported(ExperimentReport, "The experiment"),
        summary="Incremental deflection",
    )
    def experiment(
        self,
        experiment: NamedDependency[ExperimentNumbers],
        asked: NamedDependency[AskedWindow],
        written_as: NamedDependency[WrittenAs],
    ) -> Response[Any]:
        """Return tickets per eligible session with and without answers, their difference, and what it still takes."""
        found = experiment.report(asked.since, asked.until, at=asked.at)
        return written_as.answer(found, experiment_csv, "experiment")
