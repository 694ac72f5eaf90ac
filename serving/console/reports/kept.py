"""Reports as the pages show them: each is counted once and then kept for a while, whoever looks."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from litestar.di import NamedDependency

from serving.clock import Clock
from serving.console.reports.asked import AskedLadder, AskedPlan
from serving.reports.capacity.planning import AskedCapacity, CapacityPlan
from serving.reports.deflection import DeflectionNumbers, DeflectionReport
from serving.reports.experiments.report import ExperimentNumbers, ExperimentReport
from serving.reports.trends.schemas import TrendsOut
from serving.reports.trends.trends import ProductTrends
from triage.capacity.errors import NobodyTakes, TooFewTickets, TooManyAgents
from triage.capacity.report import CapacityReport

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
HALF_A_MINUTE, TEN_MINUTES = timedelta(seconds=30), timedelta(minutes=10)
_MOST = 8
_A_WHOLE = 100


class Kept(Generic[K, V]):
    """The last few values of a function that takes long; one at a time is computed."""

    def __init__(self, lasts: timedelta) -> None:
        self._lasts, self._lock = lasts, threading.Lock()
        self._values: dict[K, tuple[datetime, V]] = {}

    def take(self, key: K, at: datetime, make: Callable[[], V]) -> V:
        """Return the value of a key: the kept one while it is young enough, else a new one."""
        with self._lock:
            kept = self._values.pop(key, None)
            if kept is None or not timedelta() <= at - kept[0] < self._lasts:
                kept = (at, make())
            self._values = {**dict([*self._values.items()][1 - _MOST :]), key: kept}
            return kept[1]


@dataclass(frozen=True, slots=True)
class KeptReports:
    """What is kept. A plan takes a second or two of a processor, and is of next week: ten minutes change nothing."""

    experiment: Kept[None, ExperimentReport] = field(default_factory=lambda: Kept(HALF_A_MINUTE))
    capacity: Kept[AskedPlan, CapacityReport | str] = field(default_factory=lambda: Kept(TEN_MINUTES))
    # What is encoded is kept by the report itself, for ten minutes; what is not yet costs a second a request.
    trends: Kept[int, TrendsOut] = field(default_factory=lambda: Kept(HALF_A_MINUTE))
    ladders: Kept[AskedLadder, DeflectionReport] = field(default_factory=lambda: Kept(HALF_A_MINUTE))


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports now."""

    at: datetime
    _kept: KeptReports
    _numbers: ExperimentNumbers
    _plan: CapacityPlan
    _trends: ProductTrends
    _deflection: DeflectionNumbers

    def experiment(self) -> ExperimentReport:
        """Return the holdout's experiment."""
        return self._kept.experiment.take(None, self.at, lambda: self._numbers.report(None, None, at=self.at))

    def capacity(self, asked: AskedPlan) -> CapacityReport | str:
        """Return the plan of next week, or why there is none, in a sentence."""
        return self._kept.capacity.take(asked, self.at, lambda: self._planned(asked))

    def trends(self, weeks: int) -> TrendsOut:
        """Return the themes that changed; raises `ModelNotReady` while the model is being loaded."""
        return self._kept.trends.take(weeks, self.at, lambda: self._trends.report(None, weeks, at=self.at))

    def ladder(self, asked: AskedLadder) -> DeflectionReport:
        """Return the deflection ladder of the last days, in groups."""
        begin = (self.at - timedelta(days=asked.days)).replace(hour=0, minute=0, second=0, microsecond=0)
        count = self._deflection.report
        return self._kept.ladders.take(asked, self.at, lambda: count(begin, None, asked.by, at=self.at))

    def _planned(self, asked: AskedPlan) -> CapacityReport | str:
        shares = tuple(each / _A_WHOLE for each in asked.shares)
        try:
            return self._plan.report(AskedCapacity(tickets_a_month=asked.tickets, deflection=shares), at=self.at)
        except (TooFewTickets, NobodyTakes, TooManyAgents) as refused:
            text = str(refused)
            return f"{text[:1].upper()}{text[1:]}."


def reports_now(
    kept_reports: NamedDependency[KeptReports],
    experiment: NamedDependency[ExperimentNumbers],
    capacity_plan: NamedDependency[CapacityPlan],
    product_trends: NamedDependency[ProductTrends],
    deflection: NamedDependency[DeflectionNumbers],
    clock: NamedDependency[Clock],
) -> Reports:
    """Return the reports; the dependency `reports`."""
    return Reports(clock.now(), kept_reports, experiment, capacity_plan, product_trends, deflection)
