"""Reports in words."""

from collections.abc import Sequence
from datetime import date, datetime

from serving.console.overview.cards import NOTHING
from serving.reports.figures import Figure
from serving.reports.trends.schemas import ThemeOut
from triage.capacity.report import CapacityReport, DemandFigures, Scenario

STATES = {
    "none": ("no experiment yet", ""),
    "too_small": ("too few to tell", ""),
    "not_seen": ("no difference seen yet", ""),
    "saves": ("answers save tickets", "good"),
    "costs": ("answers cost tickets", "bad"),
    "mismatch": ("arms of the wrong size", "bad"),
}
_A_WHOLE = 100


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with so many decimals."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """Write a share."""
    return NOTHING if value is None else f"{_A_WHOLE * value:.3g}\N{NO-BREAK SPACE}%"


def ends(found: Sequence[float | None] | None, digits: int = 0) -> str:
    """Write an interval; an open end is a question mark, and none at all a dash."""
    if found is None or all(each is None for each in found):
        return NOTHING
    return " to ".join("?" if each is None else number(each, digits) for each in found)


def percent_ends(found: Sequence[float | None] | None) -> str:
    """Write the interval of a share."""
    if found is None or all(each is None for each in found):
        return NOTHING
    return " to ".join("?" if each is None else percent(each) for each in found)


def said(figure: Figure, digits: int = 0) -> str:
    """Write a figure with its interval and its n."""
    between = ends(figure.interval, digits)
    interval = "" if between == NOTHING else f", 95 %: {between}"
    return f"{number(figure.value, digits)} (n {figure.n:,}{interval})"


def still_takes(sessions: int | None) -> str:
    """Say how many sessions it takes until a difference of this size is seen."""
    if sessions is None:
        return "It cannot be said yet how many sessions it takes."
    if sessions == 0:
        return "A difference of this size is seen already."
    return f"A difference of this size is seen after about {sessions:,} more sessions."


def demand(figures: DemandFigures) -> str:
    """Say where demand comes from, and how it grows."""
    source = "from numbers that were given"
    if figures.source != "given":
        since = "" if figures.since is None else f" since {day(figures.since)}"
        source = f"from {figures.n:,} tickets{since}"
    growth = f"growth of {_A_WHOLE * figures.growth.a_month:+.1f} % a month"
    if figures.growth.interval is not None:
        low, high = figures.growth.interval
        growth += f" (95 %: {_A_WHOLE * low:+.1f} to {_A_WHOLE * high:+.1f} %)"
    return f"Demand {source}; {growth}"


def people(report: CapacityReport | str) -> tuple[str, str]:
    """Return the people of a plan as a figure, and what it is of."""
    if isinstance(report, str):
        return NOTHING, report
    now = report.now
    staffed = (
        "capacity.toml names no agents" if now.people_staffed is None else f"{number(now.people_staffed, 1)} staffed"
    )
    return f"{number(now.people_needed, 1)} people", f"needed in the week of {day(report.week)}; {staffed}"


def understaffed(scenario: Scenario) -> int:
    """Count the shifts that lack agents."""
    return sum(len(pool.understaffed) for pool in scenario.pools)


def theme(found: ThemeOut) -> str:
    """Name a theme by its words."""
    return ", ".join(found.words) or "a theme whose words fewer than three customers share"


def times(found: ThemeOut) -> str:
    """Say how many times as many tickets as expected a theme has."""
    return "new" if found.ratio is None else f"{found.ratio:g} times"


def day(at: date | datetime) -> str:
    """Write a day."""
    return f"{at:%Y-%m-%d}"


def month(at: date) -> str:
    """Write a month."""
    return f"{at:%b %Y}"
