"""Changes of a ticket by what people did at a helpdesk, each at the instant at which they did it.

The helpdesk is read later than things happen there, and in the meantime something may have happened here. A reply
keeps its own instant. A status never begins before the last one, so that the log tells one story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.instants import utc
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import (
    AgentReplied,
    CustomerReplied,
    NoteAdded,
    TicketClosed,
    TicketOpened,
    TicketPaused,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketStarted,
)
from triage.tickets.messages.loops import is_a_loop
from triage.tickets.ticket import CUSTOMER, Status

if TYPE_CHECKING:
    from datetime import datetime

    from triage.tickets.ticket import Ticket

DUPLICATE = "duplicate"
ENDED = frozenset({Status.RESOLVED, Status.CLOSED})
_MOVES = (TicketOpened, TicketStarted, TicketPaused, TicketResumed, TicketResolved, TicketReopened, TicketClosed)


def answered(ticket: Ticket, text: str, *, at: datetime, by: str) -> Ticket:
    """Add an agent's reply; the first one begins the work."""
    ticket = ticket.after(AgentReplied(at=_not_before_opening(ticket, at), by=by, text=text))
    return moved(ticket, Status.OPEN, at=at, by=by) if ticket.status is Status.NEW else ticket


def asked(ticket: Ticket, text: str, *, at: datetime, reason: NobodyReason | None) -> Ticket:
    """Add a customer's reply, with why it needs nobody; the status follows from what the helpdesk makes of it."""
    automatic = reason not in {None, NobodyReason.THANKS}
    if automatic and is_a_loop(ticket):
        return ticket
    moment = _not_before_opening(ticket, at)
    return ticket.after(CustomerReplied(at=moment, by=CUSTOMER, text=text, automatic=automatic, needs_nobody=reason))


def noted(ticket: Ticket, text: str, *, at: datetime, by: str) -> Ticket:
    """Keep an internal note: it answers nobody, and no customer sees it."""
    return ticket.after(NoteAdded(at=_not_before_opening(ticket, at), by=by, text=text))


def moved(ticket: Ticket, to: Status, *, at: datetime, by: str) -> Ticket:
    """Take over a status; unlike an agent's request it also reopens what was closed, because it was there."""
    to = Status.OPEN if to is Status.NEW else to
    moment = _not_before_last_move(ticket, at)
    now = ticket.status
    if to is now or (now, to) == (Status.CLOSED, Status.RESOLVED):
        return ticket
    if to in ENDED:
        ended = ticket if now is Status.RESOLVED else ticket.after(TicketResolved(at=moment, by=by))
        return ended.after(TicketClosed(at=moment, by=by)) if to is Status.CLOSED else ended
    if now in ENDED:
        ticket = ticket.after(TicketReopened(at=moment, by=by))
    if to is Status.PENDING:
        return ticket.after(TicketPaused(at=moment, by=by))
    begun = {Status.NEW: TicketStarted, Status.PENDING: TicketResumed}.get(now)
    return ticket.after(begun(at=moment, by=by)) if begun else ticket


def merged(ticket: Ticket, note: str, *, at: datetime, by: str) -> Ticket:
    """Close a ticket as a duplicate; the note says which one goes on."""
    if ticket.status is Status.CLOSED:
        return ticket
    ticket = noted(ticket, note, at=at, by=by)
    moment = _not_before_last_move(ticket, at)
    if ticket.status is not Status.RESOLVED:
        ticket = ticket.after(TicketResolved(at=moment, by=by, resolution_type=DUPLICATE))
    return ticket.after(TicketClosed(at=moment, by=by))


def deleted(ticket: Ticket, *, at: datetime, by: str) -> Ticket:
    """Close a ticket that is no longer at the helpdesk; that is no resolution."""
    if ticket.status is Status.CLOSED:
        return ticket
    moment = _not_before_last_move(ticket, at)
    return ticket.after(TicketClosed(at=moment, by=by))


def _not_before_opening(ticket: Ticket, at: datetime) -> datetime:
    return max(utc(at, "at"), ticket.created_at)


def last_moved_at(ticket: Ticket) -> datetime:
    """Return when the status last changed."""
    return max(fact.at for fact in ticket.events if isinstance(fact, _MOVES))


def _not_before_last_move(ticket: Ticket, at: datetime) -> datetime:
    return max(utc(at, "at"), last_moved_at(ticket))
