"""What agents are shown of a closed ticket beside a similar one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from triage.text.cleaning import public_text

if TYPE_CHECKING:
    from triage.tickets.closed_ticket import ClosedTicket

_LONGEST_RESOLUTION: Final = 1_000
_LONGEST_SUBJECT: Final = 160


def shown_texts(ticket: ClosedTicket) -> tuple[str, str | None]:
    """Return subject and resolution without personal data."""
    known = (ticket.account,)
    return (
        public_text(ticket.subject or ticket.description, known)[:_LONGEST_SUBJECT],
        public_text(ticket.resolution, known)[:_LONGEST_RESOLUTION] if ticket.resolution else None,
    )
