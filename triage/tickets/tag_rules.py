"""Which labels of a ticket may be changed by whom: the only place where this is decided.

A person's label stays. A model's first labels may be replaced by another model's while nobody has said anything. After
a later message of the customer a model changes a label at most once, and only for one that is surer (`retriaged`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from triage.reason_codes import ReasonCode
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.events import AGENT, CustomerReplied, Tag, TicketRetriaged, TicketTagged
from triage.tickets.fact_values import ListedLabel
from triage.tickets.messages.nobody import is_for_nobody

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from triage.tickets.events import Fact
    from triage.tickets.fact_values import Said

SET_BY_AGENT: Final = "Set by an agent."
PRIORITY: Final = "priority"
APPLIED: Final = "auto"
#: A certificate covers these too; the service only asks a person about some of them.
_COVERED: Final = frozenset({ReasonCode.CERTIFIED, ReasonCode.AUDITED})


def may_tag(current: Tag | None, tag: Tag) -> bool:
    """Tell whether a model's tag replaces the one that a ticket has: never a person's, and not by the same."""
    if current is None:
        return True
    return current.mode != AGENT and replace(current, at=None, by="") != replace(tag, at=None, by="")


def by_person(labels: Mapping[str, Said], tags: Mapping[str, Tag], at: datetime, by: str) -> dict[str, Tag]:
    """Return an agent's labels as tags, those that are new: they are certain, and they stay."""
    new = {
        head: said
        for head, said in labels.items()
        if head not in tags or (tags[head].said, tags[head].mode) != (said, AGENT)
    }
    return {head: _of_person(said, at, by) for head, said in new.items()}


def _of_person(said: Said, at: datetime, by: str) -> Tag:
    several = isinstance(said, tuple)
    return Tag(
        label=None if isinstance(said, tuple) else said,
        mode=AGENT,
        confidence=1.0,
        reason=SET_BY_AGENT,
        reason_code=ReasonCode.SET_BY_PERSON,
        by=by,
        at=at,
        labels=tuple(ListedLabel(label=each, mode=AGENT, confidence=1.0) for each in said or ()) if several else None,
    )


def retriaged(events: Sequence[Fact], tags: Mapping[str, Tag], *, at: datetime, by: str) -> TicketRetriaged | None:
    """Return what a model changes after the customer's last message.

    Hysteresis: without a person, a label changes at most once after it was first set. It changes where the new one is
    `auto` under its certificate and the old one is not, or where the urgency floor raised the priority. A priority is
    never lowered, a person's label is never touched, and the labels of a multi head stay as they were first said.

    Parameters
    ----------
    events
        All events of the ticket.
    tags
        What the model says of the whole conversation, by head.
    at
        When it says so, not before the last event.
    by
        The model.

    Returns
    -------
    TicketRetriaged or None
        The event to add, with the changed tags only; None where nothing changes.
    """
    known, message = _known(events), last_message(events)
    fresh = {head: tag for head, tag in tags.items() if _is_better(head, tag, known.get(head))}
    if message is None or not fresh:
        return None
    before = {head: known[head].tag.label for head in fresh}
    new = {head: replace(tag, at=at, by=by) for head, tag in fresh.items()}
    return TicketRetriaged(at=at, by=by, tags=new, message=message, before=before)


def may_change(events: Iterable[Fact]) -> bool:
    """Tell whether a model may still change any label after a later message."""
    return any(not each.settled for each in _known(events).values())


def last_message(events: Iterable[Fact]) -> int | None:
    """Return the number of the customer's last reply that somebody has to read."""
    numbered = enumerate(events, start=1)
    return max((number for number, fact in numbered if is_message(fact)), default=None)


def is_message(fact: Fact) -> bool:
    """Tell whether a fact is a reply of the customer that somebody has to read."""
    return isinstance(fact, CustomerReplied) and not is_for_nobody(fact)


@dataclass(slots=True)
class _Known:
    """What is known of one head: its tag, and whether nothing but a person may change it any more."""

    tag: Tag
    settled: bool


def _known(events: Iterable[Fact]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for fact in events:
        for head, tag in fact.tags.items() if isinstance(fact, TicketTagged) else ():
            before = known.get(head)
            changed = before is not None and before.tag.label not in {None, tag.label}
            settled = (before is not None and before.settled) or changed or tag.mode == AGENT or tag.labels is not None
            known[head] = _Known(tag, settled)
    return known


def _is_better(head: str, tag: Tag, known: _Known | None) -> bool:
    if tag.label is None or known is None or known.settled or tag.label == known.tag.label:
        return False
    if head == PRIORITY and not _is_more_urgent(tag.label, known.tag.label):
        return False
    if head == PRIORITY and tag.raised_by is not None:
        return True
    return tag.mode == APPLIED and known.tag.mode != APPLIED and known.tag.reason_code not in _COVERED


def _is_more_urgent(label: str, before: str | None) -> bool:
    return before not in PRIORITIES or PRIORITIES.index(label) < PRIORITIES.index(before)
