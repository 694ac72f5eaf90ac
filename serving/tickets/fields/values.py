"""Declared fields of tickets: read when one is opened, and set by people."""

from collections.abc import Mapping
from datetime import date

from serving.errors import FieldError, InvalidRequest
from serving.ticket_desk import NewTicket
from triage.fields.declaration import TicketFields
from triage.fields.finding import WrittenText, found, given, together
from triage.fields.ticket_values import PERSON
from triage.tickets.fact_values import FieldValue
from triage.tickets.ticket import Ticket


def of_new(fields: TicketFields, new: NewTicket, redacted: str | None, today: date) -> tuple[FieldValue, ...]:
    """Return the values that a new ticket keeps: those of its text, and those that a form asked for.

    `redacted` is the ticket's text without personal data, where a model has read it.
    """
    known = (new.email, new.account)
    read = found(fields, WrittenText(new.subject, new.description, known, redacted), today, stored=True)
    rules = [(fields.named(name), text) for name, text in new.fields.items()]
    typed = [given(rule, text, today, known=known) for rule, text in rules if rule is not None and rule.store]
    return together(read, [each for each in typed if each is not None])


def refuse_unknown(fields: TicketFields, names: Mapping[str, str | None]) -> None:
    """Refuse fields that the desk has not declared, or that are never stored.

    Raises `InvalidRequest`.
    """
    stored = [rule.name for rule in fields.rules if rule.store]
    said = f"There is no such field: those that a ticket keeps are {', '.join(stored) or 'none'}."
    wrong = [FieldError(f"fields.{name}", said) for name in names if name not in stored]
    if wrong:
        raise InvalidRequest(wrong)


def set_by_person(
    fields: TicketFields, ticket: Ticket, texts: Mapping[str, str | None], today: date
) -> dict[str, FieldValue | None]:
    """Return the values that a person typed; an empty one removes.

    Raises `InvalidRequest`: a value is personal data, which no field keeps.
    """
    values: dict[str, FieldValue | None] = {}
    for name, text in texts.items():
        rule = fields.named(name)
        if rule is None or not (text or "").strip():
            values[name] = None
            continue
        value = given(rule, text or "", today, known=(ticket.email, ticket.account), source=PERSON)
        if value is None:
            said = "This reads like personal data or a credential, which no field keeps."
            raise InvalidRequest([FieldError(f"fields.{name}", said)])
        values[name] = value
    return values
