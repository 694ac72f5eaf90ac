"""Replies that need nobody: kept without reopening anything, unless they answer what an agent asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from triage.errors import TicketIsClosed
from triage.instants import utc
from triage.text.nobody.reasons import NobodyReason
from triage.text.nobody.thanks import answers, says_solved
from triage.tickets.events import AgentReplied, CustomerReplied
from triage.tickets.messages.loops import is_a_loop
from triage.tickets.ticket import Status

if TYPE_CHECKING:
    from datetime import datetime

    from triage.tickets.ticket import Ticket

_SENTENCE: Final = re.compile(r"[.!\n]")
#: Questions with which agents take their leave.
_COURTESY: Final = re.compile(
    r"anything else|something else|any(?: other| further|more) question|sonst noch|noch etwas|weitere fragen"
    r"|autre chose|d.autres questions|algo m[aá]s|otra pregunta|altro\b|altre domande|nog iets|andere vragen"
    r"|mais alguma|algo mais",
    re.IGNORECASE,
)


def reason_on(ticket: Ticket, reason: NobodyReason | None, text: str) -> NobodyReason | None:
    """Return why a reply to this ticket needs nobody.

    Thanks may be an answer: somebody has to see them when an agent asked something, and "yes, thanks" while the ticket
    waits for the customer. That it works now is no answer.
    """
    if reason is not NobodyReason.THANKS or says_solved(text):
        return reason
    said = [fact for fact in ticket.events if isinstance(fact, AgentReplied | CustomerReplied)]
    asked = bool(said) and isinstance(said[-1], AgentReplied) and _asks(said[-1].text)
    return None if asked or (ticket.status is Status.PENDING and answers(text)) else reason


def with_reply_for_nobody(ticket: Ticket, text: str, reason: NobodyReason, *, at: datetime, by: str) -> Ticket:
    """Add a reply that needs nobody, without reopening anything or ending the wait for the customer.

    After three of a machine in a row, with no word of the customer between them, nothing is added: two machines answer
    each other.
    """
    if ticket.status is Status.CLOSED:
        raise TicketIsClosed(ticket.id)
    machine = reason is not NobodyReason.THANKS
    if machine and is_a_loop(ticket):
        return ticket
    moment = max(utc(at, "at"), ticket.events[-1].at)
    return ticket.after(CustomerReplied(at=moment, by=by, text=text, automatic=machine, needs_nobody=reason))


def _asks(text: str) -> bool:
    questions = (_SENTENCE.split(part)[-1] for part in text.split("?")[:-1])
    return any(not _COURTESY.search(each) for each in questions)
