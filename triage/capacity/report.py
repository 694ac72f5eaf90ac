"""The capacity report: the planned week as it is and with other deflection, each with needs, hiring and costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from triage.capacity import hiring, staffing
from triage.capacity.demand import WEEKS_A_MONTH, Demand, Growth
from triage.capacity.hiring import Month, Trigger
from triage.capacity.pools import SLOT, Mix, PoolLoad, loads, remaining
from triage.capacity.staffing import Limits, PoolPlan
from triage.capacity.terms import CapacityTerms
from triage.contact_costs import ContactCosts


@dataclass(frozen=True)
class ChannelCost:
    """Contacts of a month by channel, or deflected ones by what answers them, and what they cost."""

    channel: str
    contacts: float
    cost: float


@dataclass(frozen=True)
class Scenario:
    """A share of contacts that is deflected, and what it comes to. `people` are full-time; None: no agents given."""

    deflection: float
    tickets_a_week: float
    tickets_a_month: float
    work_hours: float
    people_needed: float
    people_staffed: float | None
    pools: Sequence[PoolPlan]
    months: Sequence[Month]
    triggers: Sequence[Trigger]
    costs: Sequence[ChannelCost]
    cost_a_month: float


@dataclass(frozen=True)
class DemandFigures:
    """Where demand comes from: numbers that were given, or so many tickets since some time."""

    source: str
    n: int
    since: datetime | None
    growth: Growth
    season_known: bool


@dataclass(frozen=True)
class CapacityReport:
    """The week that is planned, demand, and the scenarios: as it is first."""

    week: date
    demand: DemandFigures
    now: Scenario
    what_if: Sequence[Scenario]


def capacity(terms: CapacityTerms, demand: Demand, costs: ContactCosts, shares: Sequence[float] = ()) -> CapacityReport:
    """Return the report.

    Parameters
    ----------
    terms
        The capacity file.
    demand
        Tickets of the planned week with the deflection of now.
    costs
        What a contact costs.
    shares
        Other shares of all contacts that might be deflected.

    Returns
    -------
    CapacityReport

    Raises
    ------
    NobodyTakes
        No pool takes some tickets.
    TooManyAgents
        More agents would be needed than are counted.
    """
    now = _scenario(terms, demand, costs, terms.deflection.now)
    there = now.people_needed if now.people_staffed is None else now.people_staffed
    what_if = [_scenario(terms, demand, costs, share, there) for share in shares]
    figures = DemandFigures(demand.source, demand.n, demand.since, demand.growth, season_known=bool(demand.season))
    return CapacityReport(demand.week, figures, now, what_if)


def _scenario(
    terms: CapacityTerms, demand: Demand, costs: ContactCosts, share: float, there: float | None = None
) -> Scenario:
    """Plan for a share of deflection; `there` are the people of now, by default those named, else those needed."""
    now, limits = terms.deflection.now, Limits(terms.utilisation, demand.week)
    mix = remaining(demand.mix, (share - now) / (1 - now), terms.deflection.first)
    load = loads(terms, demand, mix)
    plans = [staffing.plan(each, limits) for each in load]
    full_time = terms.hiring.hours_a_week
    needed = math.fsum(each.hours_needed for each in plans) / full_time
    given = [each.hours_staffed for each in plans if each.hours_staffed is not None]
    staffed = math.fsum(given) / full_time if len(given) == len(plans) else None
    tickets = demand.tickets_a_week * math.fsum(mix.values())

    def ahead(months: int) -> tuple[float, float]:
        factor = demand.factor(months)
        hours = math.fsum(_hours(one, other, limits, factor) for one, other in zip(load, plans, strict=True))
        return tickets * WEEKS_A_MONTH * factor, hours / full_time

    if there is None:
        there = needed if staffed is None else staffed
    months, triggers = hiring.look_ahead(demand.week, there, terms.hiring, ahead)
    rows = _costs(terms, demand, costs, mix, share)
    return Scenario(
        deflection=share,
        tickets_a_week=tickets,
        tickets_a_month=tickets * WEEKS_A_MONTH,
        work_hours=math.fsum(each.work_hours for each in plans),
        people_needed=needed,
        people_staffed=staffed,
        pools=plans,
        months=months,
        triggers=triggers,
        costs=rows,
        cost_a_month=math.fsum(each.cost for each in rows),
    )


def _hours(load: PoolLoad, plan: PoolPlan, limits: Limits, factor: float) -> float:
    """Return the hours that a pool needs with so many times its tickets."""
    if factor == 1.0 or plan.kind == "backlog":
        return plan.hours_needed * factor
    return math.fsum(staffing.needed_live(load, limits, factor)) * SLOT


def _costs(terms: CapacityTerms, demand: Demand, costs: ContactCosts, mix: Mix, share: float) -> list[ChannelCost]:
    a_month = demand.tickets_a_week * WEEKS_A_MONTH
    channels = sorted({channel for channel, _ in mix})
    contacts = {name: a_month * math.fsum(n for (one, _), n in mix.items() if one == name) for name in channels}
    rows = [ChannelCost(name, n, n * costs.contact(name)) for name, n in contacts.items()]
    deflected = a_month / (1 - terms.deflection.now) * share
    by_bot = deflected * terms.deflection.by_bot
    articles = deflected - by_bot
    return [
        *rows,
        ChannelCost("deflected by articles", articles, articles * costs.article),
        ChannelCost("deflected by the bot", by_bot, by_bot * costs.answer),
    ]
