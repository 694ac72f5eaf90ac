"""`firstline capacity`: how many agents the desk needs, in the terminal, as JSON or CSV."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from serving.reports.capacity.planning import CapacityPlan
    from triage.capacity.demand import Counts
    from triage.capacity.report import CapacityReport, Scenario
    from triage.capacity.staffing import PoolPlan

_WIDTH, _SHOWN = 140, 12
_SHARE = click.FloatRange(0, 0.95)


@click.command()
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A capacity.toml.")
@click.option("--tickets-a-month", type=click.FloatRange(1, 100_000), help="Instead of the desk's own tickets.")
@click.option("--growth", type=click.FloatRange(-0.5, 1), help="Growth a month, 0.02 for 2 %; else it is counted.")
@click.option("--deflection", type=_SHARE, multiple=True, help="What if this share were deflected; repeatable.")
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="A day of the planned week; default: next Monday.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API returns it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row for each figure.")
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def capacity(
    file: Path | None, *, as_json: bool, as_csv: bool, home: Path | None, week: datetime | None, **numbers: object
) -> None:
    """Plan capacity: agents by pool and shift, when to hire, what if more is deflected, and costs.

    Demand is counted from the tickets of the home, beside a running service, or given: --tickets-a-month, or numbers in
    capacity.toml. docs/capacity.md explains the file and the methods.
    """
    import msgspec

    from serving.errors import InvalidRequest
    from serving.reports.capacity.csv_rows import capacity_csv
    from serving.reports.capacity.planning import AskedCapacity, rounded

    if as_json and as_csv:
        raise click.UsageError("Give either --json or --csv.")
    asked = AskedCapacity(
        week=week.date() if week else None,
        tickets_a_month=numbers["tickets_a_month"],  # type: ignore[arg-type]
        growth_a_month=numbers["growth"],  # type: ignore[arg-type]
        deflection=numbers["deflection"],  # type: ignore[arg-type]
    )
    try:
        found = _plan(file, Settings.from_environment(home=home)).report(asked, at=SystemClock().now())
    except InvalidRequest as refused:
        raise click.UsageError(" ".join(f"{each.field}: {each.message}" for each in refused.errors)) from None
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rounded(msgspec.to_builtins(found)))).decode())
    else:
        click.echo(capacity_csv(found) if as_csv else "\n".join(_page(found)), nl=not as_csv)


def _plan(file: Path | None, settings: Settings) -> "CapacityPlan":
    from serving.policy import policy_files
    from serving.reports.capacity.planning import CapacityPlan
    from triage import contact_costs
    from triage.capacity import terms_file

    calendars = policy_files.of_folder(settings.policies).calendars
    terms = terms_file.read(file, calendars) if file else terms_file.of_folder(settings.policies, calendars)
    return CapacityPlan(terms, contact_costs.of_folder(settings.policies), lambda at: _counts(settings, at))


def _counts(settings: Settings, at: datetime) -> "Counts":
    from serving.reports.capacity.counting import counts
    from serving.storage.database import read_only
    from serving.storage.errors import DatabaseMissing
    from triage.capacity.demand import Counts

    try:
        with read_only(settings.stored_in) as connection:
            return counts(connection, at)
    except DatabaseMissing:
        return Counts({}, {}, {})


def _page(report: "CapacityReport") -> Iterator[str]:
    yield _head(report)
    yield from ("", _drawn(_pools(report.now.pools)))
    yield from _gaps(report.now)
    yield from ("", _drawn(_scenarios([report.now, *report.what_if])))
    yield from ("", *_hiring(report.now))
    yield from ("", _drawn(_costs(report.now)))


def _head(report: "CapacityReport") -> str:
    demand, now = report.demand, report.now
    source = f"{demand.n:,} tickets since {demand.since:%Y-%m-%d}" if demand.since else "numbers that were given"
    growth = f"{demand.growth.a_month:+.1%} a month"
    if demand.growth.interval:
        growth += f" (95 %: {demand.growth.interval[0]:+.1%} to {demand.growth.interval[1]:+.1%})"
    season = ", with the season of the year" if demand.season_known else ""
    return f"Week of {report.week}: {now.tickets_a_week:,.0f} tickets, from {source}; growth {growth}{season}."


def _pools(pools: "Sequence[PoolPlan]") -> "Table":
    table = _table(
        "pool", "tickets a week", "hours of work", "agents at once", "utilisation", "in target", "first response, hours"
    )
    for each in pools:
        found = each.response
        response = f"{found.mean:.1f} ({found.interval[0]:.1f}-{found.interval[1]:.1f})" if found else "-"
        if each.backlog_grows:
            response = f"the backlog grows by {each.backlog_grows:.1f} hours of work a week"
        table.add_row(
            each.pool,
            f"{each.tickets:,.0f}",
            f"{each.work_hours:,.1f}",
            f"{each.agents_needed} at most",
            _percent(each.utilisation),
            _percent(each.answered_within),
            response,
        )
    return table


def _gaps(scenario: "Scenario") -> Iterator[str]:
    if scenario.people_staffed is None:
        yield "Shifts name no agents: utilisation and response are those with the agents needed. The hiring plan"
        yield "supposes that so many people are there as are needed now."
        return
    rows = [
        f"Understaffed: {pool.pool}, {gap.day:%a %Y-%m-%d}, shift {gap.shift}: {gap.staffed:g} of {gap.needed} agents"
        f" for {gap.hours:g} hours."
        for pool in scenario.pools
        for gap in pool.understaffed
    ]
    yield from rows[:_SHOWN] or ["No shift is understaffed."]
    if len(rows) > _SHOWN:
        yield f"… and {len(rows) - _SHOWN} more; --json lists them all."


def _scenarios(scenarios: "Sequence[Scenario]") -> "Table":
    table = _table(
        "deflection",
        "tickets a month",
        "full-time people needed",
        "there",
        "first response, hours",
        "cost a month",
        "hire first",
    )
    for each in scenarios:
        first = each.triggers[0] if each.triggers else None
        table.add_row(
            f"{each.deflection:.0%}{' (now)' if each is scenarios[0] else ''}",
            f"{each.tickets_a_month:,.0f}",
            f"{each.people_needed:.1f}",
            "-" if each.people_staffed is None else f"{each.people_staffed:.1f}",
            _slowest(each),
            f"{each.cost_a_month:,.2f}",
            f"{first.people} for {first.needed_in:%Y-%m}" if first else "nobody",
        )
    return table


def _slowest(scenario: "Scenario") -> str:
    """Return the mean first response of the slowest pool that keeps a backlog."""
    if any(pool.backlog_grows for pool in scenario.pools):
        return "the backlog grows"
    means = [pool.response.mean for pool in scenario.pools if pool.response]
    return f"{max(means):.1f}" if means else "-"


def _hiring(scenario: "Scenario") -> Iterator[str]:
    for each in scenario.triggers:
        post = "post now, which is late" if each.is_late else f"post by {each.post_by}"
        yield f"Hire {each.people} for {each.needed_in:%Y-%m}: {post}; the first day is {each.begin_by}."
    if not scenario.triggers:
        yield f"Nobody has to be hired for the next {len(scenario.months) - 1} months."


def _costs(scenario: "Scenario") -> "Table":
    table = _table("channel", "contacts a month", "cost a month")
    for each in scenario.costs:
        table.add_row(each.channel, f"{each.contacts:,.0f}", f"{each.cost:,.2f}")
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _table(*columns: str) -> "Table":
    from rich.table import Table

    return Table(*columns, box=None, pad_edge=False)


def _drawn(table: "Table") -> str:
    from rich.console import Console

    console = Console(width=_WIDTH)
    with console.capture() as captured:
        console.print(table, markup=False)
    return "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())
