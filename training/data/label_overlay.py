"""The label overlay: accepted corrections beside the export, which is never changed.

Its lines are `triage.tickets.label_decisions`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from triage.errors import DecisionsNotReadable
from triage.model.refit_record import OverlayCounts
from triage.taxonomy.heads import PRIORITY, TREE, is_path
from triage.taxonomy.labels import PRIORITIES
from triage.tickets import label_decisions
from triage.tickets.label_decisions import listed
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.data.closed_tickets import Export
    from triage.taxonomy.heads import Head
    from triage.tickets.closed_ticket import ClosedTicket
    from triage.tickets.fact_values import Said
    from triage.tickets.label_decisions import Decision

CHANGED_SINCE, NO_SUCH_TICKET = "the label has changed since", "no such ticket"
NO_SUCH_HEAD = "no such head is declared"
ALREADY = "the export says so already"
NO_SUCH_LABEL = "the head can have no such label"
OTHER_KIND = "a list for a head with one label, or one label for a head with lists"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The decisions of a file, in their order."""

    path: Path
    decisions: tuple[Decision, ...]
    sha256: str

    def applied(self, export: Export) -> Export:
        """Lay the decisions over an export.

        Parameters
        ----------
        export
            Tickets as their file says; only labels are touched, by ticket id.

        Returns
        -------
        Export
            Its `overlay` says how many labels changed, and how many decisions were refused and why: one whose old
            label is not the ticket's any more is left out, because the desk has moved on. A decision on a label that
            only the model had set makes it a person's.
        """
        labels = {ticket.id: _LabelsOf(ticket) for ticket in export.tickets}
        kinds = {head.name: head for head in export.mapping.heads}
        refused: Counter[str] = Counter()
        for each in self.decisions:
            own = labels.get(each.id)
            if each.head not in (*export.mapping.labels, *export.mapping.multi):
                refused[NO_SUCH_HEAD] += 1
            elif own is None:
                refused[NO_SUCH_TICKET] += 1
            elif isinstance(each.label, str if each.head in export.mapping.multi else tuple):
                refused[OTHER_KIND] += 1
            elif not _can_be(each.label, kinds[each.head]):
                refused[NO_SUCH_LABEL] += 1
            elif own.may_be(each.head, each.was):
                own.put(each)
            else:
                refused[ALREADY if own.labels.get(each.head) == each.label else CHANGED_SINCE] += 1
        changed = sum(own.changed for own in labels.values())
        tickets = tuple(labels[ticket.id].laid() for ticket in export.tickets)
        return replace(export, tickets=tickets, overlay=self._counts(changed, refused))

    def decided(self) -> set[tuple[str, str]]:
        """Return ticket and head of everything that a person has decided on and not taken back."""
        return label_decisions.decided(self.decisions)

    def last_change(self, ticket_id: str) -> list[Decision]:
        """Return the changes of a ticket's labels that still stand."""
        standing = self.decided()
        last = {each.head: each for each in self.decisions if each.id == ticket_id and each.was != each.label}
        return [each for head, each in last.items() if (ticket_id, head) in standing]

    def _counts(self, changed: int, refused: Mapping[str, int]) -> OverlayCounts:
        """Return what a bundle's manifest says of it."""
        return OverlayCounts(
            file=self.path.name,
            sha256=self.sha256,
            decisions=len(self.decisions),
            changed=changed,
            refused=dict(refused),
        )


def read(path: Path) -> Overlay:
    """Read an overlay. Raises `DecisionsNotReadable`."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise DecisionsNotReadable(path, None, problem.strerror or str(problem)) from problem
    return Overlay(path, label_decisions.parse(path, data), hashlib.sha256(data).hexdigest())


def _can_be(label: Said, head: Head) -> bool:
    """Tell whether a head can have a label: priorities are five, and labels of a tree are paths."""
    if head.name == PRIORITY:
        return label in (None, *PRIORITIES)
    return not isinstance(label, str) or head.kind != TREE or is_path(head, label)


class _LabelsOf:
    """The labels of one ticket while decisions are laid over them; lists in the order in which they are compared."""

    def __init__(self, ticket: ClosedTicket) -> None:
        self._ticket = ticket
        sets = {head: listed(own) for head, own in ticket.label_sets.items()}
        self.labels: dict[str, Said] = {**ticket.labels, **{head: sets[head] for head in ticket.seen_sets}}
        self._unseen = {head: own for head, own in {**ticket.unseen_labels, **sets}.items() if head not in self.labels}
        self._before = dict(self.labels), dict(self._unseen)
        self._decided: dict[str, Said] = {}  # by head, the label before the first decision

    @property
    def changed(self) -> int:
        """How many labels or lists are not what the export says."""
        before, _ = self._before
        return sum(self.labels.get(head) != before.get(head) for head in self._decided)

    def may_be(self, head: str, was: Said) -> bool:
        """Tell whether the label that a decision found is still there, be it one that only the model set."""
        return self.labels.get(head) == was or (was is not None and self._unseen.get(head) == was)

    def put(self, decision: Decision) -> None:
        head, label = decision.head, decision.label
        first = self._decided.setdefault(head, decision.was)
        if label == first and label != decision.was:  # taken back
            del self._decided[head]
            seen, unseen = self._before
            self._unseen |= {name: own for name, own in unseen.items() if name == head}
            label = seen.get(head)
        else:
            self._unseen.pop(head, None)
        if label is None:
            self.labels.pop(head, None)
        else:
            self.labels[head] = label

    def laid(self) -> ClosedTicket:
        if not self._decided:
            return self._ticket
        # whoever decides has seen what a model makes of the ticket: the queue shows it
        decided = {head: LabelSource.PERSON_AFTER_SUGGESTION for head in self._decided if head in self.labels}
        kept = {head: own for head, own in self._ticket.label_sources.items() if head not in self._decided}
        said = {head: own for head, own in self.labels.items() if isinstance(own, str)}
        others = {head: own for head, own in self._ticket.label_sets.items() if head not in self._decided}
        sets = {head: own for head in self._decided if isinstance(own := self.labels.get(head), tuple)}
        return replace(
            self._ticket,
            labels=MappingProxyType(said),
            unseen_labels=MappingProxyType({head: own for head, own in self._unseen.items() if isinstance(own, str)}),
            label_sets=MappingProxyType(others | sets),
            label_sources=MappingProxyType(kept | decided),
        )
