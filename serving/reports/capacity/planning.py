"""The use case: capacity of a week, from the desk's tickets or from given numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from serving.errors import FieldError, InvalidRequest
from triage.capacity.demand import Counts, Demand, Growth, counted, given
from triage.capacity.report import CapacityReport, capacity
from triage.capacity.terms import CapacityTerms
from triage.contact_costs import ContactCosts

AHEAD = timedelta(days=366)
MOST_SCENARIOS = 10
MOST_DEFLECTED = 0.95


@dataclass(frozen=True)
class AskedCapacity:
    """What is asked for; what is None is taken from the desk's tickets and its file."""

    week: date | None = None
    tickets_a_month: float | None = None
    growth_a_month: float | None = None
    deflection: tuple[float, ...] = ()


class CapacityPlan:
    """Plans with a capacity file; `counts` reads the desk's tickets up to an instant."""

    def __init__(self, terms: CapacityTerms, costs: ContactCosts, counts: Callable[[datetime], Counts]) -> None:
        self._terms, self._costs, self._counts = terms, costs, counts

    def report(self, asked: AskedCapacity, *, at: datetime) -> CapacityReport:
        """Return the report.

        Raises `InvalidRequest`: the week is past or too far ahead, or there are too many scenarios. Raises
        `TooFewTickets`: demand is not given, and cannot be counted yet.
        """
        if len(asked.deflection) > MOST_SCENARIOS:
            raise InvalidRequest([FieldError("deflection", f"Ask for {MOST_SCENARIOS} shares at most.")])
        return capacity(self._terms, self._demand(asked, at), self._costs, asked.deflection)

    def _demand(self, asked: AskedCapacity, at: datetime) -> Demand:
        week, terms = _week(asked.week, at), self._terms.demand
        tickets = asked.tickets_a_month or terms.tickets_a_month
        found = counted(self._counts(at), week, today=at.date()) if tickets is None else given(terms, tickets, week)
        return found if asked.growth_a_month is None else replace(found, growth=Growth(asked.growth_a_month))


def rounded(value: object) -> object:
    """Return a report as plain data whose numbers have four decimals."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _week(asked: date | None, at: datetime) -> date:
    """Return the Monday of the week that is asked for; by default of the next one."""
    running = at.date() - timedelta(days=at.weekday())
    if asked is None:
        return running + timedelta(days=7)
    if not running <= asked <= running + AHEAD:
        raise InvalidRequest([FieldError("week", f"Give a day from {running} to {running + AHEAD}.")])
    return asked - timedelta(days=asked.weekday())
