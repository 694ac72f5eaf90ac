"""What a helpdesk knows of a ticket's customer, and how the ticket follows when it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.tickets.attributes import CustomerAttributes, Segment
from triage.tickets.events import CustomerChanged, Fact, PlanChanged, TicketMoved
from triage.tickets.ticket import Status, Ticket

HELPDESK = "helpdesk:"  # how the author of a fact begins that a helpdesk told; its connection's name follows


@dataclass(frozen=True, kw_only=True)
class Customer(CustomerAttributes):
    """Who a customer is; None is not known."""

    arr: float | None = None
    health: str | None = None


def with_customer(ticket: Ticket, known: Customer, *, at: datetime, connection: str) -> Ticket:
    """Return the ticket with the plan, brand, region, account, ARR and health that its helpdesk says.

    What is not known changes nothing, and what a person or the API has set here stays. The language stays too: the
    ticket was read in it. A closed ticket stays as it is.
    """
    if ticket.status is Status.CLOSED:
        return ticket
    at, by = max(at, ticket.events[-1].at), f"{HELPDESK}{connection}"
    taken = _taker(ticket, known, connection)
    ticket = ticket.change_plan(taken("plan", PlanChanged), at=at, by=by)
    ticket = ticket.move(Segment(**{name: taken(name, TicketMoved) for name in vars(Segment())}), at=at, by=by)
    account, arr, health = (taken(name, CustomerChanged) for name in ("account", "arr", "health"))
    if (account, arr, health) == (ticket.account, ticket.arr, ticket.health):
        return ticket
    return ticket.after(CustomerChanged(at=at, by=by, account=account, arr=arr, health=health))


def _taker(ticket: Ticket, known: Customer, connection: str) -> Callable[[str, type[Fact]], Any]:
    """Return what says which value counts: the helpdesk's or, if somebody here has set it, the ticket's."""
    is_theirs = (ticket.external_id or "").startswith(f"{connection}:")

    def taken(name: str, kind: type[Fact]) -> Any:  # noqa: ANN401 (an attribute)
        now, said = getattr(ticket, name), getattr(known, name)
        last = next((fact.by for fact in reversed(ticket.events) if isinstance(fact, kind)), None)
        follows = last == f"{HELPDESK}{connection}" if last else is_theirs or now is None
        return said if said is not None and follows else now

    return taken
