"""From a client's request to changes of a ticket."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import HeaderParameter
from msgspec import UNSET

from serving.clock import Clock
from serving.errors import FieldError, InvalidRequest, NotFound
from serving.inference.labels import KnownLabels
from serving.keys.api_keys import Caller
from serving.policy.policies import Policies
from serving.storage.database import Write
from serving.storage.tables import articles
from serving.ticket_desk import TicketOut
from serving.tickets import store
from serving.tickets.desk import Change, Desk
from serving.tickets.event_log import with_key
from serving.tickets.fields.values import refuse_unknown, set_by_person
from serving.tickets.preconditions import Expected
from serving.tickets.schemas import EscalationIn, ReplyIn, TicketPatch, TransitionIn, said_of
from triage.errors import IncidentRefused
from triage.fields.ticket_values import with_fields
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.attributes import Segment
from triage.tickets.escalation_packet import packed
from triage.tickets.messages.replies import reason_on, with_reply_for_nobody
from triage.tickets.outcome import Outcome
from triage.tickets.ticket import Status, Ticket

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="The ETag of the ticket version that the caller read", required=False),
]


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Who changes a ticket, when, and which version they read."""

    caller: Caller
    at: datetime
    expected: Expected

    def by(self, actor: str | None) -> str:
        """Return the author of the facts: the person that the helpdesk names, else the key."""
        return f"agent:{actor or self.caller.name or self.caller.key_id}"

    def apply(
        self,
        desk: Desk,
        ticket_id: str,
        change: Change,
        *,
        write: Write[TicketOut] | None = None,
        check: Callable[[sa.Connection, Ticket], None] | None = None,
    ) -> TicketOut:
        """Change a ticket; what happens is recorded with the id of the caller's key."""

        def recorded(ticket: Ticket) -> Ticket:
            return with_key(change(ticket), self.caller.key_id, since=ticket.version)

        return desk.change(ticket_id, recorded, at=self.at, expected=self.expected, write=write, check=check)


def act_of(
    request: "Request[Any, Any, Any]",
    caller: NamedDependency[Caller],
    clock: NamedDependency[Clock],
    if_match: IfMatch = None,
) -> ChangeRequest:
    """Read who acts; only a PATCH must say which version it saw."""
    return ChangeRequest(caller, clock.now(), Expected.read(if_match, required=request.method == "PATCH"))


def patched(data: TicketPatch, act: ChangeRequest, policies: Policies, vocabulary: KnownLabels) -> Change:
    """Set labels, plan, fields and assignee, each if it was given."""
    by = act.by(data.actor)
    if isinstance(data.plan, str):
        policies.sla.plan(data.plan)
    labels = vocabulary.of_tags(said_of(data.tags))
    refuse_unknown(policies.fields, data.fields)

    def change(ticket: Ticket) -> Ticket:
        if data.needs_nobody is None:
            ticket = ticket.take_up(at=act.at, by=by)
        if data.plan is not UNSET:
            ticket = ticket.change_plan(data.plan, at=act.at, by=by)
        ticket = ticket.move(_segment(ticket, data), at=act.at, by=by)
        if labels:
            ticket = ticket.retag(labels, at=act.at, by=by)
        if data.fields:
            values = set_by_person(policies.fields, ticket, data.fields, act.at.date())
            ticket = with_fields(ticket, values, at=act.at, by=by)
        if data.assignee is not UNSET:
            ticket = ticket.assign(data.assignee, at=act.at, by=by)
        return ticket

    return change


def _segment(ticket: Ticket, data: TicketPatch) -> Segment:
    before = Segment.of(ticket)
    given = {name: getattr(data, name) for name in vars(before)}
    return replace(before, **{name: value for name, value in given.items() if value is not UNSET})


def replied(data: ReplyIn, act: ChangeRequest, reason: NobodyReason | None = None) -> Change:
    """Add what was written; what needs nobody, for a `reason`, reopens nothing."""
    if not data.text.strip():
        raise InvalidRequest([FieldError("text", "The reply is empty.")])
    by = act.by(data.actor) if data.by == "agent" else data.by

    def change(ticket: Ticket) -> Ticket:
        needless = reason_on(ticket, reason, data.text)
        if needless is not None:
            return with_reply_for_nobody(ticket, data.text, needless, at=act.at, by=by)
        return ticket.reply(data.text, at=act.at, by=by, author=data.by)

    return change


def solved_by(article_id: str | None) -> Callable[[sa.Connection, Ticket], None] | None:
    """Return the check that the article exists; it raises `InvalidRequest`."""
    if article_id is None:
        return None
    there = sa.select(articles.c.id).where(articles.c.id == article_id, articles.c.deleted_at.is_(None))

    def check(connection: sa.Connection, _: Ticket) -> None:
        if connection.scalar(there) is None:
            raise InvalidRequest([FieldError("kb_article_id", "There is no article with this id: PUT it first.")])

    return check


def refuse_incident(connection: sa.Connection, ticket: Ticket, incident_id: str | None) -> None:
    """Refuse an incident that cannot lead this ticket; leaving is always possible.

    Raises `InvalidRequest`: there is no such ticket. Raises `IncidentRefused`: one of them is both an incident and a
    case, or the incident is closed.
    """
    if incident_id is None:
        return
    if incident_id == ticket.id:
        raise IncidentRefused(ticket.id, incident_id, "a ticket is no case of itself")
    try:
        incident = store.load(connection, incident_id)
    except NotFound:
        raise InvalidRequest([FieldError("incident", "There is no ticket with this id.")]) from None
    if incident.incident_id is not None:
        raise IncidentRefused(ticket.id, incident_id, f"it is itself a case of {incident.incident_id}; join that one")
    if incident.status is Status.CLOSED:
        raise IncidentRefused(ticket.id, incident_id, "it is closed")
    if store.cases_of(connection, ticket.id):
        raise IncidentRefused(ticket.id, incident_id, "this ticket is an incident itself, with cases of its own")


def moved(data: TransitionIn, act: ChangeRequest) -> Change:
    """Go to the status, with what is said of the outcome."""
    outcome = Outcome(
        resolution_type=data.resolution_type,
        root_cause=data.root_cause,
        kb_article_id=data.kb_article_id,
        csat=data.csat,
    )
    return lambda ticket: ticket.transition(data.to, at=act.at, by=act.by(data.actor), outcome=outcome)


def escalated(data: EscalationIn, act: ChangeRequest, policies: Policies) -> Change:
    """Go up a tier with the packet."""
    rules = policies.sla.escalation

    def change(ticket: Ticket) -> Ticket:
        packet = packed(ticket, rules.needed(ticket.tier, data.to), data.packet)
        by = act.by(data.actor)
        return ticket.escalate(packet.values, to=data.to, rules=rules, at=act.at, by=by, marks=packet.marks)

    return change
