"""Events of a ticket: immutable, in the past tense.

A ticket is the fold of its events (`triage.tickets.ticket`), and so are its deadlines (`triage.sla.deadlines`).
`to_record` and `from_record` convert an event to and from its stored form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from triage.errors import UnreadableRecord
from triage.tickets.attributes import CustomerAttributes, Segment
from triage.tickets.fact_values import AGENT, Fact, FieldValue, Message, Tag, plain

__all__ = ["AGENT", "FACTS", "SELF", "Fact", "Message", "Tag", "from_record", "to_record"]

SELF = "firstline"
"""Who did what the service does by itself."""


@dataclass(frozen=True, kw_only=True)
class TicketOpened(CustomerAttributes, Fact):
    """The ticket was opened, with everything known at the start."""

    id: str
    subject: str
    description: str
    channel: str
    email: str | None = None
    arr: float | None = None
    deflection_id: str | None = None
    external_id: str | None = None
    transcript: tuple[Message, ...] = ()
    health: str | None = None
    attachments: tuple[str, ...] = ()
    automatic: bool = False
    fields: tuple[FieldValue, ...] = ()
    needs_nobody: str | None = None  # why, as `triage.text.nobody.reasons` names it


@dataclass(frozen=True, kw_only=True)
class TicketTakenUp(Fact):
    """Somebody said that the ticket needs somebody after all."""


@dataclass(frozen=True, kw_only=True)
class TicketTagged(Fact):
    """Labels were set, by a model or an agent."""

    tags: Mapping[str, Tag]


@dataclass(frozen=True, kw_only=True)
class FieldsSet(Fact):
    """A person set declared fields, or removed their values."""

    names: tuple[str, ...]
    fields: tuple[FieldValue, ...]  # the values that these names have from then on


@dataclass(frozen=True, kw_only=True)
class FieldsFound(FieldsSet):
    """A later message of the customer gave values of declared fields that had none."""

    message: int  # the number of the event of that message


@dataclass(frozen=True, kw_only=True)
class TicketRetriaged(TicketTagged):
    """A model changed labels after a later message of the customer; why is in the tags."""

    message: int  # the number of the event of that message
    before: Mapping[str, str | None]  # the labels until then


@dataclass(frozen=True, kw_only=True)
class PlanChanged(Fact):
    """The customer's plan changed, or became known."""

    plan: str | None


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(Fact):
    """The customer's account, what it pays a year or its health changed, or became known."""

    account: str | None
    arr: float | None
    health: str | None


@dataclass(frozen=True, kw_only=True)
class TicketMoved(Segment, Fact):
    """The ticket's brand or region changed, and so perhaps its calendars."""


@dataclass(frozen=True, kw_only=True)
class IncidentJoined(Fact):
    """The ticket was linked to an incident, whose ticket sets the deadline for all."""

    incident_id: str


@dataclass(frozen=True, kw_only=True)
class IncidentLeft(Fact):
    """The ticket was unlinked from the incident."""

    incident_id: str


@dataclass(frozen=True, kw_only=True)
class TicketRouted(Fact):
    """The ticket was routed to a team and tier, with the reason."""

    team: str
    tier: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Fact):
    """The assignee changed, or was removed."""

    assignee: str | None


@dataclass(frozen=True, kw_only=True)
class AgentReplied(Fact):
    """An agent replied; the first reply is the first response."""

    text: str


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(Fact):
    """The customer replied, or a machine of theirs did."""

    text: str
    automatic: bool = False
    needs_nobody: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoteAdded(Fact):
    """A note among agents: it answers nobody, and no customer sees it."""

    text: str


@dataclass(frozen=True, kw_only=True)
class TicketStarted(Fact):
    """Work began: the ticket is no longer new."""


@dataclass(frozen=True, kw_only=True)
class TicketPaused(Fact):
    """The ticket waits for the customer."""


@dataclass(frozen=True, kw_only=True)
class TicketResumed(Fact):
    """The ticket no longer waits for the customer."""


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Fact):
    """The ticket was resolved."""

    resolution_type: str | None = None
    root_cause: str | None = None
    kb_article_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Fact):
    """The ticket was reopened."""


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Fact):
    """The ticket was closed for good."""

    csat: int | None = None


@dataclass(frozen=True, kw_only=True)
class TicketRated(Fact):
    """The customer rated how the ticket was resolved, by the survey of that resolution."""

    resolution: int  # the number of the fact that resolved it
    rating: int
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketEscalated(Fact):
    """The ticket was escalated with its packet; at T3 with what engineering does with it."""

    tier_before: str
    tier: str
    queue: str
    handling: str | None
    packet: Mapping[str, object]
    marks: Mapping[str, str] = field(default_factory=dict)  # by field of the packet: given or extracted


@dataclass(frozen=True, kw_only=True)
class SlaBreached(Fact):
    """A deadline was missed; a contract deadline earns the customer a credit."""

    source: str
    kind: str
    due_by: datetime
    credit_percent: int = 0


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Fact):
    """A deadline is near: the warning set in its cell."""

    source: str
    kind: str
    due_by: datetime


@dataclass(frozen=True, kw_only=True)
class EscalationDue(Fact):
    """T1's time for troubleshooting, begun at `since`, is over."""

    since: datetime
    due_by: datetime


@dataclass(frozen=True, kw_only=True)
class HandlingChosen(Fact):
    """How engineering handles the ticket: incident response or the backlog."""

    handling: str


@dataclass(frozen=True, kw_only=True)
class CsmAlerted(Fact):
    """A high-value account had several urgent tickets since an instant: its CSM should know."""

    csm: str
    account: str
    since: datetime
    tickets: tuple[str, ...]


FACTS = {fact.type: fact for kind in (Fact, TicketTagged, FieldsSet) for fact in kind.__subclasses__()}


def to_record(fact: Fact) -> dict[str, Any]:
    """Write a fact as plain JSON values."""
    record = {"type": fact.type, **{each.name: plain(getattr(fact, each.name)) for each in fields(fact)}}
    for name in ("key_id", "needs_nobody"):
        if record.get(name, "") is None:
            del record[name]
    return record


def from_record(record: Mapping[str, Any]) -> Fact:
    """Read what `to_record` wrote, or refuse it."""
    kind = FACTS.get(str(record.get("type")))
    if kind is None:
        raise UnreadableRecord("fact", f"type {record.get('type')!r} is unknown; known are {', '.join(FACTS)}")
    return kind.read(record)
