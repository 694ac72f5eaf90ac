"""The capacity report as CSV: one row a figure."""

from collections.abc import Iterator

from serving.http.spreadsheets.csv_rows import Cell, written
from triage.capacity.report import CapacityReport, Scenario
from triage.capacity.staffing import PoolPlan

COLUMNS = ("deflection", "pool", "figure", "at", "value", "interval_low", "interval_high", "n")
Row = tuple[Cell, ...]


def capacity_csv(report: CapacityReport) -> str:
    """Return the scenarios: their sums, pools, half hours (of the first), shifts that lack agents, months and costs."""
    rows = [row for each in (report.now, *report.what_if) for row in _scenario(each, report)]
    return written(COLUMNS, rows)


def _scenario(scenario: Scenario, report: CapacityReport) -> Iterator[Row]:
    week = report.week.isoformat()

    def row(figure: str, value: Cell, at: str = week) -> Row:
        return (scenario.deflection, None, figure, at, value, None, None, None)

    for name in ("tickets_a_week", "tickets_a_month", "work_hours", "people_needed", "people_staffed", "cost_a_month"):
        yield row(name, _cell(getattr(scenario, name)))
    for pool in scenario.pools:
        yield from _pool(scenario.deflection, pool, week)
        if scenario is report.now:
            yield from _half_hours(scenario.deflection, pool)
    for month in scenario.months:
        for name in ("tickets", "needed", "have"):
            yield row(f"month_{name}", _cell(getattr(month, name)), month.month.isoformat())
    for trigger in scenario.triggers:
        yield row("hire_people", trigger.people, trigger.needed_in.isoformat())
        yield row("post_by", trigger.post_by.isoformat(), trigger.needed_in.isoformat())
    for cost in scenario.costs:
        yield row(f"cost, {cost.channel}", _cell(cost.cost))


def _half_hours(deflection: float, pool: PoolPlan) -> Iterator[Row]:
    for half in pool.intervals:
        begin = f"{half.begins_at:%Y-%m-%dT%H:%M:%SZ}"
        figures = (("arrivals_an_hour", half.arrivals), ("needed", half.needed), ("staffed", half.staffed))
        for figure, value in figures:
            yield (deflection, pool.pool, f"half_hour_{figure}", begin, _cell(value), None, None, None)


def _pool(deflection: float, pool: PoolPlan, week: str) -> Iterator[Row]:
    names = (
        "tickets",
        "outside",
        "handling_minutes",
        "work_hours",
        "agents_needed",
        "hours_needed",
        "hours_staffed",
        "utilisation",
        "answered_within",
        "abandoned",
        "backlog_grows",
    )
    for name in names:
        yield (deflection, pool.pool, name, week, _cell(getattr(pool, name)), None, None, None)
    if pool.response is not None:
        low, high = map(_cell, pool.response.interval)
        mean = _cell(pool.response.mean)
        yield (deflection, pool.pool, "first_response_hours_mean", week, mean, low, high, pool.response.n)
        for name in ("median", "p90", "open_p90"):
            value = _cell(getattr(pool.response, name))
            yield (deflection, pool.pool, f"first_response_hours_{name}", week, value, None, None, pool.response.n)
    for gap in pool.understaffed:
        figure = f"missing agents, {gap.shift}"
        yield (deflection, pool.pool, figure, gap.day.isoformat(), _cell(gap.missing), None, None, None)


def _cell(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
