"""The most confident errors, with the nearest tickets that the head learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.classifiers.fit import FittedHead
    from triage.tickets.closed_ticket import ClosedTicket

SHOWN, NEIGHBOURS = 8, 5
LONGEST = 160
"""Characters of a ticket that the report quotes: enough to judge the label, too few to retell the ticket."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutTickets:
    """The tickets of a refit in order of time, with their redacted texts and sentence vectors (n, dim)."""

    tickets: Sequence[ClosedTicket]
    texts: Sequence[str]
    vectors: NDArray[np.float32]
    taught: NDArray[np.int64]
    """Positions of the tickets that the heads were fitted on."""

    def truth(self, head: FittedHead) -> list[str]:
        """Return the labels of the tickets that measured a head, in its order."""
        return [self.tickets[row].labels[head.labels.head] for row in head.measured.rows.tolist()]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A ticket that the head learnt from: its label there, and its cosine similarity."""

    id: str
    label: str
    similarity: float


@dataclass(frozen=True, slots=True)
class WorstError:
    """A ticket whose label was guessed wrong with confidence."""

    id: str
    excerpt: str
    truth: str
    guess: str
    confidence: float
    nearest: tuple[Neighbour, ...]

    @property
    def evidence(self) -> str:
        """What the nearest tickets say, in words."""
        n = len(self.nearest)
        guess, truth = (sum(each.label == label for each in self.nearest) for label in (self.guess, self.truth))
        if 2 * guess > n and not truth:
            return f"{guess} of the {n} nearest tickets are {self.guess}, none is {self.truth}: is the label right?"
        return f"Of the {n} nearest tickets {guess} are {self.guess}, {truth} {self.truth}."


def worst_errors(head: FittedHead, material: HeldOutTickets) -> list[WorstError]:
    """Find the surest errors of a head.

    Parameters
    ----------
    head
        With what it said of the tickets that measured it.
    material
        Where those tickets and their neighbours are.

    Returns
    -------
    list of WorstError
        At most eight, the most confident first.
    """
    measured, truth = head.measured, material.truth(head)
    guesses = [measured.classes[column] for column in measured.probabilities.argmax(axis=1)]
    confidence = measured.probabilities.max(axis=1)
    wrong = [i for i, (guess, label) in enumerate(zip(guesses, truth, strict=True)) if guess != label]
    wrong = sorted(wrong, key=lambda i: -confidence[i])[:SHOWN]
    rows = measured.rows[wrong].tolist()
    near = _nearest(rows, head.labels.head, material)
    return [
        WorstError(
            id=material.tickets[row].id,
            excerpt=excerpt(material.texts[row]),
            truth=truth[i],
            guess=guesses[i],
            confidence=float(confidence[i]),
            nearest=nearest,
        )
        for i, row, nearest in zip(wrong, rows, near, strict=True)
    ]


def excerpt(text: str) -> str:
    """Return the beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _nearest(rows: Sequence[int], head: str, material: HeldOutTickets) -> list[tuple[Neighbour, ...]]:
    pool = np.array([row for row in material.taught.tolist() if head in material.tickets[row].labels], dtype=np.int64)
    if not len(rows) or not len(pool):
        return [() for _ in rows]
    cosines = material.vectors[list(rows)] @ material.vectors[pool].T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
    return [
        tuple(
            Neighbour(ticket.id, ticket.labels[head], float(cosines[i, place]))
            for place, ticket in ((place, material.tickets[pool[place]]) for place in places.tolist())
        )
        for i, places in enumerate(order)
    ]
