"""The held-out tickets of a refit with what its heads say of them, as `held_out` stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.bundles import held_out, multi_entries
from training.evaluation import slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.classifiers.fit import FittedHead
    from training.multi.fit import FittedMulti
    from triage.tickets.closed_ticket import ClosedTicket


def remembered(
    heads: Sequence[FittedHead],
    tickets: Sequence[ClosedTicket],
    texts: Sequence[str],
    multi: Sequence[FittedMulti] = (),
) -> list[held_out.HeldOut]:
    """Return the newest held-out tickets with what each head says of them: it has not learnt from them."""
    guesses: dict[int, dict[str, str]] = {}
    confidence: dict[int, dict[str, float]] = {}
    withheld: dict[int, list[str]] = {}
    sets: dict[int, dict[str, list[str]]] = {}
    guessed: dict[int, dict[str, list[str]]] = {}
    for fitted in heads:
        head, measured = fitted.labels.head, fitted.measured
        best = measured.probabilities.argmax(axis=1)
        for i, (row, column) in enumerate(zip(measured.rows.tolist(), best.tolist(), strict=True)):
            guesses.setdefault(row, {})[head] = measured.classes[column]
            confidence.setdefault(row, {})[head] = float(measured.probabilities[i, column])
            withheld.setdefault(row, []).extend([head] if measured.withheld[i] else [])
    sure: dict[int, dict[str, dict[str, float]]] = {}
    for each in multi:
        for row, labels, shown, likely in multi_entries.said(each, tickets):
            sets.setdefault(row, {})[each.lesson.head] = labels
            guessed.setdefault(row, {})[each.lesson.head] = shown
            sure.setdefault(row, {})[each.lesson.head] = likely
    return [
        held_out.HeldOut(
            tickets[row].id,
            texts[row],
            dict(tickets[row].labels),
            guesses.get(row, {}),
            confidence.get(row, {}),
            withheld.get(row, []),
            slices.facts_of(tickets[row]),
            sets.get(row, {}),
            guessed.get(row, {}),
            sure.get(row, {}),
        )
        for row in sorted({*guesses, *sets})[-held_out.MOST :]
    ]
