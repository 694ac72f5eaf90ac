"""Map a ticket to a helpdesk: its text, certified labels and deadlines to fields, the rest to a note."""

from datetime import datetime

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Handoff
from serving.inference.tags import Tag
from serving.ticket_desk import TicketOut

_LONGEST = 60_000
_CERTAIN = {"auto", "agent"}
_SPELT = {
    "resolution_by": "Resolve by",
    "first_response_by": "First reply by",
    "priority": "Priority",
    "category": "Category",
    "product_area": "Product area",
    "email": "Asked by",
}


def handoff(ticket: TicketOut, connection: Connection) -> Handoff:
    """Return the ticket as the port knows it; an uncertain label goes along only where the connection asks for it."""
    return Handoff(
        external_id=ticket.id,
        subject=ticket.subject.strip() or ticket.description.strip().partition("\n")[0][:200],
        text=_text(ticket),
        email=ticket.email,
        labels={head: tag.label for head, tag in ticket.tags.items() if tag.label and _goes(tag, connection)},
        resolution_by=_earlier(ticket.sla.contract.resolution_by, ticket.sla.target.resolution_by),
        first_response_by=_earlier(ticket.sla.contract.first_response_by, ticket.sla.target.first_response_by),
    )


def note(ticket: TicketOut, untold: dict[str, str], connection: Connection) -> str:
    """Return what agents shall know and no field takes, or nothing; the same ticket gives the same words."""
    lines = [f"{_SPELT.get(name, name)}: {value}" for name, value in sorted(untold.items())]
    for head, tag in sorted(ticket.tags.items()):
        if tag.label and not _goes(tag, connection):
            sure = f" ({tag.confidence:.0%} sure)" if tag.confidence is not None else ""
            lines.append(f"{_SPELT.get(head, head)}, suggested: {tag.label}{sure}")
    return "\n".join([f"Firstline ({ticket.id}):", *lines]) if lines else ""


def _goes(tag: Tag, connection: Connection) -> bool:
    return tag.mode in _CERTAIN or (tag.mode == "suggest" and connection.suggestions == "fields")


def _text(ticket: TicketOut) -> str:
    said = [f"{turn.by}, {turn.at:%Y-%m-%d %H:%M} UTC:\n{turn.text}" for turn in ticket.transcript]
    parts = [ticket.description.strip(), *(["What was said before:", *said] if said else [])]
    return "\n\n".join(part for part in parts if part)[:_LONGEST]


def _earlier(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
