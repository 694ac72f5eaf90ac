"""Cross-fitting for desks that cannot afford a hold-out: every ticket teaches, and every ticket measures.

The tickets fall into folds. What a fold's tickets are given is said by a model of the same recipe that has learnt from
the other folds; what serves has learnt from all of them. So figures and certificates are those of nearly the same head,
fitted on nine tenths of the tickets (Stone 1974; Bates, Hastie & Tibshirani 2024, "Cross-validation: what does it
estimate and how well does it do it?"). `docs/certificates.md` says what such a certificate promises, and what not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.classifiers.candidates import rung_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from training.classifiers.estimators import LinearHead
    from training.classifiers.features import Features
    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from triage.tickets.closed_ticket import ClosedTicket

    Rows = NDArray[np.int64]

AUDIT_TAKES = 150
"""Held-out tickets: with fewer an audit hardly ever certifies, and a few-shot head does not go without them."""


def called_for(head: HeadLabels, tickets: Sequence[ClosedTicket], split: Split) -> bool:
    """Say whether a head cannot afford a hold-out: it has few tickets a label, and few tickets in all."""
    held_out = sum(head.head in tickets[row].labels for row in split.hold_out.tolist())
    return is_small(head, held_out, (tickets[row].labels.get(head.head) for row in split.teach.tolist()))


def is_small(head: HeadLabels, held_out: float, labels: Iterable[str | None]) -> bool:
    """Say whether so many held-out tickets, and so many of each label that teach, are few."""
    return held_out < AUDIT_TAKES and rung_of([label for label in labels if label in head.learnt]) == "few_shot"


def able(heads: Sequence[HeadLabels], tickets: Sequence[ClosedTicket], folds: Rows) -> bool:
    """Say whether every head has two labels without any one fold, which all may be in that repeat each other."""
    for fold in np.unique(folds).tolist():
        others = [tickets[row].labels for row in np.flatnonzero(folds != fold).tolist()]
        if any(len({labels.get(head.head) for labels in others} & set(head.learnt)) < 2 for head in heads):
            return False
    return True


def sides(rows: Rows, folds: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Yield for each fold those of some tickets that teach, and those of the fold."""
    for fold in np.unique(folds).tolist():
        yield rows[folds[rows] != fold], rows[folds[rows] == fold]


def unseen_scores(
    fit: Callable[[Rows], LinearHead], classes: Sequence[str], rows: Rows, features: Features, folds: Rows
) -> NDArray[np.float64]:
    """Score every ticket by a model that has not learnt from its fold.

    Parameters
    ----------
    fit
        Fits the head's recipe on some tickets.
    classes
        Labels of the head that serves: the columns.
    rows
        The tickets whose label is learnt.
    features
        Of all tickets.
    folds
        Shape (n_tickets,).

    Returns
    -------
    ndarray of shape (n_tickets, n_classes)
        A label that only this fold has is as unlikely as the least likely of the others.
    """
    column = {label: i for i, label in enumerate(classes)}
    everything = np.arange(len(folds))
    found = np.empty((len(folds), len(classes)))
    for fold in np.unique(folds).tolist():
        asked = everything[folds == fold]
        model = fit(rows[folds[rows] != fold])
        scores = model.scores_of(features.parts(asked))
        known = [column[str(label)] for label in model.classes_]
        found[asked] = scores.min(axis=1, keepdims=True)
        found[np.ix_(asked, known)] = scores
    return found
