"""Closed tickets out of the database in the form that training reads: text as filed, final labels."""

from datetime import datetime

import sqlalchemy as sa

from serving.instants import from_text, to_text
from serving.tickets import store
from serving.training_file import Page
from triage.closed_ticket import LABELS, ClosedTicket, to_record
from triage.events import AgentReplied, Fact, TicketClosed, TicketResolved
from triage.ticket import Ticket

_BATCH = 500


def closed_page(connection: sa.Connection, since: datetime | None, cursor: str | None) -> Page:
    """Return the closed tickets after a cursor, in the order of closing."""
    closed_at, _, ticket_id = (cursor or "").partition(" ")
    after = (from_text(closed_at), ticket_id) if cursor else None
    found = store.closed_after(connection, since, after, _BATCH)
    tickets = {ticket.id: ticket for ticket in store.load_all(connection, [each for each, _ in found])}
    return Page(
        records=[to_record(closed_ticket(tickets[each])) for each, _ in found],
        cursor=f"{to_text(found[-1][1])} {found[-1][0]}" if found else cursor or "",
        more=len(found) == _BATCH,
    )


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
