"""The label overlay: accepted corrections beside the export, which is never changed.

A file of JSON lines that only grows: a header with the format's version, then one line a decision: which ticket, which
head, the label it had, the label it gets, who decided, when. A later line undoes an earlier one by naming its label as
the old one. A line whose two labels are the same says that a person looked and kept the label.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from training.errors import DecisionsNotReadable
from triage.model.refit_record import OverlayCounts
from triage.tickets.closed_ticket import LABELS
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from training.data.closed_tickets import Export
    from triage.tickets.closed_ticket import ClosedTicket

FORMAT = "firstline-overlay/1"
CHANGED_SINCE, NO_SUCH_TICKET = "the label has changed since", "no such ticket"
ALREADY = "the export says so already"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on one label; None is no label."""

    id: str
    head: str
    was: str | None
    label: str | None
    by: str
    at: str


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
            if own is None:
                refused[NO_SUCH_TICKET] += 1
            elif own.may_be(each.head, each.was):
                own.put(each)
            else:
                refused[ALREADY if own.labels.get(each.head) == each.label else CHANGED_SINCE] += 1
        changed = sum(
            labels[ticket.id].labels.get(head) != ticket.labels.get(head)
            for ticket in export.tickets
            for head in LABELS
        )
        tickets = tuple(labels[ticket.id].laid() for ticket in export.tickets)
        return replace(export, tickets=tickets, overlay=self._counts(changed, refused))

    def decided(self) -> set[tuple[str, str]]:
        """Return ticket and head of everything that a person has decided on and not taken back."""
        chains: dict[tuple[str, str], list[Decision]] = {}
        for each in self.decisions:
            chains.setdefault((each.id, each.head), []).append(each)
        return {
            key
            for key, chain in chains.items()
            if chain[-1].label != chain[0].was or all(each.was == each.label for each in chain)
        }

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
    lines = [(number, line) for number, line in enumerate(data.splitlines(), start=1) if line.strip()]
    header = record(path, *lines[0]) if lines else {}
    if header.get("format") != FORMAT:
        raise DecisionsNotReadable(path, 1, f'the first line must say {{"format": "{FORMAT}"}}')
    decisions = tuple(_decision(path, number, line) for number, line in lines[1:])
    return Overlay(path, decisions, hashlib.sha256(data).hexdigest())


def append(path: Path, decisions: Iterable[Decision], at: datetime) -> None:
    """Add decisions, making the file where there is none. Raises `DecisionsNotReadable` when it is no overlay."""
    if path.exists() and path.stat().st_size:
        read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two people may review at the same time
        rows: list[dict[str, Any]] = [asdict(each) for each in decisions]
        if not file.tell():
            rows.insert(0, {"format": FORMAT, "created_at": at.isoformat()})
        file.write(b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))


def undone(decisions: Sequence[Decision], by: str, at: datetime) -> list[Decision]:
    """Return the decisions that take others back, the last first."""
    return [
        replace(each, was=each.label, label=each.was, by=by, at=at.isoformat())
        for each in reversed(decisions)
        if each.was != each.label
    ]


def record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises `DecisionsNotReadable`."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise DecisionsNotReadable(path, number, f"is not JSON ({problem})") from problem
    if not isinstance(found, dict):
        raise DecisionsNotReadable(path, number, "is not a JSON object")
    return found


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


def _decision(path: Path, number: int, line: bytes) -> Decision:
    found = record(path, number, line)
    words = {name: found.get(name) for name in ("id", "head", "by", "at")}
    for name, value in words.items():
        if not isinstance(value, str) or not value:
            raise DecisionsNotReadable(path, number, f"has no {name}")
    if words["head"] not in LABELS:
        raise DecisionsNotReadable(path, number, f"head {words['head']!r} is none of {', '.join(LABELS)}")
    for name in ("was", "label"):
        if name not in found or not isinstance(found[name], str | None):
            raise DecisionsNotReadable(path, number, f"{name} must be a label, or null for none")
    return Decision(was=found["was"], label=found["label"], **words)  # type: ignore[arg-type]
