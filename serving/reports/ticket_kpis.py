"""KPIs of tickets: first response, resolution, CSAT, first contact resolution, SLA compliance, automation."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from serving.reports.figures import Figure, PartOut, Unit, average, nth, share
from serving.reports.rollups.ticket_table import NEVER, Column, TicketTable, microseconds
from serving.reports.windows import ReportWindow

MEDIAN, TAIL = 0.5, 0.9
SETTLED_AFTER = timedelta(days=7)
"""So long after its resolution a ticket may still come back: until then it is no first contact resolution."""
HAPPY = 4
CONTRACT, TARGET = "contract", "target"
KEPT, MISSED, OPEN = "kept", "missed", "open"  # contracts, as the desk writes them


class TicketKpi(NamedTuple):
    """How a KPI is counted: which tickets belong to a window, their figure, and the figures beside it."""

    happened_at: str
    figure: Callable[[TicketTable, ReportWindow], Figure]
    parts: Callable[[TicketTable, ReportWindow], list[PartOut]]


def _response(tickets: TicketTable, window: ReportWindow, q: float = MEDIAN) -> Figure:
    return nth(tickets.known("response_work"), q, window)


def _resolution(tickets: TicketTable, window: ReportWindow, q: float = MEDIAN) -> Figure:
    return nth(tickets.known("resolution_work"), q, window)


def _response_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    calendar = tickets.seconds_until("responded_at")
    return [
        _time("p90", "90 % within, support hours", _response(tickets, window, TAIL)),
        _time("calendar_p50", "Half within, calendar time", nth(calendar, MEDIAN, window)),
        _time("calendar_p90", "90 % within, calendar time", nth(calendar, TAIL, window)),
        *(
            _time(f"channel.{name}", f"Half within, {name}", _response(some, window))
            for name, some in tickets.by("channel")
        ),
    ]


def _resolution_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    calendar = tickets.seconds_until("resolved_at")
    return [
        _time("p90", "90 % within, support hours", _resolution(tickets, window, TAIL)),
        _time("mean", "Mean, support hours", average(tickets.known("resolution_work"), window)),
        _time("calendar_p50", "Half within, calendar time", nth(calendar, MEDIAN, window)),
        _time("calendar_p90", "90 % within, calendar time", nth(calendar, TAIL, window)),
        *(
            _time(f"type.{name}", f"Half within, {name}", _resolution(some, window))
            for name, some in tickets.by("type")
        ),
    ]


def _csat(tickets: TicketTable, window: ReportWindow) -> Figure:
    ratings = tickets.known("csat")
    return share(_n(ratings >= HAPPY), len(ratings), window)


def _csat_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    ratings = tickets.known("csat")
    return [
        PartOut(id="mean", title="Mean rating of 5", unit="rating", figure=average(ratings, window)),
        _share("rated", "Resolved tickets with a rating", share(len(ratings), tickets.n, window)),
    ]


def _fcr(tickets: TicketTable, window: ReportWindow) -> Figure:
    settled = tickets["resolved_at"] <= microseconds(window.at - SETTLED_AFTER)
    at_once = (tickets["replies"] == 1) & (tickets["reopens"] == 0)
    return share(_n(settled & at_once), _n(settled), window)


def _fcr_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    return [_share("reopened", "Reopened before", share(_n(tickets["reopens"] > 0), tickets.n, window))]


def _running(tickets: TicketTable, window: ReportWindow, source: str = CONTRACT) -> tuple[Column, Column]:
    """Tell of each ticket whether a deadline runs, and whether one that ran is missed."""
    is_open, by = tickets.having(source, OPEN), tickets[f"{source}_by"]
    late = is_open & (by != NEVER) & (by < microseconds(window.at))
    return is_open & ~late, late


def _compliance(tickets: TicketTable, window: ReportWindow, source: str = CONTRACT) -> Figure:
    kept = _n(tickets.having(source, KEPT))
    missed = _n(tickets.having(source, MISSED)) + _n(_running(tickets, window, source)[1])
    return share(kept, kept + missed, window)


def _compliance_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    return [
        _share("targets", "Kept, internal targets", _compliance(tickets, window, TARGET)),
        _share("undecided", "Deadlines still run", share(_n(_running(tickets, window)[0]), tickets.n, window)),
        *(
            _share(f"channel.{name}", f"Kept, {name}", _compliance(some, window))
            for name, some in tickets.by("channel")
        ),
    ]


def _per_agent(tickets: TicketTable, window: ReportWindow) -> Figure:
    return average(tickets.per_agent_and_day(), window)


def _no_parts(_tickets: TicketTable, _window: ReportWindow) -> list[PartOut]:
    return []


def _automation(tickets: TicketTable, window: ReportWindow) -> Figure:
    return share(_sum(tickets["labels_applied"]), _sum(tickets["labels"]), window)


def _automation_parts(tickets: TicketTable, window: ReportWindow) -> list[PartOut]:
    tagged = tickets["labels"] > 0
    whole = tagged & (tickets["labels"] == tickets["labels_applied"])
    return [
        _share("tagged", "Tickets that a model tagged", share(_n(tagged), tickets.n, window)),
        _share("whole", "Tickets whose every label was applied", share(_n(whole), _n(tagged), window)),
    ]


TICKET_KPIS: dict[str, TicketKpi] = {
    "first_response": TicketKpi("responded_at", _response, _response_parts),
    "resolution": TicketKpi("resolved_at", _resolution, _resolution_parts),
    "csat": TicketKpi("resolved_at", _csat, _csat_parts),
    "first_contact_resolution": TicketKpi("resolved_at", _fcr, _fcr_parts),
    "sla_compliance": TicketKpi("created_at", _compliance, _compliance_parts),
    "per_agent": TicketKpi("resolved_at", _per_agent, _no_parts),
    "automation": TicketKpi("created_at", _automation, _automation_parts),
}


def _n(which: Column) -> int:
    return int(np.count_nonzero(which))


def _sum(column: Column) -> int:
    return int(column.sum(dtype=np.int64))


def _time(name: str, title: str, figure: Figure) -> PartOut:
    return _part(name, title, "seconds", figure)


def _share(name: str, title: str, figure: Figure) -> PartOut:
    return _part(name, title, "share", figure)


def _part(name: str, title: str, unit: Unit, figure: Figure) -> PartOut:
    return PartOut(id=name, title=title, unit=unit, figure=figure)
