"""Which heads a file can train: one for each label field, with the labels that enough tickets have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.tickets.closed_ticket import heads_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage.taxonomy.heads import Head
    from triage.tickets.closed_ticket import ClosedTicket


TEACHES = 8
"""A head is learnt once two of its labels have so many tickets,"""
TEACH_TOGETHER = 50
"""or once its labels have so many together: before that the labels' own words say more than the tickets."""


@dataclass(frozen=True, slots=True)
class HeadLabels:
    """The labels of one head: those learnt, and those too rare to be."""

    head: str
    learnt: tuple[str, ...]
    rare: Mapping[str, int]
    n: int
    """Tickets that carry a learnt label."""
    lacking: str | None = None
    """Why it cannot be learnt though enough tickets carry its labels."""
    order: tuple[str, ...] = ()
    """Of an ordinal head: its labels, from one end to the other."""
    several: bool = False
    """Whether a ticket has any number of its labels."""

    @property
    def problem(self) -> str | None:
        """Why there is no head, in words; None where there is one."""
        if self.lacking is not None:
            return f"{self.head}: {self.lacking}"
        if self.several or len(self.learnt) > 1:
            return None
        return f"{self.head}: only {len(self.learnt)} label has enough tickets; a head needs two."


def choose(tickets: Sequence[ClosedTicket], minimum_support: int, declared: Sequence[Head] = ()) -> list[HeadLabels]:
    """Return the label fields that any ticket carries, with their labels in alphabetical order."""
    chosen, orders = [], {head.name: head.order for head in declared}
    for head in heads_of(tickets):
        support = Counter(ticket.labels[head] for ticket in tickets if head in ticket.labels)
        if support:
            learnt = tuple(sorted(label for label, n in support.items() if n >= minimum_support))
            rare = {label: n for label, n in sorted(support.items()) if n < minimum_support}
            n = sum(support[label] for label in learnt)
            chosen.append(
                HeadLabels(
                    head, learnt, rare, n, _too_few(support, n) if len(learnt) > 1 else None, orders.get(head, ())
                )
            )
    return chosen


def _too_few(support: Counter[str], n: int) -> str | None:
    frequent = sum(each >= TEACHES for each in support.values())
    if frequent > 1 or n >= TEACH_TOGETHER:
        return None
    return f"{n} tickets; it takes {TEACHES} of each of two labels, or {TEACH_TOGETHER} in all."
