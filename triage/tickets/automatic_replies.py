"""What automatic mail does to a ticket: it is kept, and nobody is in a hurry; a loop of two machines ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from triage.errors import TicketIsClosed
from triage.instants import utc
from triage.tickets.events import AGENT, CustomerReplied, TicketOpened
from triage.tickets.ticket import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from triage.tickets.events import Fact
    from triage.tickets.ticket import Ticket

LOOP_ENDS_AFTER = 3


def with_automatic_reply(ticket: Ticket, text: str, *, at: datetime, by: str) -> Ticket:
    """Add what a machine of the customer wrote, without reopening anything or ending the wait for the customer.

    After three in a row, with no word of the customer between them, nothing is added: two machines answer each other.
    """
    if ticket.status is Status.CLOSED:
        raise TicketIsClosed(ticket.id)
    in_a_row = 0
    for fact in reversed(ticket.events):
        if isinstance(fact, CustomerReplied):
            if not fact.automatic:
                break
            in_a_row += 1
    if in_a_row >= LOOP_ENDS_AFTER:
        return ticket
    return ticket.after(CustomerReplied(at=max(utc(at, "at"), ticket.events[-1].at), by=by, text=text, automatic=True))


def joined(ticket: Ticket, subject: str, text: str, *, at: datetime, by: str) -> Ticket:
    """Add a mail of a loop to the loop's first ticket, as an automatic reply; no such mail is lost."""
    words = "\n".join(part for part in (subject, text) if part.strip())
    return ticket.after(CustomerReplied(at=max(utc(at, "at"), ticket.events[-1].at), by=by, text=words, automatic=True))


def since_a_person(events: Iterable[Fact]) -> list[Fact]:
    """Return the facts that deadlines follow from, the opening first.

    Nobody waits for an answer to a ticket that a machine opened, until an agent touches it or a person replies. So its
    facts are those as if it had been opened then, and none while no person has.
    """
    facts = list(events)
    if not (isinstance(facts[0], TicketOpened) and facts[0].automatic):
        return facts
    begins = [fact.at for fact in facts if _is_by_person(fact)]
    return [replace(fact, at=max(fact.at, min(begins))) for fact in facts] if begins else []


def _is_by_person(fact: Fact) -> bool:
    if isinstance(fact, CustomerReplied):
        return not fact.automatic
    return fact.by.startswith(f"{AGENT}:")
