"""Which labels of a multi head are learnt, and from which tickets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.data.labels import TEACHES, HeadLabels
from triage.model.multi.head import truth_of
from triage.taxonomy.heads import multis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.data.splits import Split
    from triage.taxonomy.labels import Taxonomy
    from triage.tickets.closed_ticket import ClosedTicket

    Rows = NDArray[np.int64]
    Bools = NDArray[np.bool_]

MOST_LABELS = 200
"""At most so many labels of a head are learnt, the most frequent: each is a classifier of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a multi head learns from: its labels, and those of each ticket, None where nobody looked."""

    chosen: HeadLabels
    sets: Sequence[tuple[str, ...] | None]
    split: Split

    @property
    def head(self) -> str:
        """Its name."""
        return self.chosen.head

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are learnt, in alphabetical order."""
        return self.chosen.learnt

    def rows(self, of: Rows) -> Rows:
        """Return those of the tickets whose labels somebody looked at."""
        known = np.array([self.sets[row] is not None for row in of.tolist()], dtype=bool)
        found: Rows = of[known]
        return found

    def truth(self, rows: Rows) -> Bools:
        """Return which labels the tickets carry, (n_rows, n_labels)."""
        return truth_of([self.sets[row] or () for row in rows.tolist()], self.labels)


def choose_labels(tickets: Sequence[ClosedTicket], multi: Sequence[str], minimum_support: int) -> list[HeadLabels]:
    """Return the multi heads that any ticket carries labels of, with the labels that enough tickets carry."""
    chosen = []
    for head in multi:
        sets = [ticket.seen_sets[head] for ticket in tickets if head in ticket.seen_sets]
        support = Counter(label for each in sets for label in each)
        if support:
            least = max(minimum_support, TEACHES)
            frequent = [label for label, n in support.most_common(MOST_LABELS) if n >= least]
            rare = {label: n for label, n in sorted(support.items()) if label not in set(frequent)}
            lacking = None if frequent else f"no label has {least} tickets; it takes so many to learn one."
            chosen.append(HeadLabels(head, tuple(sorted(frequent)), rare, len(sets), lacking, several=True))
    return chosen


def not_described(taxonomy: Taxonomy | None, seen: Sequence[str]) -> list[HeadLabels]:
    """Return the multi heads whose labels are described and that no ticket carries, each with why it is not learnt.

    The description of one label among others can be compared with theirs, and the nearest wins. Whether a label of a
    list fits at all is a question of a threshold, which only tickets with and without it can set.
    """
    told = (
        "no ticket has a list of its labels yet. Descriptions say which label fits best, not how many fit, so they "
        f"suggest none: tag tickets; a label is learnt from {TEACHES} of them on."
    )
    declared = multis_of(taxonomy.declared) if taxonomy else ()
    return [
        HeadLabels(head, (), {}, 0, told, several=True)
        for head in declared
        if head not in seen and taxonomy is not None and taxonomy.labels(head)
    ]


def lesson_of(chosen: HeadLabels, tickets: Sequence[ClosedTicket], split: Split) -> Lesson:
    """Return what a head learns from."""
    return Lesson(chosen, [ticket.seen_sets.get(chosen.head) for ticket in tickets], split)
