"""Values of declared fields that people changed in a helpdesk's custom fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from serving.helpdesks.following.stale_links import Followed
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Values
from triage.fields.declaration import TicketFields
from triage.fields.finding import given
from triage.fields.ticket_values import PERSON
from triage.tickets.fact_values import FieldValue
from triage.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """How a ticket's custom fields stand there, beside what was known of them before."""

    declared: TicketFields
    connection: Connection
    link: Followed
    now: Values

    def values(self, ticket: Ticket, today: date) -> dict[str, FieldValue | None]:
        """Return what people wrote there by field, None for what they emptied.

        What redaction removes stays theirs, and so does what is no value of the field's kind: it may be ours in the
        helpdesk's spelling.
        """
        found: dict[str, FieldValue | None] = {}
        for name, text in self._changed():
            value = self._value(ticket, name, text, today)
            if value is not None or not text:
                found[name] = value
        return found

    def _changed(self) -> Iterator[tuple[str, str]]:
        """List the fields that hold neither what we wrote nor what the last reading showed, or whose value is gone.

        A field that was never read and never written is the helpdesk's own affair.
        """
        for name in self.connection.declared:
            now, written, before = self.now.get(name), self.link.written.get(name), self.link.shown.get(name)
            is_known = self.link.read_at is not None or written is not None
            if isinstance(now, str) and is_known and now not in {written, before} and (now.strip() or before):
                yield name, now.strip()

    def _value(self, ticket: Ticket, name: str, text: str, today: date) -> FieldValue | None:
        rule = self.declared.named(name)
        if rule is None:
            return None
        value = given(rule, text, today, known=(ticket.email, ticket.account), source=PERSON)
        return None if value is None or value.problem == "format" else value
