"""Loops of two machines that answer each other: how one is known, and where its mails go."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from triage.instants import utc
from triage.tickets.events import CustomerReplied
from triage.tickets.ticket import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from triage.tickets.ticket import Ticket

LOOP_ENDS_AFTER = 3
LOOP_WITHIN = timedelta(hours=1)
"""Mails that open tickets within so long make a loop; it is over when none has come for so long."""
LONGEST_LOOP = timedelta(days=1)
_COMPARED = 2_000  # characters
_NUMBER = re.compile(r"\d+")
_PREFIX = re.compile(r"^(?:(?:re|aw|fwd?|wg|sv|tr|rv|r|antw)\s?:\s*)+", re.IGNORECASE)


def is_a_loop(ticket: Ticket) -> bool:
    """Tell whether the customer's last words are so many automatic replies that two machines answer each other."""
    said = [fact for fact in ticket.events if isinstance(fact, CustomerReplied)][-LOOP_ENDS_AFTER:]
    return len(said) == LOOP_ENDS_AFTER and all(fact.automatic for fact in said)


def first_of_loop(earlier: Iterable[Ticket], new: Ticket, at: datetime) -> Ticket | None:
    """Return the ticket that a mail of a loop belongs to: the first that is not closed; None for any other mail.

    Mails are alike that have the same sender and subject, and the same words or both a machine that wrote them. Numbers
    do not count, as machines count up.

    Parameters
    ----------
    earlier
        Tickets that came by mail, oldest first.
    new
        The ticket that the mail would open.
    at
        Now.

    Returns
    -------
    Ticket or None
    """
    alike = [ticket for ticket in earlier if _is_like(ticket, new)]
    if len(alike) < LOOP_ENDS_AFTER or alike[-1].created_at - alike[-LOOP_ENDS_AFTER].created_at > LOOP_WITHIN:
        return None
    if max(ticket.events[-1].at for ticket in alike) < at - LOOP_WITHIN:
        return None
    return next((ticket for ticket in alike if ticket.status is not Status.CLOSED), None)


def _is_like(ticket: Ticket, new: Ticket) -> bool:
    if ticket.email != new.email or _plain(ticket.subject) != _plain(new.subject):
        return False
    return (ticket.automatic and new.automatic) or _plain(ticket.description) == _plain(new.description)


def _plain(text: str) -> str:
    return _NUMBER.sub("0", _PREFIX.sub("", " ".join(text[:_COMPARED].lower().split())))


def joined(ticket: Ticket, subject: str, text: str, *, at: datetime, by: str) -> Ticket:
    """Add a mail of a loop to the loop's first ticket, as an automatic reply; no such mail is lost."""
    words = "\n".join(part for part in (subject, text) if part.strip())
    return ticket.after(CustomerReplied(at=max(utc(at, "at"), ticket.events[-1].at), by=by, text=words, automatic=True))
