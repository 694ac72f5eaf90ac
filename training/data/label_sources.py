"""Where the labels of closed tickets come from: counted, in words, and what an audit puts in their place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from triage.tickets.closed_ticket import heads_of
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from triage.tickets.closed_ticket import ClosedTicket
    from triage.tickets.fact_values import Said

UNKNOWN = "unknown"
"""Of a label whose export does not say it: it counts as a person's."""
Counts = dict[str, dict[str, int]]
"""By head and source, how many labels."""


def counted(tickets: Sequence[ClosedTicket]) -> Counts:
    """Count the labels of tickets by head and source; heads without a label are left out."""
    found: Counts = {}
    for head in heads_of(tickets):
        own = [each for each in tickets if head in each.labels or head in each.unseen_labels]
        if own:
            found[head] = dict(Counter(each.label_sources.get(head, UNKNOWN) for each in own).most_common())
    return found


def unseen(head: str, counts: Mapping[str, int]) -> str | None:
    """Say how many labels of a head teach nothing, because only the model set them; None where there is none."""
    ignored, n = counts.get(LabelSource.MODEL_UNSEEN, 0), sum(counts.values())
    if not ignored:
        return None
    return (
        f"{head}: {ignored:,} of {n:,} labels were set by the model alone and nobody looked at them: they teach "
        "nothing and certify nothing"
    )


def suggested(head: str, counts: Mapping[str, int]) -> str | None:
    """Say which share of the labels that teach people set after a suggestion; None where there is none."""
    after, n = counts.get(LabelSource.PERSON_AFTER_SUGGESTION, 0), sum(counts.values())
    learnt = n - counts.get(LabelSource.MODEL_UNSEEN, 0)
    if not after:
        return None
    return (
        f"{head}: {after / learnt:.0%} of the {learnt:,} labels that teach were set after the model had suggested "
        "one; people tend to accept suggestions, so some of its errors look right here"
    )


def audited(head: str, counts: Mapping[str, int]) -> str | None:
    """Say how many labels people gave in an audit; None where there is none."""
    given, n = counts.get(LabelSource.AUDIT, 0), sum(counts.values())
    return f"{head}: {given:,} of {n:,} labels were given in an audit, and teach in place of others" if given else None


def sentences(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Say for each head which labels teach nothing, how many follow a suggestion, and how many an audit gave."""
    for head, own in counts.items():
        yield from (f"{each}." for each in (unseen(head, own), suggested(head, own), audited(head, own)) if each)


def with_audited(
    tickets: Sequence[ClosedTicket], answers: Mapping[tuple[str, str], Said], rows: Collection[int]
) -> list[ClosedTicket]:
    """Put the labels of an audit in place of all others, in some tickets.

    Parameters
    ----------
    tickets
        Closed tickets.
    answers
        By ticket id and head, the audited label, or of a multi head all; None where none is right: then none is left.
    rows
        Which tickets: those that fit and calibrate. What is held out keeps its labels, because an audit steers itself
        by them and certifies by its answers alone.

    Returns
    -------
    list of ClosedTicket
        All tickets, in their order.
    """
    asked: dict[str, dict[str, Said]] = {}
    for (ticket_id, head), label in answers.items():
        asked.setdefault(ticket_id, {})[head] = label
    changed = {row: _audited(tickets[row], asked[tickets[row].id]) for row in rows if tickets[row].id in asked}
    return [changed.get(row, ticket) for row, ticket in enumerate(tickets)]


def _audited(ticket: ClosedTicket, answers: Mapping[str, Said]) -> ClosedTicket:
    given = {head: label for head, label in answers.items() if isinstance(label, str)}
    lists = {head: labels for head, labels in answers.items() if isinstance(labels, tuple)}
    labels = {head: own for head, own in ticket.labels.items() if head not in answers}
    unseen_labels = {head: own for head, own in ticket.unseen_labels.items() if head not in answers}
    sources = {head: own for head, own in ticket.label_sources.items() if head not in answers}
    return replace(
        ticket,
        labels=MappingProxyType(labels | given),
        unseen_labels=MappingProxyType(unseen_labels),
        label_sets=MappingProxyType({**ticket.label_sets, **lists}),
        label_sources=MappingProxyType(sources | dict.fromkeys((*given, *lists), LabelSource.AUDIT)),
    )
