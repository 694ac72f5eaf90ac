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
from triage.tickets import label_decisions
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.data.closed_tickets import Export
    from triage.tickets.closed_ticket import ClosedTicket
    from triage.tickets.label_decisions import Decision

CHANGED_SINCE, NO_SUCH_TICKET = "the label has changed since", "no such ticket"
NO_SUCH_HEAD = "no such head is declared"
ALREADY = "the export says so already"


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
        refused: Counter[str] = Counter()
        for each in self.decisions:
            own = labels.get(each.id)
            if each.head not in export.mapping.labels:
                refused[NO_SUCH_HEAD] += 1
            elif own is None:
                refused[NO_SUCH_TICKET] += 1
            elif own.may_be(each.head, each.was):
                own.put(each)
            else:
                refused[ALREADY if own.labels.get(each.head) == each.label else CHANGED_SINCE] += 1
        changed = sum(
            labels[ticket.id].labels.get(head) != ticket.labels.get(head)
            for ticket in export.tickets
            for head in export.mapping.labels
        )
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


class _LabelsOf:
    """The labels of one ticket while decisions are laid over them."""

    def __init__(self, ticket: ClosedTicket) -> None:
        self._ticket = ticket
        self.labels, self._unseen = dict(ticket.labels), dict(ticket.unseen_labels)
        self._decided: dict[str, str | None] = {}  # by head, the label before the first decision

    def may_be(self, head: str, was: str | None) -> bool:
        """Tell whether the label that a decision found is still there, be it one that only the model set."""
        return self.labels.get(head) == was or (was is not None and self._unseen.get(head) == was)

    def put(self, decision: Decision) -> None:
        head, label = decision.head, decision.label
        first = self._decided.setdefault(head, decision.was)
        if label == first and label != decision.was:  # taken back
            del self._decided[head]
            self._unseen |= {name: own for name, own in self._ticket.unseen_labels.items() if name == head}
            label = self._ticket.labels.get(head)
        else:
            self._unseen.pop(head, None)
        if label is None:
            self.labels.pop(head, None)
        else:
            self.labels[head] = label

    def laid(self) -> ClosedTicket:
        # whoever decides has seen what a model makes of the ticket: the queue shows it
        decided = {head: LabelSource.PERSON_AFTER_SUGGESTION for head in self._decided if head in self.labels}
        kept = {head: own for head, own in self._ticket.label_sources.items() if head not in self._decided}
        return replace(
            self._ticket,
            labels=MappingProxyType(self.labels),
            unseen_labels=MappingProxyType(self._unseen),
            label_sources=MappingProxyType(kept | decided),
        )
