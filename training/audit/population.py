"""The tickets of an audit: the held-out tickets of a bundle whose label a head would apply at some tested threshold."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from training.audit.sequential import AuditedTicket
from training.errors import NothingToAudit
from triage.model.assessment import HeadThresholds, Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.bundles.held_out import HeldOut
    from triage.model.head_entry import HeadEntry, Ladder
    from triage.model.manifest import Manifest
    from triage.model.multi.entry import MultiEntry
    from triage.tickets.tombstones import Erased


@dataclass(frozen=True, slots=True)
class Population:
    """One slice of a head's held-out tickets: those that reach the laxest threshold of its ladder."""

    head: str
    ladder: Ladder
    rows: Mapping[str, HeldOut]
    """By id."""
    tickets: int
    """All held-out tickets of the slice, those that reach no threshold too."""
    label: str | None = None
    """Of a multi head: the label that is audited."""

    @property
    def name(self) -> str:
        """The head, and of a multi head the label."""
        return self.head if self.label is None else f"{self.head}: {self.label}"

    @property
    def audited(self) -> list[AuditedTicket]:
        """The tickets as the test needs them."""
        return [
            AuditedTicket(row.id, self.confidence(row), self.said(row) in self.closed(row))
            for row in self.rows.values()
        ]

    def said(self, row: HeldOut) -> str:
        """Return the label that the ticket would get."""
        return row.guesses[self.head] if self.label is None else self.label

    def closed(self, row: HeldOut) -> Sequence[str]:
        """Return the label that the ticket was closed with; of a multi head all of them."""
        return (row.labels[self.head],) if self.label is None else row.label_sets[self.head]

    def confidence(self, row: HeldOut) -> float:
        """Return how sure the head is; 0 where serving would not apply the label however sure it is."""
        return confidence_of(row, self.head) if self.label is None else row.sure_sets[self.head].get(self.label, 0.0)

    def in_question(self, row: HeldOut) -> frozenset[str]:
        """Return the labels that a person is asked about, whoever gave them."""
        guessed = (row.guesses[self.head],) if self.label is None else row.sure_sets[self.head]
        return frozenset((*guessed, *self.closed(row)))


def populations(
    entries: Mapping[str, HeadEntry],
    rows: Sequence[HeldOut],
    erased: Erased | None = None,
    multi: Mapping[str, MultiEntry] = MappingProxyType({}),
) -> list[Population]:
    """Return the populations of all heads and slices that an audit can certify.

    Parameters
    ----------
    entries
        The heads as the bundle's manifest has them.
    rows
        The bundle's held-out tickets.
    erased
        What customers had erased: nobody is asked about it.
    multi
        The multi heads; each of their labels is a population of its own.

    Returns
    -------
    list
        In the order of the heads and their slices, or labels.

    Raises
    ------
    NothingToAudit
        The bundle is of an earlier version and does not keep what an audit needs.
    """
    if any(row.confidence is None for row in rows):
        raise NothingToAudit("this bundle was made before audits: run `make train` (`firstline-train fit`) again")
    left = [row for row in rows if erased is None or not erased.has(row.id, row.text)]
    found = [_population(head, entry, ladder, left) for head, entry in entries.items() for ladder in entry.ladders]
    return found + [
        _of_label(head, each.name, each.ladder, left)
        for head, entry in multi.items()
        for each in entry.labels
        if each.ladder is not None and each.name not in (entry.withdrawn or {})
    ]


def auditable(manifest: Manifest, rows: Sequence[HeldOut], erased: Erased, heads: Sequence[str]) -> list[Population]:
    """Return what to ask about: the named heads, or all slices and labels that no closed labels have certified.

    Raises `NothingToAudit`, saying why.
    """
    entries, multi = manifest.heads, manifest.multi
    if unknown := set(heads) - {*entries, *multi}:
        known = ", ".join((*entries, *multi))
        raise NothingToAudit(f"there is no head {', '.join(sorted(unknown))}; the bundle has {known}")
    found = populations(entries, rows, erased, multi)
    if not found:
        why = "too few held-out tickets reach the confidence from which a label is shown, or the heads learnt from them"
        raise NothingToAudit(f"{why}; bring more")
    certified = {
        (head, *sorted(each.slice.items()))
        for head, entry in entries.items()
        for each in entry.certificates
        if each.kind == "closed_labels"
    }
    certified |= {
        (f"{head}: {each.label}",)
        for head, entry in multi.items()
        for each in entry.earned
        if each.kind == "closed_labels"
    }
    left = [
        each
        for each in found
        if (each.head in heads if heads else (each.name, *sorted(each.ladder.slice.items())) not in certified)
    ]
    if not left:
        if heads:
            few = f"too few held-out tickets of {', '.join(heads)} to certify any of its labels"
            raise NothingToAudit(f"{few}; fit with more closed tickets, or audit another head (--head)")
        certain = "every head has a certificate already"
        raise NothingToAudit(f"{certain}; name a head with --head, it may get a certificate for more of its tickets")
    return left


def confidence_of(row: HeldOut, head: str) -> float:
    """Return a head's confidence in its label of a ticket; 0 where serving would not apply it however sure it is."""
    return 0.0 if head in row.withheld else (row.confidence or {}).get(head, 0.0)


def _population(head: str, entry: HeadEntry, ladder: Ladder, rows: Sequence[HeldOut]) -> Population:
    slices = [*(each.slice for each in entry.certificates), *(each.slice for each in entry.uncertified)]
    parts = HeadThresholds(entry.suggest_at, tuple(map(Leaf, slices)))
    own = [row for row in rows if head in row.labels and head in row.guesses]
    own = [row for row in own if (leaf := parts.leaf(row.facts)) is not None and leaf.slice == ladder.slice]
    lowest = ladder.thresholds[-1]
    return Population(
        head, ladder, {row.id: row for row in own if confidence_of(row, head) >= lowest}, len({row.id for row in own})
    )


def _of_label(head: str, label: str, ladder: Ladder, rows: Sequence[HeldOut]) -> Population:
    own = [row for row in rows if head in row.label_sets and head in row.sure_sets]
    reached = {row.id: row for row in own if row.sure_sets[head].get(label, 0.0) >= ladder.thresholds[-1]}
    return Population(head, ladder, reached, len({row.id for row in own}), label)
