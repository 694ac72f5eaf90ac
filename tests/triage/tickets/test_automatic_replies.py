"""An automatic reply is kept; it reopens nothing, ends no wait, and two machines stop after three."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, a_ticket
from triage.errors import TicketIsClosed
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import CustomerReplied, from_record, to_record
from triage.tickets.messages.loops import LOOP_ENDS_AFTER
from triage.tickets.messages.replies import with_reply_for_nobody
from triage.tickets.ticket import Status, Ticket

HOUR = timedelta(hours=1)
AWAY, OUT = "I am out of the office.", NobodyReason.OUT_OF_OFFICE


def in_status(*path: Status) -> Ticket:
    ticket = a_ticket()
    for status in path:
        ticket = ticket.transition(status, at=MONDAY, by="agent:ana")
    return ticket


@pytest.mark.parametrize(
    "path", [(), (Status.OPEN,), (Status.OPEN, Status.PENDING), (Status.OPEN, Status.RESOLVED)], ids=str
)
def test_an_automatic_reply_is_kept_and_changes_no_status(path: tuple[Status, ...]) -> None:
    before = in_status(*path)
    after = with_reply_for_nobody(before, AWAY, OUT, at=MONDAY + HOUR, by="customer")
    assert after.status is before.status
    last = after.events[-1]
    assert isinstance(last, CustomerReplied)
    assert (last.text, last.automatic) == (AWAY, True)
    assert from_record(to_record(last)) == last


def test_a_reply_of_earlier_versions_was_written_by_a_person() -> None:
    record = to_record(CustomerReplied(at=MONDAY, by="customer", text="Hello"))
    del record["automatic"]
    assert from_record(record) == CustomerReplied(at=MONDAY, by="customer", text="Hello")


def test_a_loop_of_two_machines_ends_after_three_and_a_person_begins_anew() -> None:
    ticket = in_status(Status.OPEN)
    for _ in range(10):
        ticket = with_reply_for_nobody(ticket, AWAY, OUT, at=MONDAY, by="customer")
        ticket = ticket.reply("We have received your mail.", at=MONDAY, by="agent:bot")
    assert sum(isinstance(fact, CustomerReplied) for fact in ticket.events) == LOOP_ENDS_AFTER == 3
    ticket = ticket.reply("Here I am.", at=MONDAY, by="customer", author="customer")
    after = with_reply_for_nobody(ticket, AWAY, OUT, at=MONDAY, by="customer")
    assert after.version == ticket.version + 1


def test_a_closed_ticket_takes_no_automatic_reply_either() -> None:
    with pytest.raises(TicketIsClosed):
        with_reply_for_nobody(
            in_status(Status.OPEN, Status.RESOLVED, Status.CLOSED), AWAY, OUT, at=MONDAY, by="customer"
        )
