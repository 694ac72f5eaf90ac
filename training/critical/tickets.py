"""Everyday sentences: what customers write in tickets that agents did not call urgent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from triage.model.urgency import HEAD, URGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.tickets.closed_ticket import ClosedTicket

MOST = 5_000
_SHORTEST, _LONGEST = 15, 240  # characters
_FEWEST_WORDS = 4
_END = re.compile(r"(?<=[.!?])\s+|\n+")


def everyday_sentences(tickets: Sequence[ClosedTicket]) -> list[str]:
    """Return at most 5,000 different sentences of tickets whose priority is below the urgent ones, spread over time."""
    calm = [ticket for ticket in tickets if ticket.labels.get(HEAD) not in (None, *URGENT)]
    found = list(dict.fromkeys(part.strip() for ticket in calm for part in _END.split(ticket.text) if _says(part)))
    return found[:: max(1, -(-len(found) // MOST))]


def _says(part: str) -> bool:
    text = part.strip()
    return _SHORTEST <= len(text) <= _LONGEST and len(text.split()) >= _FEWEST_WORDS
