"""Map a ticket to a helpdesk: its text, labels and deadlines to fields; the note says the rest."""

from datetime import datetime

from msgspec import UNSET

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Handoff
from serving.inference.tags import ListedLabel, Tag
from serving.ticket_desk import TicketOut
from triage.reason_codes import RAISED_BY

_LONGEST = 60_000
_CERTAIN = {"auto", "agent"}
ASKED_BY = "Asked by"


def handoff(ticket: TicketOut, connection: Connection) -> Handoff:
    """Return the ticket as the port knows it; an uncertain label goes along only where the connection asks for it."""
    every = [each for tag in ticket.tags.values() for each in listed(tag)]
    return Handoff(
        external_id=ticket.id,
        subject=ticket.subject.strip() or ticket.description.strip().partition("\n")[0][:200],
        text=_text(ticket),
        email=ticket.email,
        labels={head: tag.label for head, tag in ticket.tags.items() if tag.label and goes(tag, connection)},
        listed=tuple(each.label for each in every if goes_listed(each, connection)),
        fields={each.name: each.value for each in ticket.fields if each.valid},
        resolution_by=_earlier(ticket.sla.contract.resolution_by, ticket.sla.target.resolution_by),
        first_response_by=None
        if is_answered(ticket)
        else _earlier(ticket.sla.contract.first_response_by, ticket.sla.target.first_response_by),
    )


def spelt(head: str) -> str:
    """Return a head's name as a note says it."""
    return head.replace("_", " ").capitalize()


def is_answered(ticket: TicketOut) -> bool:
    """Tell whether an agent has replied: the deadline of the first response is then history, and stays as it is."""
    return any(turn.by == "agent" for turn in ticket.transcript)


def goes(tag: Tag, connection: Connection) -> bool:
    """Tell whether a label is written to fields: a certificate, a person or the urgency floor stands for it.

    Mere suggestions are, too, where the connection asks for it.
    """
    is_certain = tag.mode in _CERTAIN or tag.reason_code in RAISED_BY.values()
    return is_certain or (tag.mode == "suggest" and connection.suggestions == "fields")


def listed(tag: Tag) -> list[ListedLabel]:
    """Return the labels of a head that has several."""
    return [] if tag.labels is UNSET else tag.labels


def goes_listed(label: ListedLabel, connection: Connection) -> bool:
    """Tell whether one of several labels becomes a tag there, as `goes` tells it of a label."""
    return label.mode in _CERTAIN or connection.suggestions == "fields"


def _text(ticket: TicketOut) -> str:
    said = [f"{turn.by}, {turn.at:%Y-%m-%d %H:%M} UTC:\n{turn.text}" for turn in ticket.transcript]
    parts = [ticket.description.strip(), *(["What was said before:", *said] if said else [])]
    return "\n\n".join(part for part in parts if part)[:_LONGEST]


def _earlier(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
