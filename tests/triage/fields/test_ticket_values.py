"""The fields of a ticket: read at its opening, set by people since, gone after an erasure."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import MONDAY, a_ticket
from triage.fields.ticket_values import fields_of, with_fields
from triage.tickets.events import from_record, to_record
from triage.tickets.fact_values import FieldValue
from triage.tickets.ticket import Ticket


def a_value(name: str, value: str, source: str = "description") -> FieldValue:
    return FieldValue(name=name, value=value, source=source, as_written=value, start=0, end=len(value))


READ = (a_value("order", "1111"), a_value("order", "2222"), a_value("version", "2.3"))


def test_what_a_person_sets_stands_in_place_of_all_that_was_read() -> None:
    ticket = a_ticket(fields=READ)
    assert fields_of(ticket) == READ
    changes = {"order": a_value("order", "3333", "person"), "version": None, "date": None}
    changed = with_fields(ticket, changes, at=MONDAY - timedelta(days=1), by="agent:kim")
    assert [each.value for each in fields_of(changed)] == ["3333"]
    assert changed.events[-1].at == MONDAY  # a log does not run backwards
    assert changed.version == ticket.version + 1
    again = with_fields(changed, {"order": a_value("order", "3333", "person")}, at=MONDAY, by="agent:ana")
    assert again is changed


def test_an_erased_record_has_no_fields_and_can_be_read() -> None:
    ticket = with_fields(a_ticket(fields=READ), {"order": a_value("order", "3")}, at=MONDAY, by="agent:kim")
    records = [to_record(fact) for fact in ticket.events]
    kept = Ticket.from_events(map(from_record, records))
    assert fields_of(kept) == fields_of(ticket)
    erased = [from_record({**record, "fields": None}) for record in records]
    assert fields_of(Ticket.from_events(erased)) == ()
    del records[0]["fields"]  # opened before there were fields
    assert fields_of(Ticket.from_events(map(from_record, records[:1]))) == ()
