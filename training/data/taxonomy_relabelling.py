"""Map closed tickets to today's labels: renamed, merged, split or retired."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from triage.model.refit_record import Relabelled
from triage.taxonomy.changes import Changes
from triage.taxonomy.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.data.closed_tickets import Export
    from triage.model.bundle import Bundle
    from triage.tickets.closed_ticket import ClosedTicket

    Counts = Mapping[str, Relabelled]


def changes_for(given: Changes | None, current: Bundle | None) -> Changes:
    """Return the changes of a refit: those given, or those that the current bundle's tickets went through."""
    if given is not None:
        return given
    return current.manifest.label_history().changes if current else Changes()


def in_todays_words(tickets: Sequence[ClosedTicket], changes: Changes) -> tuple[tuple[ClosedTicket, ...], Counts]:
    """Put the labels of tickets in today's words.

    Parameters
    ----------
    tickets
        With the labels that they were closed with.
    changes
        A ticket went through those that came after it was created.

    Returns
    -------
    tuple of tickets, and of counts by head
        How many labels were `mapped` to another, and how many `dropped`: a split or retired label has no answer.
    """
    if not changes.all:
        return tuple(tickets), {}
    counts: dict[str, Counter[str]] = {head: Counter(mapped=0, dropped=0) for head in changes.touched()}
    return tuple(_today(ticket, changes, counts) for ticket in tickets), {
        head: Relabelled(**n) for head, n in counts.items()
    }


def of_export(found: Export, changes: Changes) -> tuple[Export, Counts]:
    """Put the labels of an export in today's words, and count."""
    tickets, counts = in_todays_words(found.tickets, changes)
    return replace(found, tickets=tickets), counts


def lineage_after(current: Bundle | None, changes: Changes, today: str) -> Lineage:
    """Return the lineage of a bundle that speaks version `today` of the taxonomy and follows the current one."""
    if current is None:
        return Lineage(changes, (), today)
    manifest = current.manifest
    return manifest.label_history().followed_by(changes, today, manifest.spoken_labels())


def _today(ticket: ClosedTicket, changes: Changes, counts: Mapping[str, Counter[str]]) -> ClosedTicket:
    labels = dict(ticket.labels)
    for head, label in ticket.labels.items():
        if head not in counts:
            continue
        now = changes.trace(head, label, ticket.created_at, lambda change: change.told_by(ticket.text)).label
        if now is None:
            del labels[head]
            counts[head]["dropped"] += 1
        elif now != label:
            labels[head] = now
            counts[head]["mapped"] += 1
    sets = {head: _today_of_set(ticket, head, changes, counts) for head in ticket.label_sets}
    if labels == ticket.labels and sets == ticket.label_sets:
        return ticket
    return replace(ticket, labels=MappingProxyType(labels), label_sets=MappingProxyType(sets))


def _today_of_set(
    ticket: ClosedTicket, head: str, changes: Changes, counts: Mapping[str, Counter[str]]
) -> tuple[str, ...]:
    """Return the labels of a multi head, each as it is called today; merged ones are one."""
    before = ticket.label_sets[head]
    if head not in counts:
        return before
    tell = lambda change: change.told_by(ticket.text)  # noqa: E731
    traced = [(label, changes.trace(head, label, ticket.created_at, tell).label) for label in before]
    counts[head]["dropped"] += sum(now is None for _, now in traced)
    counts[head]["mapped"] += sum(now not in {None, label} for label, now in traced)
    return tuple(dict.fromkeys(now for _, now in traced if now is not None))
