"""The declared fields of a ticket, as its page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from triage.fields.declaration import TicketFields
from triage.fields.ticket_values import fields_of
from triage.tickets.fact_values import FieldValue
from triage.tickets.ticket import Ticket

PROBLEMS: Final[Mapping[str, str]] = {
    "format": "not in its usual form",
    "checksum": "check digits are wrong",
    "range": "out of range",
    "future": "in the future",
}


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field that a ticket may have, and its values."""

    name: str
    label: str
    values: Sequence[FieldValue]


def shown_fields(fields: TicketFields, ticket: Ticket) -> list[ShownField]:
    """Return the fields that tickets keep, each with this ticket's values, and those that are declared no longer."""
    values = fields_of(ticket)
    declared = {rule.name: rule.label() for rule in fields.rules if rule.store}
    older = {each.name: each.name.replace("_", " ").capitalize() for each in values if each.name not in declared}
    return [
        ShownField(name, label, [each for each in values if each.name == name])
        for name, label in (declared | older).items()
    ]
