"""KPIs of tickets: first response, resolution, CSAT, first contact resolution, SLA compliance, automation."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from serving.reports.facts import TicketFact
from serving.reports.figures import Figure, PartOut, Unit, average, nth, share
from serving.reports.windows import ReportWindow

MEDIAN, TAIL = 0.5, 0.9
SETTLED_AFTER = timedelta(days=7)
"""So long after its resolution a ticket may still come back: until then it is no first contact resolution."""
HAPPY = 4
WITH_OPEN = "sla_compliance"
"""The figure of a past week changes with time while contracts of it are open."""
Tickets = Sequence[TicketFact]
Moment = Callable[[TicketFact], datetime | None]
UNKNOWN = "unknown"
KEPT, MISSED, OPEN = "kept", "missed", "open"  # contracts, as the desk writes them


class TicketKpi(NamedTuple):
    """How a KPI is counted: which tickets belong to a window, their figure, and the figures beside it."""

    happened_at: Moment
    figure: Callable[[Tickets, ReportWindow], Figure]
    parts: Callable[[Tickets, ReportWindow], list[PartOut]]


_created_at: Moment = attrgetter("created_at")
_responded_at: Moment = attrgetter("responded_at")
_resolved_at: Moment = attrgetter("resolved_at")


def _responses(tickets: Tickets) -> list[float]:
    return [each.response_work for each in tickets if each.response_work is not None]


def _resolutions(tickets: Tickets) -> list[float]:
    return [each.resolution_work for each in tickets if each.resolution_work is not None]


def _since_created(tickets: Tickets, ended: Moment) -> list[float]:
    spans = ((each.created_at, ended(each)) for each in tickets)
    return [(end - begin).total_seconds() for begin, end in spans if end is not None]


def _response_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    calendar = _since_created(tickets, _responded_at)
    return [
        _time("p90", "90 % within, support hours", nth(_responses(tickets), TAIL, window)),
        _time("calendar_p50", "Half within, calendar time", nth(calendar, MEDIAN, window)),
        _time("calendar_p90", "90 % within, calendar time", nth(calendar, TAIL, window)),
        *(
            _time(f"channel.{name}", f"Half within, {name}", nth(_responses(some), MEDIAN, window))
            for name, some in _by(tickets, lambda each: each.channel)
        ),
    ]


def _resolution_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    calendar = _since_created(tickets, _resolved_at)
    return [
        _time("p90", "90 % within, support hours", nth(_resolutions(tickets), TAIL, window)),
        _time("mean", "Mean, support hours", average(_resolutions(tickets), window)),
        _time("calendar_p50", "Half within, calendar time", nth(calendar, MEDIAN, window)),
        _time("calendar_p90", "90 % within, calendar time", nth(calendar, TAIL, window)),
        *(
            _time(f"type.{name}", f"Half within, {name}", nth(_resolutions(some), MEDIAN, window))
            for name, some in _by(tickets, lambda each: each.type or UNKNOWN)
        ),
    ]


def _rated(tickets: Tickets) -> list[int]:
    return [each.csat for each in tickets if each.csat is not None]


def _csat(tickets: Tickets, window: ReportWindow) -> Figure:
    ratings = _rated(tickets)
    return share(sum(each >= HAPPY for each in ratings), len(ratings), window)


def _csat_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    ratings = _rated(tickets)
    return [
        PartOut(id="mean", title="Mean rating of 5", unit="rating", figure=average(ratings, window)),
        _share("rated", "Resolved tickets with a rating", share(len(ratings), len(tickets), window)),
    ]


def _fcr(tickets: Tickets, window: ReportWindow) -> Figure:
    settled = [each for each in tickets if each.resolved_at and window.at >= each.resolved_at + SETTLED_AFTER]
    return share(sum(each.replies == 1 and each.reopens == 0 for each in settled), len(settled), window)


def _fcr_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    return [
        _share("reopened", "Reopened before", share(sum(each.reopens > 0 for each in tickets), len(tickets), window))
    ]


def kept_contract(ticket: TicketFact, at: datetime) -> bool | None:
    """Return whether every contract deadline was kept; None while one runs, and where there is none."""
    if ticket.contract == OPEN:
        return False if ticket.contract_by is not None and ticket.contract_by < at else None
    return {KEPT: True, MISSED: False}.get(ticket.contract)


def _compliance(tickets: Tickets, window: ReportWindow) -> Figure:
    states = [each.contract for each in tickets]
    kept, missed = states.count(KEPT), states.count(MISSED)
    if OPEN in states:
        missed += sum(kept_contract(each, window.at) is False for each in tickets if each.contract == OPEN)
    return share(kept, kept + missed, window)


def _compliance_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    running = sum(each.contract == OPEN and kept_contract(each, window.at) is None for each in tickets)
    return [
        _share("undecided", "Deadlines still run", share(running, len(tickets), window)),
        *(
            _share(f"channel.{name}", f"Kept, {name}", _compliance(some, window))
            for name, some in _by(tickets, lambda each: each.channel)
        ),
    ]


def _automation(tickets: Tickets, window: ReportWindow) -> Figure:
    return share(sum(each.labels_applied for each in tickets), sum(each.labels for each in tickets), window)


def _automation_parts(tickets: Tickets, window: ReportWindow) -> list[PartOut]:
    tagged = [each for each in tickets if each.labels]
    whole = sum(each.labels == each.labels_applied for each in tagged)
    return [
        _share("tagged", "Tickets that a model tagged", share(len(tagged), len(tickets), window)),
        _share("whole", "Tickets whose every label was applied", share(whole, len(tagged), window)),
    ]


TICKET_KPIS: dict[str, TicketKpi] = {
    "first_response": TicketKpi(_responded_at, lambda some, w: nth(_responses(some), MEDIAN, w), _response_parts),
    "resolution": TicketKpi(_resolved_at, lambda some, w: nth(_resolutions(some), MEDIAN, w), _resolution_parts),
    "csat": TicketKpi(_resolved_at, _csat, _csat_parts),
    "first_contact_resolution": TicketKpi(_resolved_at, _fcr, _fcr_parts),
    "sla_compliance": TicketKpi(_created_at, _compliance, _compliance_parts),
    "automation": TicketKpi(_created_at, _automation, _automation_parts),
}


def _by(tickets: Tickets, key: Callable[[TicketFact], str]) -> Iterable[tuple[str, Tickets]]:
    groups: dict[str, list[TicketFact]] = {}
    for each in tickets:
        groups.setdefault(key(each), []).append(each)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


def _time(name: str, title: str, figure: Figure) -> PartOut:
    return _part(name, title, "seconds", figure)


def _share(name: str, title: str, figure: Figure) -> PartOut:
    return _part(name, title, "share", figure)


def _part(name: str, title: str, unit: Unit, figure: Figure) -> PartOut:
    return PartOut(id=name, title=title, unit=unit, figure=figure)
