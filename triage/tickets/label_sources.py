"""Where the label of a closed ticket comes from, and what follows for learning from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from triage.tickets.events import AGENT, TicketRouted, TicketTagged

if TYPE_CHECKING:
    from triage.tickets.fact_values import Said
    from triage.tickets.ticket import Ticket


class LabelSource(StrEnum):
    """Who stands for a label. Values are never renamed: they are in training files."""

    PERSON = "person"
    """A person set it, and the model had shown no label of its own."""
    PERSON_AFTER_SUGGESTION = "person_after_suggestion"
    """A person set or confirmed it after the model had shown one. It teaches, but its errors follow the model's."""
    MODEL_UNSEEN = "model_unseen"
    """Only the model set it: it teaches nothing and certifies nothing."""
    AUDIT = "audit"
    """A person gave it in an audit, blind to the model. It beats every other source."""


class ShownLabel(NamedTuple):
    """What this service said of one head of a ticket that was closed elsewhere."""

    label: Said
    same: LabelSource
    """Of the label there, if it is this one."""
    other: LabelSource
    """Of the label there, if it is another."""


def by_a_person(*, shown: bool) -> LabelSource:
    """Return the source of a label that a person set, by whether the model had `shown` one before."""
    return LabelSource.PERSON_AFTER_SUGGESTION if shown else LabelSource.PERSON


def source_of(ticket: Ticket, head: str) -> LabelSource | None:
    """Return where the label of a head comes from; None where it has none.

    What the ticket was opened with was chosen before the model showed anything. It is the same for auto tags,
    suggestions and a raised priority: as long as no person sets the field, nobody stands for it.
    """
    tag = ticket.tags.get(head)
    if tag is None or tag.said is None:
        return None
    return by_a_person(shown=was_shown(ticket, head)) if tag.mode == AGENT else LabelSource.MODEL_UNSEEN


def was_shown(ticket: Ticket, head: str) -> bool:
    """Tell whether the model showed a label of a head before a person first set it."""
    routed = next((number for number, fact in enumerate(ticket.events) if isinstance(fact, TicketRouted)), 0)
    shown = False
    for number, fact in enumerate(ticket.events):
        if not isinstance(fact, TicketTagged) or head not in fact.tags:
            continue
        if fact.tags[head].mode == AGENT:
            return shown and number > routed  # before it is routed, a ticket has what it was opened with
        shown = shown or bool(fact.tags[head].said)
    return shown
