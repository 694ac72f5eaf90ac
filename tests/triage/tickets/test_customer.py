"""A ticket follows what its helpdesk says of the customer, and a person's word here stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import MONDAY, a_ticket
from triage.sla.history import told
from triage.tickets.attributes import Segment
from triage.tickets.customer import Customer, with_customer
from triage.tickets.events import from_record, to_record
from triage.tickets.ticket import Ticket

HOUR = timedelta(hours=1)
KNOWN = Customer(plan="enterprise", account="acme", arr=12_000.0, health="red", region="apac", brand="atlas")
NAMES = ("plan", "account", "arr", "health", "region", "brand")


def of(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in NAMES}


def theirs(**more: Any) -> Ticket:
    given: dict[str, Any] = {"plan": "standard", "external_id": "desk:7"}
    return a_ticket(**given | more)


def follow(ticket: Ticket, known: Customer, after: timedelta = HOUR) -> Ticket:
    return with_customer(ticket, known, at=MONDAY + after, connection="desk")


def test_all_that_is_known_is_taken_over_once() -> None:
    ticket = follow(theirs(), KNOWN)
    assert of(ticket) == {name: getattr(KNOWN, name) for name in NAMES}
    assert follow(ticket, KNOWN, 2 * HOUR) is ticket
    assert {fact.by for fact in ticket.events[1:]} == {"helpdesk:desk"}
    assert told(ticket.events).states[-1].attributes.account == "acme"


def test_a_log_with_it_is_read_as_it_was_written() -> None:
    ticket = follow(theirs(), KNOWN)
    assert Ticket.from_events(from_record(to_record(fact)) for fact in ticket.events) == ticket


def test_what_is_not_known_changes_nothing() -> None:
    ticket = follow(theirs(), KNOWN)
    assert follow(ticket, Customer(), 2 * HOUR) is ticket
    assert of(follow(ticket, Customer(health="green"), 2 * HOUR)) == of(ticket) | {"health": "green"}


def test_what_a_person_set_here_stands() -> None:
    agent: dict[str, Any] = {"at": MONDAY + HOUR, "by": "agent:kim"}
    ticket = theirs().change_plan("premium", **agent).move(Segment(brand="b", region=None), **agent)
    ticket = follow(ticket, KNOWN, 2 * HOUR)
    assert (ticket.plan, ticket.brand, ticket.region, ticket.account) == ("premium", "b", None, "acme")


@pytest.mark.parametrize("external_id", [None, "other:7", "desk", "desk2:7"])
def test_a_ticket_that_did_not_come_from_there_keeps_what_it_was_opened_with(external_id: str | None) -> None:
    ticket = follow(theirs(external_id=external_id), KNOWN)
    assert (ticket.plan, ticket.account) == ("standard", "acme")


def test_a_closed_ticket_stays_as_it_is() -> None:
    ticket = theirs().transition("closed", at=MONDAY, by="agent:kim")
    assert follow(ticket, KNOWN) is ticket
