"""Closed tickets out of the database in the form that training reads: text as filed, final labels."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from serving.tickets import store
from triage.closed_ticket import LABELS, ClosedTicket
from triage.events import AgentReplied, Fact, TicketClosed, TicketResolved
from triage.ticket import Ticket

_BATCH = 500


def closed_tickets(connection: sa.Connection) -> Iterator[ClosedTicket]:
    """Return every closed ticket, in the order of closing."""
    yield from closed_among(connection, store.closed_ids(connection))


def closed_among(connection: sa.Connection, ids: Sequence[str]) -> Iterator[ClosedTicket]:
    """Return some closed tickets, in the order in which they are named."""
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        found = {ticket.id: ticket for ticket in store.load_all(connection, batch)}
        yield from (closed_ticket(found[ticket_id]) for ticket_id in batch)


def closed_ticket(ticket: Ticket) -> ClosedTicket:
    """Return what a ticket teaches; an abstained head has no label and teaches nothing."""
    replies = [fact for fact in ticket.events if isinstance(fact, AgentReplied)]
    article = ticket.outcome.kb_article_id
    return ClosedTicket(
        id=ticket.id,
        subject=ticket.subject,
        description=ticket.description,
        created_at=ticket.created_at,
        closed_at=_last(ticket, TicketClosed),
        first_response_at=replies[0].at if replies else None,
        channel=ticket.channel,
        plan=ticket.plan,
        language=ticket.language,
        account=ticket.account,
        labels={head: label for head in LABELS if (label := ticket.label(head)) is not None},
        resolution=replies[-1].text if replies and _last(ticket, TicketResolved) else None,
        resolution_type=ticket.outcome.resolution_type,
        csat=ticket.outcome.csat,
        kb_article_ids=(article,) if article else (),
    )


def _last(ticket: Ticket, kind: type[Fact]) -> datetime | None:
    return next((fact.at for fact in reversed(ticket.events) if isinstance(fact, kind)), None)
