"""The survey of a resolution: whether one is offered, whether it is open, and the rating that closes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from triage.tickets.events import TicketRated, TicketResolved
from triage.tickets.ticket import CUSTOMER, Status, Ticket

OPEN_FOR: Final = timedelta(days=14)
RATINGS: Final = range(1, 6)
LONGEST_COMMENT: Final = 2_000
SurveyState = Literal["open", "used", "reopened", "expired"]

_OVER = (Status.RESOLVED, Status.CLOSED)
_ANSWERED_ELSEWHERE = "duplicate"


def offered(ticket: Ticket) -> int | None:
    """Return the number of the resolution that the customer is asked about; None where nobody is.

    Nobody is asked about a duplicate or a ticket that needed nobody, and no machine that wrote a ticket by itself.
    """
    last = _last(ticket)
    if last is None or ticket.status not in _OVER or ticket.automatic or ticket.needs_nobody:
        return None
    fact = ticket.events[last - 1]
    return None if isinstance(fact, TicketResolved) and fact.resolution_type == _ANSWERED_ELSEWHERE else last


def state(ticket: Ticket, resolution: int, at: datetime) -> SurveyState | None:
    """Return how far the survey of a resolution is; None where the ticket has no such resolution."""
    if not 0 < resolution <= ticket.version or not isinstance(ticket.events[resolution - 1], TicketResolved):
        return None
    if any(isinstance(fact, TicketRated) and fact.resolution == resolution for fact in ticket.events):
        return "used"
    if ticket.status not in _OVER or _last(ticket) != resolution:
        return "reopened"
    return "open" if at < ticket.events[resolution - 1].at + OPEN_FOR else "expired"


def rated(ticket: Ticket, resolution: int, rating: int, comment: str | None, at: datetime) -> Ticket:
    """Return a ticket with the customer's rating; whoever calls has seen that the survey is open."""
    moment = max(at, ticket.events[-1].at)
    return ticket.after(TicketRated(at=moment, by=CUSTOMER, resolution=resolution, rating=rating, comment=comment))


def comment_of(ticket: Ticket) -> str | None:
    """Return what the customer wrote beside the rating of the last resolution."""
    found = (fact for fact in ticket.events if isinstance(fact, TicketRated) and fact.resolution == _last(ticket))
    return next((fact.comment for fact in found), None)


def _last(ticket: Ticket) -> int | None:
    numbers = [number for number, fact in enumerate(ticket.events, 1) if isinstance(fact, TicketResolved)]
    return numbers[-1] if numbers else None
