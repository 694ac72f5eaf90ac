"""Tag a ticket anew by its whole conversation; what may change of it, `triage.tickets.tag_rules` says."""

from collections.abc import Callable
from datetime import datetime

from serving.clock import Clock
from serving.erasure import MARK
from serving.errors import NotFound
from serving.inference.tagger import TicketText
from serving.jobs.queue import Job
from serving.ticket_desk import TicketOut
from triage.text.cleaning import own_words
from triage.tickets.events import CustomerReplied, TicketOpened
from triage.tickets.messages.nobody import reason_of
from triage.tickets.tag_rules import is_message
from triage.tickets.ticket import Ticket


def conversation_text(ticket: Ticket) -> TicketText | None:
    """Return what the customer has said so far, without what needed nobody, as a model reads it.

    None where the customer's texts were erased.
    """
    if ticket.description == MARK:
        return None
    opening = ticket.events[0]
    opened = isinstance(opening, TicketOpened) and reason_of(opening) is None
    said = [own_words(ticket.description, ticket.subject)] if opened else []
    said += [own_words(fact.text) for fact in ticket.events if isinstance(fact, CustomerReplied) and is_message(fact)]
    return TicketText(
        ticket.subject if opened else "",
        "\n\n".join(part for part in said if part),
        ticket.language,
        ticket.plan,
        ticket.channel,
        (ticket.email, ticket.account),
        {},
        ticket.external_id,
    )


class Retriage:
    """The job."""

    def __init__(self, retriage: Callable[[str, datetime], TicketOut | None], clock: Clock) -> None:
        self._retriage, self._clock = retriage, clock

    def __call__(self, job: Job) -> None:
        """Tag the ticket of a job anew; one that was erased or is gone is left alone."""
        try:
            self._retriage(str(job.record["ticket_id"]), self._clock.now())
        except NotFound:
            return
