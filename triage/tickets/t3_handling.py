"""How engineering handles a ticket at T3: incident response for critical ones, the backlog for the rest."""

from __future__ import annotations

from datetime import datetime

from triage.tickets.escalation import TIERS, Escalation
from triage.tickets.events import HandlingChosen, TicketEscalated
from triage.tickets.ticket import Ticket


def handling(ticket: Ticket) -> str | None:
    """Say what engineering does with the case, as its facts tell; None below T3."""
    if ticket.tier != TIERS[-1]:
        return None
    chosen = (fact.handling for fact in reversed(ticket.events) if isinstance(fact, HandlingChosen | TicketEscalated))
    return next(chosen, None)


def handled(ticket: Ticket, rules: Escalation, *, at: datetime, by: str) -> Ticket:
    """Tell engineering what to do with a case at T3, once, and again when its priority asks for something else."""
    wanted = rules.handling(ticket.tier, ticket.priority)
    if wanted is None or wanted == handling(ticket):
        return ticket
    return ticket.after(HandlingChosen(at=max(at, ticket.events[-1].at), by=by, handling=wanted))
