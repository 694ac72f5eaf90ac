"""The escalation packet over HTTP and in events: a draft, or what travelled with the latest escalation."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from serving.errors import NotFound
from serving.ticket_desk import EscalationOut
from triage.tickets.escalation import Escalation
from triage.tickets.escalation_packet import packed
from triage.tickets.events import TicketEscalated
from triage.tickets.packet_page import headline, last_escalation, next_tier, page, shortened
from triage.tickets.ticket import Ticket

_EVENT_BYTES = 12_000  # of the texts in an event; the whole payload stays below 20 kB
_PAGE_CHARACTERS = 6_000  # of the texts in a page that goes outside


class NextTierOut(Struct):
    """What a further escalation needs, in words, and what of it is missing."""

    to: str
    needed: dict[str, str]
    missing: list[str]


class PacketOut(Struct, kw_only=True):
    """An escalation packet: each field given, extracted word for word from the ticket, or (in a draft) missing.

    `escalated_at`, `by`, `queue`, `handling` and `next` are null in a draft.
    """

    tier: str = field(name="from")
    to: str
    needed: dict[str, str]
    fields: dict[str, dict[str, Any]]
    missing: list[str]
    escalated_at: datetime | None = None
    by: str | None = None
    queue: str | None = None
    handling: str | None = None
    next: NextTierOut | None = None


def draft(ticket: Ticket, to: str, rules: Escalation) -> PacketOut:
    """Return what an escalation to a tier needs, what the ticket has of it, and what is missing."""
    needed = rules.needed(ticket.tier, to)
    packet = packed(ticket, needed, {})
    fields = {name: item.to_record() for name, item in packet.items.items()}
    return PacketOut(tier=ticket.tier, to=to, needed=dict(needed), fields=fields, missing=list(packet.missing))


def escalation_of(ticket: Ticket) -> TicketEscalated:
    """Return the latest escalation.

    Raises `NotFound`: there was none.
    """
    fact = last_escalation(ticket)
    if fact is None:
        path = f"/v1/tickets/{ticket.id}"
        todo = f"GET {path}/packet?to=T2 drafts a packet, POST {path}/escalations escalates."
        raise NotFound("packet", ticket.id, f"This ticket was never escalated: {todo}")
    return fact


def packet_out(ticket: Ticket, fact: TicketEscalated, rules: Escalation) -> PacketOut:
    """Return what travelled with an escalation, and what the next tier needs."""
    ahead = next_tier(ticket, rules)
    return PacketOut(
        tier=fact.tier_before,
        to=fact.tier,
        needed=dict(rules.needed(fact.tier_before, fact.tier)),
        fields={name: {"mark": fact.marks.get(name, ""), "value": value} for name, value in fact.packet.items()},
        missing=[],
        escalated_at=fact.at,
        by=fact.by,
        queue=fact.queue,
        handling=fact.handling,
        next=None if ahead is None else NextTierOut(ahead.to, dict(ahead.needed), list(ahead.missing)),
    )


def packet_event(ticket: Ticket, fact: TicketEscalated) -> dict[str, Any]:
    """Return what an event tells of an escalation: its packet, shortened and without personal data."""
    return {
        "from": fact.tier_before,
        "to": fact.tier,
        "queue": fact.queue,
        "handling": fact.handling,
        "fields": shortened(ticket, fact, most=_EVENT_BYTES, size=lambda text: len(msgspec.json.encode(text))),
    }


def escalation_out(ticket: Ticket, rules: Escalation) -> EscalationOut | None:
    """Return the latest escalation for readers outside; None if there was none."""
    fact = last_escalation(ticket)
    if fact is None:
        return None
    texts = shortened(ticket, fact, most=_PAGE_CHARACTERS)
    return EscalationOut(at=fact.at, headline=headline(fact), page=page(ticket, fact, rules, texts=texts))
