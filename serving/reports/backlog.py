"""What is open now: by priority, breached, at risk, by age, and incidents."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from serving.reports.definitions import DEFINITIONS, kpi_of
from serving.reports.facts import AGES, OpenTickets
from serving.reports.figures import Figure, KpiOut, PartOut, count
from triage.taxonomy.labels import PRIORITIES

_DAY = timedelta(days=1)
NO_PRIORITY = "No priority"


def kpis(waiting: Sequence[OpenTickets], incidents: Mapping[str, int], at: datetime) -> dict[str, KpiOut]:
    """Return the figures of now."""
    total = sum(each.n for each in waiting)
    oldest = min((each.oldest for each in waiting), default=None)
    age = None if oldest is None else (at - oldest).total_seconds()
    cases = sum(incidents.values())
    leading = [_part(name, name, "count", count(n, cases, at), f"/queue/{name}") for name, n in incidents.items()]
    return {
        "open": kpi_of("open", count(total, total, at), _by_priority(waiting, total, at, lambda each: each.n)),
        "breached": _counted("breached", waiting, at, lambda each: each.breached),
        "at_risk": _counted("at_risk", waiting, at, lambda each: each.at_risk),
        "backlog_age": kpi_of("backlog_age", count(age, total, at), _by_age(waiting, total, at)),
        "incidents": kpi_of("incidents", count(len(incidents), total, at), leading),
    }


def beside_compliance(now: Mapping[str, KpiOut]) -> list[PartOut]:
    """Return what stands beside SLA compliance: what is late now, and how old the backlog is."""
    names = ("breached", "at_risk", "backlog_age")
    return [_part(name, now[name].title, now[name].unit, now[name].figure, now[name].link) for name in names]


def _counted(name: str, waiting: Sequence[OpenTickets], at: datetime, number: Callable[[OpenTickets], int]) -> KpiOut:
    total = sum(each.n for each in waiting)
    figure = count(sum(map(number, waiting)), total, at)
    return kpi_of(name, figure, _by_priority(waiting, total, at, number, f"{DEFINITIONS[name].link}&"))


def _by_priority(
    waiting: Sequence[OpenTickets],
    total: int,
    at: datetime,
    number: Callable[[OpenTickets], int],
    link: str = "/queue?",
) -> list[PartOut]:
    found = dict.fromkeys((*PRIORITIES, None), 0)
    for each in waiting:
        priority = each.priority if each.priority in found else None
        found[priority] += number(each)
    return [
        _part(
            each or "none",
            each or NO_PRIORITY,
            "count",
            count(n, total, at),
            f"{link}priority={each or 'none'}",
        )
        for each, n in found.items()
        if each or n
    ]


def _by_age(waiting: Sequence[OpenTickets], total: int, at: datetime) -> list[PartOut]:
    ends = [each // _DAY for each in AGES]
    titles = [
        "under 1 day",
        *(f"{a} to {b} days" for a, b in pairwise(ends)),
        f"over {ends[-1]} days",
    ]
    numbers = [sum(each.ages[place] for each in waiting) for place in range(len(titles))]
    return [
        _part(f"age.{place}", title, "count", count(n, total, at))
        for place, (title, n) in enumerate(zip(titles, numbers, strict=True))
    ]


def _part(name: str, title: str, unit: str, figure: Figure, link: str | None = None) -> PartOut:
    return PartOut(id=name, title=title, unit=unit, figure=figure, link=link)  # type: ignore[arg-type]
