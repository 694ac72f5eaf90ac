"""Checks of a refit's tickets that no metric shows: leaked labels, contradicting accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.data_quality import near_duplicates as likeness
from training.data_quality.contradicting_accounts import Contradiction, contradictions
from training.data_quality.label_leaks import Leak, leak
from training.data_quality.out_of_fold import OutOfFold, out_of_fold
from triage.model.refit_record import Care

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from training.data.labels import HeadLabels
    from triage.model.refit_record import ContradictionRecord, LeakRecord
    from triage.tickets.closed_ticket import ClosedTicket

_NEWEST = 0.15
_MOST = 20_000  # neighbours of all cost time by the square


@dataclass(frozen=True, slots=True, eq=False)
class TicketSet:
    """Tickets with what is derived from them once: texts, features (n, n_features), neighbours, groups kept apart."""

    tickets: Sequence[ClosedTicket]
    texts: Sequence[str]
    features: NDArray[np.float64]
    near: likeness.Neighbours
    repeats: likeness.Rows
    groups: likeness.Rows
    learnt: Mapping[str, Sequence[str]]

    @classmethod
    def of(
        cls,
        tickets: Sequence[ClosedTicket],
        vectors: NDArray[np.float32],
        heads: Sequence[HeadLabels],
        features: NDArray[np.float64] | None = None,
    ) -> TicketSet:
        """Derive it.

        Parameters
        ----------
        tickets
            In order of time.
        vectors
            Their sentence vectors, (n, dim).
        heads
            Labels to learn; a head with a problem is left out.
        features
            What the quick model sees, (n, n_features); without them, the vectors.

        Returns
        -------
        Desk
            Neighbours are found by the vectors.
        """
        texts = [ticket.text for ticket in tickets]
        near = likeness.neighbours(vectors)
        repeats = likeness.repeats(texts, near)
        groups = likeness.apart(repeats, [ticket.account for ticket in tickets])
        seen = vectors.astype(np.float64) if features is None else features
        learnt = {head.head: head.learnt for head in heads if head.problem is None}
        return cls(tickets, texts, seen, near, repeats, groups, learnt)

    def labels(self, head: str) -> list[str | None]:
        """Return a head's labels, None where a ticket has none that is learnt."""
        known = set(self.learnt[head])
        return [label if (label := ticket.labels.get(head)) in known else None for ticket in self.tickets]

    def out_of_fold(self, head: str) -> OutOfFold | None:
        """Return what others' tickets say of each ticket."""
        return out_of_fold(self.features, self.labels(head), self.groups, self.near)

    def leak(self, head: str) -> Leak | None:
        """Return a head's leak, be it in all tickets or only in the newest, on which the head is measured."""
        labels = self.labels(head)
        newest = int(len(labels) * (1 - _NEWEST))
        return leak(head, self.texts, labels) or leak(head, self.texts[newest:], labels[newest:])

    def contradictions(self, head: str, found: OutOfFold) -> list[Contradiction]:
        """Return the accounts whose labels of a head contradict the rest."""
        accounts = [ticket.account for ticket in self.tickets]
        return contradictions(head, found, accounts, [ticket.id for ticket in self.tickets], len(self.learnt))


def notice(
    tickets: Sequence[ClosedTicket],
    vectors: NDArray[np.float32],
    heads: Sequence[HeadLabels],
    progress: Callable[[int, int], None] | None = None,
) -> Care:
    """Look for what makes a bundle unfit to serve although its figures are good.

    Parameters
    ----------
    tickets
        In order of time; the newest 20,000 are looked at.
    vectors
        Their sentence vectors, (n, dim).
    heads
        Labels to learn.
    progress
        Called as progress(done, total) over the heads.

    Returns
    -------
    Care
        What the manifest keeps of it.
    """
    desk = TicketSet.of(tickets[-_MOST:], vectors[-_MOST:], heads)
    leaks: list[LeakRecord] = []
    authors: list[ContradictionRecord] = []
    for done, head in enumerate(desk.learnt, start=1):
        if (leaking := desk.leak(head)) is not None:
            leaks.append(leaking.to_record())
        if (found := desk.out_of_fold(head)) is not None:
            authors += [each.to_record() for each in desk.contradictions(head, found)]
        if progress is not None:
            progress(done, len(desk.learnt))
    return Care(leaks=tuple(leaks), authors=tuple(authors))
