"""Heads that are not shipped: nothing to tell apart in the older tickets, or no better than the most frequent label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation import metrics as evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.classifiers.features import Features
    from training.classifiers.fit import Tried
    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from triage.tickets.closed_ticket import ClosedTicket

SAYS_ENOUGH = 30
"""Tickets: fewer cannot show that a head is worse than the most frequent label."""


def uniform(heads: Sequence[HeadLabels], tickets: Sequence[ClosedTicket], split: Split) -> dict[str, str]:
    """Return by head why it cannot be learnt: the tickets that fit have fewer than two of its labels."""
    found = {}
    for head in heads:
        older = {tickets[row].labels.get(head.head) for row in split.fit.tolist()} & set(head.learnt)
        if len(older) < 2:
            only = f"all older tickets are {next(iter(older))}" if older else "no older ticket has a label"
            found[head.head] = f"{only}; a head needs two labels in the oldest {len(split.fit)} tickets."
    return found


def below_majority(tried: Sequence[Tried], trial: Features) -> dict[str, str]:
    """Return by head why it is not shipped: on the calibration slice the most frequent label does better.

    Both are compared by accuracy plus macro-F1, as candidates are: finding rare labels counts as much as being right.
    """
    found = {}
    for each in tried:
        lesson = each.lesson
        rows = lesson.labelled(lesson.split.calibrate)
        if len(rows) < SAYS_ENOUGH:
            continue
        truth = lesson.own[rows].tolist()
        guesses = np.array(each.trained.classes)[each.trained.scores(trial, rows).argmax(axis=1)].tolist()
        rule = evaluation.trivial(truth, lesson.own[lesson.learnt(lesson.split.teach)].tolist())
        accuracy = float(np.mean([guess == label for guess, label in zip(guesses, truth, strict=True)]))
        if accuracy + evaluation.macro_f1(truth, guesses) < (rule.accuracy or 0) + (rule.macro_f1 or 0):
            found[lesson.labels.head] = (
                f"right for {accuracy:.0%} of {len(rows)} newer tickets, but always saying {rule.label} is right for "
                f"{rule.accuracy:.0%}: a head that is worse than this rule is not shipped."
            )
    return found
