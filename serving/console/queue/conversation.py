"""A ticket's conversation: what was said before it and in it, notes, and what was done, in order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.console.queue.phrases import REASONS, RESOLUTIONS, actor_name, head_name
from serving.ticket_desk import number_of
from triage.tickets import events
from triage.tickets.events import Fact
from triage.tickets.ticket import CUSTOMER, Ticket

NOTE, DONE, BEFORE = "note", "done", "before"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, note or change; `kind` is `customer`, `agent`, `firstline`, `note`, `done` or `before`."""

    kind: str
    who: str
    at: datetime
    text: str


def conversation(ticket: Ticket) -> list[Entry]:
    """Return everything that a reader of the ticket should see, oldest first."""
    return [entry for fact in ticket.events for entry in _entries(fact)]


def _entries(fact: Fact) -> Iterator[Entry]:
    who = actor_name(fact.by)
    if isinstance(fact, events.TicketOpened):
        yield from _opening(fact)
    elif isinstance(fact, events.CustomerReplied):
        yield Entry(CUSTOMER, _customer(fact), fact.at, fact.text)
    elif isinstance(fact, events.AgentReplied):
        yield Entry(events.AGENT, who, fact.at, fact.text)
    elif isinstance(fact, events.NoteAdded):
        yield Entry(NOTE, who, fact.at, fact.text)
    elif type(fact) in _DONE:
        yield Entry(DONE, who, fact.at, _DONE[type(fact)](fact))


def _customer(fact: events.CustomerReplied) -> str:
    if fact.automatic:
        return "Customer (automatic reply)"
    return "Customer (needs no answer)" if fact.needs_nobody else "Customer"


def _opening(fact: events.TicketOpened) -> Iterator[Entry]:
    """Show the turns of a deflection before the ticket that it became; what was said there is not said twice."""
    turns = [Entry(turn.by, actor_name(turn.by), turn.at, turn.text) for turn in fact.transcript]
    filed = Entry(CUSTOMER, "Customer", fact.at, fact.description)
    opened = Entry(DONE, actor_name(fact.by), fact.at, f"opened this ticket by {fact.channel}")
    if fact.deflection_id is None:
        yield from [opened, *([filed] if fact.description.strip() else []), *turns]
        return
    said = {turn.text.strip() for turn in turns if turn.kind == CUSTOMER}
    if turns:
        yield Entry(BEFORE, "Firstline", turns[0].at, "Before the ticket, with Firstline")
    yield from [*turns, opened]
    if fact.description.strip() and fact.description.strip() not in said:
        yield filed


def _resolved(fact: events.TicketResolved) -> str:
    how = RESOLUTIONS.get(fact.resolution_type or "", "")
    parts = [how.lower(), f"article {fact.kb_article_id}" if fact.kb_article_id else "", fact.root_cause or ""]
    told = ", ".join(each for each in parts if each)
    return f"resolved it: {told}" if told else "resolved it"


def _retriaged(fact: events.TicketRetriaged) -> str:
    changes = [
        f"{head_name(head)} from {fact.before.get(head) or 'none'} to {tag.label}"
        f" ({REASONS.get(tag.reason_code, '').rstrip('.') if tag.reason_code else tag.reason})"
        for head, tag in fact.tags.items()
    ]
    return f"changed after a later message: {', '.join(changes)}"


def _values(fact: events.FieldsSet) -> str:
    """List a fact's fields with their values."""
    said = {name: " ".join(each.value for each in fact.fields if each.name == name) for name in fact.names}
    return ", ".join(f"{head_name(name)} {value or 'none'}" for name, value in said.items())


_DONE: Mapping[type[Fact], Callable[[Any], str]] = {
    events.TicketRetriaged: _retriaged,
    events.FieldsFound: lambda fact: f"found in a later message: {_values(fact)}",
    events.FieldsSet: lambda fact: f"set fields: {_values(fact)}",
    events.TicketTakenUp: lambda _: "said that it needs somebody",
    events.TicketAssigned: lambda fact: f"assigned it to {fact.assignee}" if fact.assignee else "took the assignee off",
    events.TicketPaused: lambda _: "set it to pending: it waits for the customer",
    events.TicketResumed: lambda _: "set it to open again",
    events.TicketResolved: _resolved,
    events.TicketReopened: lambda _: "reopened it",
    events.TicketClosed: lambda _: "closed it",
    events.TicketRated: lambda fact: f"rated it {fact.rating} of 5",
    events.TicketEscalated: lambda fact: f"escalated it from {fact.tier_before} to {fact.tier}",
    events.IncidentJoined: lambda fact: f"linked it to incident {number_of(fact.incident_id)}",
    events.IncidentLeft: lambda fact: f"unlinked it from incident {number_of(fact.incident_id)}",
    events.PlanChanged: lambda fact: f"put it on plan {fact.plan}" if fact.plan else "took the plan off",
}
