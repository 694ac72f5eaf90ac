"""Fields in later messages: they fill what is missing, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import MONDAY, a_ticket
from tests.triage.fields.test_ticket_values import a_value
from triage.fields.declaration import TicketFields, parse
from triage.fields.later_replies import MOST_REPLIES, with_later_values
from triage.fields.ticket_values import fields_of, with_fields
from triage.tickets.events import CustomerReplied, FieldsFound, from_record, to_record
from triage.tickets.ticket import CUSTOMER, Ticket

FIELDS = parse(
    '[order_number]\nkind = "order_number"\n[version]\nkind = "version"\n[amount]\nkind = "amount"\nstore = false\n'
)
LATER = MONDAY + timedelta(hours=1)


def replied(ticket: Ticket, text: str, fields: TicketFields = FIELDS) -> Ticket:
    """Return the ticket after a reply of the customer, searched."""
    after = ticket.reply(text, at=LATER, by=CUSTOMER, author=CUSTOMER)
    return with_later_values(after, fields, since=ticket.version)


def said(ticket: Ticket) -> dict[str, str]:
    return {each.name: each.value for each in fields_of(ticket)}


def test_a_later_reply_fills_what_is_missing_and_the_event_names_the_message() -> None:
    ticket = replied(a_ticket(fields=(a_value("version", "2.3"),)), "It is order 10234, since 2.4.1 it costs 49,90 €.")
    assert said(ticket) == {"version": "2.3", "order_number": "10234"}  # what stood before stays; no amount is kept
    found = ticket.events[-1]
    assert isinstance(found, FieldsFound)
    assert (found.by, found.names, ticket.events[found.message - 1].type) == (
        "firstline",
        ("order_number",),
        "customer_replied",
    )
    (value,) = found.fields
    assert (value.source, value.start, value.end, value.as_written) == ("reply", None, None, "10234")
    kept = Ticket.from_events(from_record(to_record(fact)) for fact in ticket.events)
    assert kept.events == ticket.events


def test_what_a_person_set_or_emptied_stays_and_a_later_value_overwrites_no_earlier_one() -> None:
    opened = a_ticket(fields=(a_value("version", "2.3"),))
    set_by_kim = {"order_number": a_value("order_number", "7777", "person"), "version": None}
    ticket = replied(with_fields(opened, set_by_kim, at=MONDAY, by="agent:kim"), "Order 10234, version 2.4.1")
    assert said(ticket) == {"order_number": "7777"}
    ticket = replied(replied(a_ticket(), "Order 10234"), "No, order 99887, and it is version 2.4.1")
    assert said(ticket) == {"order_number": "10234", "version": "2.4.1"}
    corrected = with_fields(ticket, {"order_number": a_value("order_number", "99887")}, at=LATER, by="agent:kim")
    assert said(corrected)["order_number"] == "99887"  # a person may correct what was found


def test_what_redaction_removes_what_is_quoted_and_what_needs_nobody_is_not_found() -> None:
    digits = parse("[digits]\nkind = 'pattern'\npattern = '\\d{4,20}'\n")
    assert said(replied(a_ticket(), "My card is 4111 1111 1111 1111 or 4111111111111111", digits)) == {}
    quoted = "It still fails.\n\nOn Mon, 2 Mar 2026 at 10:00, Kim wrote:\nIs it order 55555?"
    assert said(replied(a_ticket(), quoted)) == {}
    automatic = a_ticket().after(CustomerReplied(at=LATER, by=CUSTOMER, text="Order 10234", automatic=True))
    assert with_later_values(automatic, FIELDS, since=1) is automatic


def test_of_years_of_replies_that_come_at_once_only_the_first_are_searched() -> None:
    ticket = a_ticket()
    for _ in range(MOST_REPLIES):
        ticket = ticket.after(CustomerReplied(at=LATER, by=CUSTOMER, text="Still the same."))
    ticket = ticket.after(CustomerReplied(at=LATER, by=CUSTOMER, text="Order 10234"))
    assert said(with_later_values(ticket, FIELDS, since=1)) == {}
    assert said(with_later_values(ticket, FIELDS, since=2)) == {"order_number": "10234"}
