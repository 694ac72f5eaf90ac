"""The ticket: its state and the changes that are allowed.

A ticket is the fold of its events. Every change checks its rule, adds events and returns a new ticket. `version` is the
number of events, so a store writes only `ticket.events[stored.version:]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from triage.errors import TicketIsClosed, TransitionRefused, UnreadableRecord
from triage.instants import utc
from triage.taxonomy.labels import known_priority
from triage.tickets.attributes import Attributes, CustomerAttributes, Segment
from triage.tickets.escalation import GIVEN, TIERS, Escalation, EscalationState
from triage.tickets.events import (
    AGENT,
    AgentReplied,
    CustomerChanged,
    CustomerReplied,
    Fact,
    IncidentJoined,
    IncidentLeft,
    Message,
    PlanChanged,
    Tag,
    TicketAssigned,
    TicketClosed,
    TicketEscalated,
    TicketMoved,
    TicketOpened,
    TicketPaused,
    TicketRated,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRetriaged,
    TicketRouted,
    TicketStarted,
    TicketTagged,
    TicketTakenUp,
)
from triage.tickets.fact_values import Said
from triage.tickets.messages.nobody import calls_somebody, reason_of
from triage.tickets.outcome import NOTHING_SAID, RESOLUTION_FIELDS, Outcome
from triage.tickets.tag_rules import by_person, may_tag, retriaged

CUSTOMER = "customer"


class Status(StrEnum):
    """The status of a ticket."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


LEADS_TO: Mapping[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.OPEN, Status.PENDING, Status.RESOLVED, Status.CLOSED}),
    Status.OPEN: frozenset({Status.PENDING, Status.RESOLVED, Status.CLOSED}),
    Status.PENDING: frozenset({Status.OPEN, Status.RESOLVED, Status.CLOSED}),
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Ticket(CustomerAttributes):
    """A ticket, from opening to closing."""

    id: str
    subject: str
    description: str
    channel: str
    created_at: datetime
    email: str | None
    arr: float | None
    deflection_id: str | None
    external_id: str | None
    transcript: tuple[Message, ...]
    events: tuple[Fact, ...] = field(repr=False)
    health: str | None = None
    """How the customer's account is, as its CSM says: `red`, or a score."""
    attachments: tuple[str, ...] = ()
    """The names of the files that came with it; the files stay where they are."""
    automatic: bool = False  # whether a machine wrote the mail that it came with
    needs_nobody: str | None = None  # why, until somebody is needed after all
    status: Status = Status.NEW
    tags: Mapping[str, Tag] = field(default_factory=dict)
    team: str | None = None
    tier: str = TIERS[0]
    routing_reason: str = ""
    assignee: str | None = None
    outcome: Outcome = NOTHING_SAID
    incident_id: str | None = None

    @classmethod
    def open(cls, fact: TicketOpened) -> Ticket:
        """Begin a ticket."""
        content = {name: value for name, value in vars(fact).items() if name in cls.__dataclass_fields__}
        return cls(**content | {"needs_nobody": reason_of(fact)}, created_at=fact.at, events=(fact,))

    @classmethod
    def from_events(cls, events: Iterable[Fact]) -> Ticket:
        """Fold a log, the opening first."""
        first, *rest = events
        if not isinstance(first, TicketOpened):
            raise UnreadableRecord("ticket", f"its first fact is {first.type}; a log begins with ticket_opened")
        ticket = cls.open(first)
        for fact in rest:
            ticket = ticket.after(fact)
        return ticket

    def after(self, fact: Fact) -> Ticket:
        """Give the ticket as it is once this has happened."""
        change = _CHANGES.get(type(fact))
        changed = replace(self, **(change(self, fact) if change else {}), events=(*self.events, fact))
        return replace(changed, needs_nobody=None) if self.needs_nobody and calls_somebody(fact) else changed

    @property
    def version(self) -> int:
        """The number of facts: two that change the same version at once are in each other's way."""
        return len(self.events)

    def label(self, head: str) -> str | None:
        """Give the label of a head, if it has one."""
        tag = self.tags.get(head)
        return tag.label if tag else None

    @property
    def priority(self) -> str | None:
        """The priority on which deadlines hang."""
        return self.label("priority")

    @property
    def attributes(self) -> Attributes:
        """What routing depends on; a ticket that was never escalated has no tier of its own."""
        escalated = any(isinstance(fact, TicketEscalated) for fact in self.events)
        customer = vars(CustomerAttributes.of(self))
        known = Attributes(**customer, channel=self.channel, tier=self.tier if escalated else None)
        return known.labelled({head: tag.said for head, tag in self.tags.items()})

    def tag(self, tags: Mapping[str, Tag], *, at: datetime, by: str) -> Ticket:
        """Take a model's tags, except where an agent has spoken."""
        fresh = {head: replace(tag, at=at, by=by) for head, tag in tags.items() if may_tag(self.tags.get(head), tag)}
        return self._tagged(fresh, at, by) if fresh else self

    def retag(self, labels: Mapping[str, Said], *, at: datetime, by: str) -> Ticket:
        """Take an agent's labels: they are certain, and they stay."""
        tags = by_person(labels, self.tags, at, by)
        return self._tagged(tags, at, by) if tags else self

    def retriage(self, tags: Mapping[str, Tag], *, at: datetime, by: str) -> Ticket:
        """Take those of a model's tags of the whole conversation that may change a label; see `tag_rules`."""
        fact = None if self.status is Status.CLOSED else retriaged(self.events, tags, at=self._moment(at), by=by)
        return self if fact is None else self.after(fact)

    def _tagged(self, tags: Mapping[str, Tag], at: datetime, by: str) -> Ticket:
        priority = tags.get("priority")
        if priority and priority.label is not None:
            known_priority(priority.label)
        return self.after(TicketTagged(at=self._moment(at), by=by, tags=tags))

    def change_plan(self, plan: str | None, *, at: datetime, by: str) -> Ticket:
        """Put the case on another plan; its deadlines follow."""
        return self if plan == self.plan else self.after(PlanChanged(at=self._moment(at), by=by, plan=plan))

    def move(self, to: Segment, *, at: datetime, by: str) -> Ticket:
        """Put the ticket into another segment; its deadlines follow."""
        if to == Segment.of(self):
            return self
        return self.after(TicketMoved(at=self._moment(at), by=by, **vars(to)))

    def follow(self, incident_id: str | None, *, at: datetime, by: str) -> Ticket:
        """Make the case one of an incident's, or of none."""
        self._refuse_if_closed()
        ticket, now = self, self._moment(at)
        if self.incident_id not in {None, incident_id}:
            ticket = self.after(IncidentLeft(at=now, by=by, incident_id=str(self.incident_id)))
        if incident_id is None or ticket.incident_id == incident_id:
            return ticket
        return ticket.after(IncidentJoined(at=now, by=by, incident_id=incident_id))

    def route(self, team: str, tier: str, *, reason: str, at: datetime, by: str) -> Ticket:
        """Send the case to a team and tier."""
        if (team, tier) == (self.team, self.tier):
            return self
        return self.after(TicketRouted(at=self._moment(at), by=by, team=team, tier=tier, reason=reason))

    def take_up(self, *, at: datetime, by: str) -> Ticket:
        """Say that the ticket needs somebody after all: its deadlines run from when it was opened."""
        return self.after(TicketTakenUp(at=self._moment(at), by=by)) if self.needs_nobody else self

    def assign(self, assignee: str | None, *, at: datetime, by: str) -> Ticket:
        """Give the case to somebody, or to nobody."""
        same = assignee == self.assignee
        return self if same else self.after(TicketAssigned(at=self._moment(at), by=by, assignee=assignee))

    def reply(self, text: str, *, at: datetime, by: str, author: str = AGENT) -> Ticket:
        """Add what an agent or the customer wrote.

        An agent's begins the work; a customer's ends the wait for one, and reopens what was resolved.
        """
        self._refuse_if_closed()
        if author == CUSTOMER:
            ticket = self.after(CustomerReplied(at=self._moment(at), by=by, text=text))
            waits = self.status in {Status.PENDING, Status.RESOLVED}
        else:
            ticket = self.after(AgentReplied(at=self._moment(at), by=by, text=text))
            waits = self.status is Status.NEW
        return ticket.transition(Status.OPEN, at=at, by=by) if waits else ticket

    def transition(self, to: Status | str, *, at: datetime, by: str, outcome: Outcome = NOTHING_SAID) -> Ticket:
        """Go to another status, if this one leads there."""
        if to not in LEADS_TO[self.status]:
            raise TransitionRefused(self.id, self.status, to, LEADS_TO[self.status])
        if to == Status.RESOLVED:
            said = {name: value for name, value in vars(outcome).items() if name != "csat"}
            return self.after(TicketResolved(at=self._moment(at), by=by, **said))
        if to == Status.CLOSED:
            return self.after(TicketClosed(at=self._moment(at), by=by, csat=outcome.csat))
        if to == Status.PENDING:
            return self.after(TicketPaused(at=self._moment(at), by=by))
        return self.after(_OPENED_FROM[self.status](at=self._moment(at), by=by))

    def escalate(
        self,
        packet: Mapping[str, object],
        *,
        to: str,
        rules: Escalation,
        at: datetime,
        by: str,
        marks: Mapping[str, str] | None = None,
    ) -> Ticket:
        """Go up a tier with all that must travel, or be refused with the list of what is missing."""
        self._refuse_if_closed()
        rules.check(EscalationState(self.tier, self.plan, self.priority), to, packet)
        escalated = TicketEscalated(
            at=self._moment(at),
            by=by,
            tier_before=self.tier,
            tier=to,
            queue=rules.queue(self.plan),
            handling=rules.handling(to, self.priority),
            packet=packet,
            marks=marks or dict.fromkeys(packet, GIVEN),
        )
        return self.after(escalated)

    def _refuse_if_closed(self) -> None:
        if self.status is Status.CLOSED:
            raise TicketIsClosed(self.id)

    def _moment(self, at: datetime) -> datetime:
        """Keep the log in order: a clock that was set back must not make one that runs backwards."""
        return max(utc(at, "at"), self.events[-1].at)


_OPENED_FROM: Mapping[Status, type[Fact]] = {
    Status.NEW: TicketStarted,
    Status.PENDING: TicketResumed,
    Status.RESOLVED: TicketReopened,
}


_CHANGES: Mapping[type[Fact], Callable[[Ticket, Any], dict[str, Any]]] = {
    TicketTagged: lambda ticket, fact: {"tags": {**ticket.tags, **fact.tags}},
    TicketRetriaged: lambda ticket, fact: {"tags": {**ticket.tags, **fact.tags}},
    PlanChanged: lambda _, fact: {"plan": fact.plan},
    CustomerChanged: lambda _, fact: {"account": fact.account, "arr": fact.arr, "health": fact.health},
    TicketMoved: lambda _, fact: vars(Segment.of(fact)),
    IncidentJoined: lambda _, fact: {"incident_id": fact.incident_id},
    IncidentLeft: lambda *_: {"incident_id": None},
    TicketRouted: lambda _, fact: {"team": fact.team, "tier": fact.tier, "routing_reason": fact.reason},
    TicketAssigned: lambda _, fact: {"assignee": fact.assignee},
    AgentReplied: lambda ticket, fact: {"transcript": (*ticket.transcript, Message(fact.at, AGENT, fact.text))},
    CustomerReplied: lambda ticket, fact: {"transcript": (*ticket.transcript, Message(fact.at, CUSTOMER, fact.text))},
    TicketStarted: lambda *_: {"status": Status.OPEN},
    TicketPaused: lambda *_: {"status": Status.PENDING},
    TicketResumed: lambda *_: {"status": Status.OPEN},
    TicketResolved: lambda _, fact: {
        "status": Status.RESOLVED,
        "outcome": Outcome(**{name: getattr(fact, name) for name in RESOLUTION_FIELDS}),
    },
    TicketReopened: lambda *_: {"status": Status.OPEN},
    TicketClosed: lambda ticket, fact: {
        "status": Status.CLOSED,
        "outcome": replace(ticket.outcome, csat=fact.csat or ticket.outcome.csat),
    },
    TicketRated: lambda ticket, fact: {"outcome": replace(ticket.outcome, csat=fact.rating)},
    TicketEscalated: lambda _, fact: {"tier": fact.tier},
}
