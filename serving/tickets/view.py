"""A ticket as routes return it, with deadlines computed from its log."""

from collections.abc import Collection

from serving.inference import tags
from serving.policy.routing_and_sla import sla_of
from serving.policy.ticket_fields import fields_out
from serving.ticket_desk import Note, TicketOut, Turn, number_of
from serving.tickets.schemas import History, HistoryEntry
from triage.fields.ticket_values import fields_of
from triage.sla.deadlines import Deadlines
from triage.sla.policy_terms import Plan
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.attributes import Segment
from triage.tickets.events import NoteAdded
from triage.tickets.survey import comment_of
from triage.tickets.t3_handling import handling
from triage.tickets.ticket import Ticket

UNTAGGED = (
    "No model was ready when this ticket came in: it has no tags yet and its deadlines follow from the plan alone."
)

BY_MACHINE = "A machine wrote this mail: no deadline runs until a person replies or an agent acts."

ONLY_THANKS = "This message only thanks: no deadline runs until a person writes more or an agent acts."

UNKNOWN_CHANNELS = ("api", "other")  # of a ticket that does not say how the customer wrote


def ticket_out(ticket: Ticket, clocks: Deadlines, plan: Plan | None, trees: Collection[str] = ()) -> TicketOut:
    """Return the ticket as clients see it; the plan says by which channels it has support.

    `trees` are the heads whose labels are paths.
    """
    quiet = ticket.needs_nobody is not None and not clocks.clocks
    return TicketOut(
        id=ticket.id,
        number=number_of(ticket.id),
        status=ticket.status.value,
        needs_nobody=NobodyReason(ticket.needs_nobody) if ticket.needs_nobody else None,
        subject=ticket.subject,
        description=ticket.description,
        channel=ticket.channel,
        plan=ticket.plan,
        account=ticket.account,
        **vars(Segment.of(ticket)),
        email=ticket.email,
        language=ticket.language,
        tags=tags.with_paths({head: tags.from_fact(tag) for head, tag in ticket.tags.items()}, trees),
        team=ticket.team,
        tier=ticket.tier,
        routing_reason=ticket.routing_reason,
        handling=handling(ticket),
        incident_id=ticket.incident_id,
        assignee=ticket.assignee,
        sla=sla_of(clocks),
        transcript=[Turn(message.at, message.by, message.text) for message in ticket.transcript],  # type: ignore[arg-type]
        deflection_id=ticket.deflection_id,
        external_id=ticket.external_id,
        arr=ticket.arr,
        health=ticket.health,
        attachments=list(ticket.attachments),
        resolution_type=ticket.outcome.resolution_type,
        root_cause=ticket.outcome.root_cause,
        kb_article_id=ticket.outcome.kb_article_id,
        csat=ticket.outcome.csat,
        csat_comment=comment_of(ticket),
        notes=[
            *([] if ticket.tags else [UNTAGGED]),
            *([ONLY_THANKS if ticket.needs_nobody == NobodyReason.THANKS else BY_MACHINE] if quiet else []),
            *_outside(ticket.channel, plan),
        ],
        internal_notes=[Note(fact.at, fact.by, fact.text) for fact in ticket.events if isinstance(fact, NoteAdded)],
        created_at=ticket.created_at,
        updated_at=max(fact.at for fact in ticket.events),
        version=ticket.version,
        fields=fields_out(fields_of(ticket)),
    )


def history(ticket: Ticket) -> History:
    """Return the events of a ticket, without what they quote."""
    told = enumerate(ticket.events, start=1)
    return History([HistoryEntry(number, fact.at, fact.type, fact.by, fact.key_id) for number, fact in told])


def _outside(channel: str, plan: Plan | None) -> list[str]:
    """Say where a customer writes by a channel that the plan does not include; the ticket is taken all the same."""
    if plan is None or not plan.channels or channel in (*plan.channels, *UNKNOWN_CHANNELS):
        return []
    return [f"Plan {plan.name} includes no support by {channel}; its channels are {', '.join(plan.channels)}."]
