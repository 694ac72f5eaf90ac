"""The languages of closed tickets: as an export says, else as a detector reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.articles.translations import tongue
from retrieval.encoder import text_language

if TYPE_CHECKING:
    from triage.tickets.closed_ticket import ClosedTicket


def language_of(ticket: ClosedTicket) -> str | None:
    """Return a ticket's language, such as `it`; None where it is not clear."""
    return tongue(ticket.language) if ticket.language else text_language.language_of(ticket.text)
