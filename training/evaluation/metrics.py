"""Metrics of a head on held-out tickets: accuracy, macro-F1, calibration, coverage and selective risk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import f1_score, precision_recall_fscore_support, roc_auc_score

from triage.model.head_entry import LabelFigures, Metrics, StepFigures, Trivial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CALIBRATION_BINS = 15


def measure(
    truth: Sequence[str],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    threshold: float,
    order: Sequence[str] = (),
) -> Metrics:
    """Measure one head.

    Parameters
    ----------
    truth
        The tickets' labels; one that the head does not know counts as an error.
    probabilities
        Shape (n, n_classes). What the head says.
    classes
        The head's labels, in the order of the columns.
    threshold
        Confidence from which a label is shown; `coverage` is the share shown, `selective_risk` the share of wrong ones
        among them (None where nothing is shown).
    order
        Of an ordinal head: its labels, from one end to the other.

    Returns
    -------
    Metrics
        Without tickets nothing but that there are none.
    """
    if not truth:
        return Metrics(n=0)
    guesses = np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)].tolist()
    confidence = probabilities.max(axis=1)
    right = np.array([guess == label for guess, label in zip(guesses, truth, strict=True)])
    shown = confidence >= threshold
    return Metrics(
        n=len(truth),
        accuracy=float(right.mean()),
        macro_f1=macro_f1(truth, guesses),
        by_chance=agreement_by_chance(truth, guesses),
        per_class=per_class(truth, guesses),
        ece=expected_calibration_error(confidence, right),
        coverage=float(shown.mean()),
        selective_risk=float((~right[shown]).mean()) if shown.any() else None,
        threshold=threshold,
        steps=steps_off(truth, guesses, order),
    )


def steps_off(truth: Sequence[str], guesses: Sequence[str], order: Sequence[str]) -> StepFigures | None:
    """Return how many steps of an order guesses are off; None where no ticket has two labels of the order."""
    place = {label: number for number, label in enumerate(order)}
    pairs = zip(truth, guesses, strict=True)
    off = np.array([abs(place[label] - place[guess]) for label, guess in pairs if label in place and guess in place])
    if not len(off):
        return None
    shares = {"off_by_one": float((off == 1).mean()), "further_off": float((off > 1).mean())}
    return StepFigures(n=len(off), mean_absolute_error=float(off.mean()), **shares)


def trivial(truth: Sequence[str], learnt_from: Sequence[str]) -> Trivial:
    """Measure the rule that always says the most frequent label of the tickets it learnt from."""
    label = Counter(learnt_from).most_common(1)[0][0]
    guesses = [label] * len(truth)
    if not truth:
        return Trivial(label=label, n=0)
    accuracy = sum(label == each for each in truth) / len(truth)
    return Trivial(label=label, n=len(truth), accuracy=accuracy, macro_f1=macro_f1(truth, guesses))


def agreement_by_chance(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Return how often labels and guesses of these frequencies agree when they have nothing to do with each other.

    The expected agreement of Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    ours, theirs = Counter(truth), Counter(guesses)
    return sum(n * theirs[label] for label, n in ours.items()) / (len(truth) * len(guesses))


def macro_f1(truth: Sequence[str], guesses: Sequence[str]) -> float:
    """Return the mean F1 over the labels that occur in truth or guesses."""
    return float(f1_score(truth, guesses, average="macro", zero_division=0))


def per_class(truth: Sequence[str], guesses: Sequence[str]) -> dict[str, LabelFigures]:
    """Return precision, recall, F1 and n of each label that occurs."""
    labels = sorted({*truth, *guesses})
    table = precision_recall_fscore_support(truth, guesses, labels=labels, zero_division=0)
    return {
        label: LabelFigures(precision=float(p), recall=float(r), f1=float(f1), n=int(n))
        for label, p, r, f1, n in zip(labels, *table, strict=True)
    }


def expected_calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy over 15 equal bins, weighted by n (Naeini et al. 2015)."""
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, right - confidence, CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """Texts behind the foreign-text gate: how familiar they are (n,), and which it calls foreign (n,)."""

    scores: NDArray[np.float64]
    foreign: NDArray[np.bool_]

    def part(self, rows: Sequence[int] | slice) -> Gated:
        """Return some of the texts."""
        return Gated(self.scores[rows], self.foreign[rows])


def out_of_scope(inside: Gated, outside: Gated) -> dict[str, float]:
    """Measure how well the gate tells the desk's tickets from foreign texts.

    Parameters
    ----------
    inside
        The desk's tickets, which the model was not fitted on.
    outside
        Texts that belong to no label.

    Returns
    -------
    dict
        `ood_auroc`, the ROC area of the scores; `familiar`, the share of the desk's tickets that the gate lets through;
        `ood_recall`, the share of foreign texts that it calls foreign.
    """
    labels = np.concatenate((np.ones(len(inside.scores)), np.zeros(len(outside.scores))))
    return {
        "ood_auroc": float(roc_auc_score(labels, np.concatenate((inside.scores, outside.scores)))),
        "familiar": float(1 - inside.foreign.mean()),
        "ood_recall": float(outside.foreign.mean()),
    }
