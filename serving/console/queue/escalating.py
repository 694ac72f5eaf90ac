"""Where a ticket may be escalated to, with the packet as far as the ticket fills it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.tickets.packets import PacketOut, draft, packet_out
from triage.tickets.escalation import EXTRACTED, MISSING, TIERS, Escalation, EscalationState
from triage.tickets.packet_page import as_text, last_escalation
from triage.tickets.ticket import Status, Ticket

PREFIX = "packet."  # of the fields of a form that belong to the packet


@dataclass(frozen=True, slots=True)
class PacketField:
    """One field of a packet: what it asks for, what the ticket says of it, and whether it is missing."""

    name: str
    words: str
    text: str
    is_extracted: bool
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A tier that the ticket may go up to."""

    to: str
    fields: Sequence[PacketField]

    @property
    def missing(self) -> int:
        """How many fields nobody gave and the ticket does not say."""
        return sum(each.is_missing for each in self.fields)


def ways_up(ticket: Ticket, rules: Escalation) -> list[Way]:
    """Return the tiers that plan and priority of a ticket let it go up to."""
    if ticket.status is Status.CLOSED:
        return []
    state = EscalationState(ticket.tier, ticket.plan, ticket.priority)
    return [_way(draft(ticket, to, rules)) for to in TIERS if rules.allows(state, to)]


def packet_of(ticket: Ticket, rules: Escalation) -> tuple[PacketOut, Sequence[PacketField]] | None:
    """Return the packet of the latest escalation; None if there was none."""
    fact = last_escalation(ticket)
    if fact is None:
        return None
    packet = packet_out(ticket, fact, rules)
    return packet, _fields(packet)


def _way(packet: PacketOut) -> Way:
    return Way(packet.to, _fields(packet))


def _fields(packet: PacketOut) -> list[PacketField]:
    return [_field(name, each, packet.needed) for name, each in packet.fields.items()]


def _field(name: str, given: Mapping[str, object], needed: Mapping[str, str]) -> PacketField:
    words, value = needed.get(name, name.replace("_", " ")), given.get("value")
    return PacketField(
        name,
        words[:1].upper() + words[1:],
        "" if value is None else as_text(int(value) if isinstance(value, float) and value.is_integer() else value),
        given.get("mark") == EXTRACTED,
        given.get("mark") == MISSING,
    )
