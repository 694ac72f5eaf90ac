"""Tickets and replies that need nobody: what ends that, and what follows for deadlines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import (
    AGENT,
    CustomerReplied,
    TicketClosed,
    TicketOpened,
    TicketResolved,
    TicketTakenUp,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage.tickets.events import Fact

_TIDIES = (TicketResolved, TicketClosed)


def reason_of(opening: TicketOpened) -> str | None:
    """Return why a ticket needed nobody when it was opened; earlier versions kept only that a machine wrote it."""
    return opening.needs_nobody or (NobodyReason.NOTIFICATION if opening.automatic else None)


def is_for_nobody(fact: CustomerReplied) -> bool:
    """Tell whether a reply of the customer's side asks nothing of anybody."""
    return fact.automatic or fact.needs_nobody is not None


def calls_somebody(fact: Fact) -> bool:
    """Tell whether a ticket that needs nobody needs somebody from this on.

    When an agent takes it up or acts on it, other than to put it away, and when a person replies.
    """
    if isinstance(fact, CustomerReplied):
        return not is_for_nobody(fact)
    return isinstance(fact, TicketTakenUp) or (fact.by.startswith(f"{AGENT}:") and not isinstance(fact, _TIDIES))


def since_somebody(events: Iterable[Fact]) -> list[Fact]:
    """Return the facts that deadlines follow from, the opening first.

    Nobody waits for an answer to a ticket that needs nobody. Once somebody is needed, its facts are those as if it had
    been opened then, and none before. An agent who takes it up says that it was wrong from the beginning: then its
    deadlines run from when it was opened.
    """
    facts = list(events)
    if not (isinstance(facts[0], TicketOpened) and reason_of(facts[0])):
        return facts
    first = next((fact for fact in facts if calls_somebody(fact)), None)
    if first is None or isinstance(first, TicketTakenUp):
        return facts if first else []
    begins = min(fact.at for fact in facts if calls_somebody(fact))
    return [replace(fact, at=max(fact.at, begins)) for fact in facts]
