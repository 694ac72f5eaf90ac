"""What an automatic reply does to a ticket: it is kept, and nothing else happens; a loop of two machines ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.errors import TicketIsClosed
from triage.instants import utc
from triage.tickets.events import CustomerReplied
from triage.tickets.ticket import Status

if TYPE_CHECKING:
    from datetime import datetime

    from triage.tickets.ticket import Ticket

LOOP_ENDS_AFTER = 3


def with_automatic_reply(ticket: Ticket, text: str, *, at: datetime, by: str) -> Ticket:
    """Add what a machine of the customer wrote, without reopening anything or ending the wait for the customer.

    After three in a row, with no word of the customer between them, nothing is added: two machines answer each other.
    """
    if ticket.status is Status.CLOSED:
        raise TicketIsClosed(ticket.id)
    if is_a_loop(ticket):
        return ticket
    return ticket.after(CustomerReplied(at=max(utc(at, "at"), ticket.events[-1].at), by=by, text=text, automatic=True))


def is_a_loop(ticket: Ticket) -> bool:
    """Tell whether the customer's last words are so many automatic replies that two machines answer each other."""
    said = [fact for fact in ticket.events if isinstance(fact, CustomerReplied)][-LOOP_ENDS_AFTER:]
    return len(said) == LOOP_ENDS_AFTER and all(fact.automatic for fact in said)
