"""Declared fields in what a customer writes later: they fill what is missing, and change nothing that is there."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from triage.fields.declaration import TicketFields
from triage.fields.finding import WrittenText, found
from triage.fields.ticket_values import settled
from triage.text.cleaning import own_words
from triage.tickets.events import SELF, CustomerReplied, FieldsFound
from triage.tickets.tag_rules import is_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.tickets.fact_values import FieldValue
    from triage.tickets.ticket import Ticket

REPLY: Final = "reply"
"""The source of a value that a later message gave; its event says which."""
MOST_REPLIES: Final = 50
"""Replies that are searched of those that come at once, as a helpdesk's thread may bring years of them."""


def with_later_values(ticket: Ticket, fields: TicketFields, *, since: int) -> Ticket:
    """Return the ticket with what the customer's replies after version `since` say of fields that have no value yet.

    A field that a person set or emptied stays as it is, and so does one that has a value, valid or not. Searched is
    what a reply itself says, without what it quotes, and nothing that redaction removes is found.
    """
    for number, reply in islice(_replies(ticket, since), MOST_REPLIES):
        taken = settled(ticket)
        lacking = TicketFields(tuple(rule for rule in fields.rules if rule.store and rule.name not in taken))
        if not lacking.rules:
            break
        values = _values(ticket, lacking, reply)
        if values:
            ticket = ticket.after(
                FieldsFound(
                    at=max(reply.at, ticket.events[-1].at),
                    by=SELF,
                    names=tuple(dict.fromkeys(each.name for each in values)),
                    fields=values,
                    message=number,
                )
            )
    return ticket


def _replies(ticket: Ticket, since: int) -> Iterator[tuple[int, CustomerReplied]]:
    for number, fact in enumerate(ticket.events[since:], start=since + 1):
        if isinstance(fact, CustomerReplied) and is_message(fact):
            yield number, fact


def _values(ticket: Ticket, fields: TicketFields, reply: CustomerReplied) -> tuple[FieldValue, ...]:
    written = WrittenText("", own_words(reply.text), (ticket.email, ticket.account))
    read = found(fields, written, reply.at.date(), stored=True)
    return tuple(replace(each, source=REPLY, start=None, end=None) for each in read)
