"""The declared fields of a ticket: those that were read in what the customer wrote, and those that a person set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.instants import utc
from triage.tickets.events import FieldsFound, FieldsSet, TicketOpened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from triage.tickets.fact_values import FieldValue
    from triage.tickets.ticket import Ticket

PERSON = "person"
"""The source of a value that a person set."""


def fields_of(ticket: Ticket) -> tuple[FieldValue, ...]:
    """Return the values of a ticket's fields; what a person set stands in place of what was read."""
    found: tuple[FieldValue, ...] = ()
    for fact in ticket.events:
        if isinstance(fact, TicketOpened):
            found = fact.fields
        elif isinstance(fact, FieldsSet):
            found = (*(each for each in found if each.name not in fact.names), *fact.fields)
    return found


def settled(ticket: Ticket) -> set[str]:
    """Return the names of fields that no later message fills: those with a value, and those that a person emptied."""
    by_people = (fact for fact in ticket.events if isinstance(fact, FieldsSet) and not isinstance(fact, FieldsFound))
    return {each.name for each in fields_of(ticket)}.union(*(fact.names for fact in by_people))


def with_fields(ticket: Ticket, values: Mapping[str, FieldValue | None], *, at: datetime, by: str) -> Ticket:
    """Return the ticket with fields that a person set; None removes a field's values. What is so already is no change.

    A closed ticket takes corrections, too, as it does of labels.
    """
    now = fields_of(ticket)
    changed = {
        name: value
        for name, value in values.items()
        if [each.value for each in now if each.name == name] != ([] if value is None else [value.value])
    }
    if not changed:
        return ticket
    return ticket.after(
        FieldsSet(
            at=max(utc(at, "at"), ticket.events[-1].at),
            by=by,
            names=tuple(changed),
            fields=tuple(value for value in changed.values() if value is not None),
        )
    )
