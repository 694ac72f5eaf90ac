"""The learning curve: a quick head on growing shares of the tickets, measured on the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import RidgeClassifier

from training.evaluation.metrics import macro_f1
from triage.model.refit_record import CurvePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.data.splits import Split
    from triage.tickets.closed_ticket import ClosedTicket

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
_DRAWS = 3
_FEWEST = 20
_MOST_TAUGHT, _MOST_MEASURED = 20_000, 5_000
SEED = 20260302


def by_head(
    tickets: Sequence[ClosedTicket], vectors: NDArray[np.float32], heads: Sequence[str], split: Split
) -> dict[str, tuple[CurvePoint, ...]]:
    """Return each head's learning curve: see `learning_curve`."""
    found = {}
    for head in heads:
        own = np.array([ticket.labels.get(head) for ticket in tickets], dtype=object)
        teach, hold_out = (rows[own[rows] != None] for rows in (split.older, split.hold_out))  # noqa: E711 - elementwise
        found[head] = learning_curve(
            (vectors[teach], own[teach].astype(str)), (vectors[hold_out], own[hold_out].astype(str))
        )
    return found


def learning_curve(
    taught: tuple[NDArray[np.float32], NDArray[np.str_]], measured: tuple[NDArray[np.float32], NDArray[np.str_]]
) -> tuple[CurvePoint, ...]:
    """Fit a quick head on growing random shares of the tickets.

    Parameters
    ----------
    taught
        Sentence vectors (n, dim) and labels (n,) to learn from; of more than 20,000 a sample.
    measured
        Vectors (m, dim) and labels (m,) of tickets that are newer; of more than 5,000 the newest.

    Returns
    -------
    tuple of CurvePoint
        For a sixteenth, an eighth, a quarter, a half and all tickets: n; accuracy and macro_f1, means over three draws;
        lowest and highest accuracy among them. Ridge regression to one column a label: it takes a second where the
        heads that serve take minutes, and it is the slope that counts. Shares of fewer than 20 tickets are left out.
    """
    vectors, labels = taught
    newest, truth = measured[0][-_MOST_MEASURED:], measured[1][-_MOST_MEASURED:].tolist()
    if not truth:
        return ()
    random = np.random.default_rng(SEED)
    orders = [random.permutation(len(labels))[:_MOST_TAUGHT] for _ in range(_DRAWS)]
    points = []
    for share in SHARES:
        n = round(share * len(orders[0]))
        draws = [order[:n] for order in orders if n >= _FEWEST and len(set(labels[order[:n]])) > 1]
        fits = [_tried(vectors[rows], labels[rows], newest, truth) for rows in (draws if share < 1 else draws[:1])]
        if fits:
            accuracies, scores = zip(*fits, strict=True)
            points.append(
                CurvePoint(
                    n=n,
                    accuracy=float(np.mean(accuracies)),
                    macro_f1=float(np.mean(scores)),
                    lowest=min(accuracies),
                    highest=max(accuracies),
                )
            )
    return tuple(points)


def last_doubling(curve: Sequence[CurvePoint]) -> float | None:
    """Return the accuracy that the second half of the tickets has won; None where the curve does not tell."""
    if len(curve) < 2:
        return None
    return curve[-1].accuracy - curve[-2].accuracy


def _tried(
    vectors: NDArray[np.float32], labels: NDArray[np.str_], newest: NDArray[np.float32], truth: Sequence[str]
) -> tuple[float, float]:
    guesses = RidgeClassifier(alpha=1.0).fit(vectors, labels).predict(newest).tolist()
    return float(np.mean([guess == label for guess, label in zip(guesses, truth, strict=True)])), macro_f1(
        truth, guesses
    )
