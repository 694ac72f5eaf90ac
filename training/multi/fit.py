"""Fit a multi head: one logistic regression a label, calibrated and certified label by label.

    fit        the trial, of each strength that is tried
    calibrate  the strength; slope and offset of each label's probability (Platt 1999); from when on a label is shown
               (the threshold of the best F1); the thresholds that are tested
    hold out   figures, and the test of each label's threshold by the head that serves

What is promised holds for all labels at once: each is tested at delta / number of tested labels, a union bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, precision_recall_curve

from training.classifiers.projection import basis_of
from training.errors import ParityLost
from training.evaluation.certificates import Target
from training.multi.certifying import Sides, audit_ladders, certify
from triage.model.classifier import Weights
from triage.model.multi.head import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.classifiers.features import Features
    from training.classifiers.projection import Basis
    from training.config import RefitConfig
    from training.evaluation.certificates import Certification
    from training.multi.certifying import Steps
    from training.multi.lessons import Lesson

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

FEWEST = 10
"""Calibration tickets with a label, and without it, from which on its probability is calibrated by itself."""
SUGGEST = (0.05, 0.5)
"""Where the threshold of the best F1 may lie; of a label with too few tickets it is the higher one."""
COMPARED = 10
"""Strengths are compared on so many labels, the most frequent."""
STEPS = 3
"""Of `fit`, for who shows progress."""
WEIGHT = 0.4
"""How much the n-grams count beside the pools."""
_MOST_ITERATIONS = 300


@dataclass(frozen=True, slots=True, eq=False)
class FittedMulti:
    """A multi head as it serves, and what it says of the held-out tickets at `rows`."""

    lesson: Lesson
    weights: Weights
    strength: float
    suggest_at: Floats
    rows: Rows
    probabilities: Floats
    withheld: Bools
    """Held-out tickets that are foreign: serving gives them no label, (n_rows,)."""
    tested: tuple[Certification, ...]
    """By label."""
    ladders: tuple[Steps | None, ...]
    """By label, what an audit tests; of a cross-fitted head nothing, because the head learnt from all tickets."""
    parity: float

    @property
    def truth(self) -> Bools:
        """Which labels the held-out tickets carry, (n_rows, n_labels)."""
        return self.lesson.truth(self.rows)

    @property
    def shown(self) -> Bools:
        """Which they get, (n_rows, n_labels)."""
        return np.asarray((self.probabilities >= self.suggest_at) & ~self.withheld[:, None], dtype=bool)

    @property
    def applied(self) -> Bools:
        """Which they get by themselves, (n_rows, n_labels)."""
        at = [each.passed.threshold if each.passed else np.inf for each in self.tested]
        return np.asarray((self.probabilities >= np.array(at)) & ~self.withheld[:, None], dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class _Linear:
    """Weights (n_features, n_labels) and intercept (n_labels,) of all labels, and how the n-grams were weighed."""

    coefficients: Floats
    intercept: Floats

    def scores(self, features: Features, rows: Rows) -> Floats:
        parts, cut = features.parts(rows), features.centres.size
        found = parts.dense @ self.coefficients[:cut] + parts.ngrams @ self.coefficients[cut:] + self.intercept
        return np.asarray(found, dtype=np.float64)

    def scaled(self, slope: Floats, offset: Floats) -> _Linear:
        return _Linear(self.coefficients * slope, self.intercept * slope + offset)


def fit(
    lesson: Lesson, features: tuple[Features, Features], foreign: Bools, config: RefitConfig, told: Callable[[], None]
) -> FittedMulti:
    """Fit, calibrate and certify a multi head.

    Parameters
    ----------
    lesson
        Labels, and the split.
    features
        As the fitting slice teaches them, and as all tickets but the held-out slice do.
    foreign
        Shape (n_tickets,). Which tickets that calibrate and measure the foreign-text gate takes out.
    config
        Strengths to try, and targets.
    told
        Called after each of `STEPS` steps.

    Returns
    -------
    FittedMulti

    Raises
    ------
    ParityLost
        The weights that serve give other probabilities than scikit-learn.
    """
    trial, served = features
    split = lesson.split
    known, held = lesson.rows(split.calibrate), lesson.rows(split.hold_out)
    strength = _best_strength(lesson, trial, config)
    told()
    if split.folds is None:
        fitted = _fitted(lesson, strength, lesson.rows(split.fit), trial)
        told()
        before = fitted.scores(trial, known)
        final = _fitted(lesson, strength, lesson.rows(split.teach), served)
        after = final.scores(served, held)
    else:
        final = _fitted(lesson, strength, lesson.rows(split.teach), served)
        told()
        unseen = _unseen(lesson, strength, served, split.folds)
        before, after = unseen[known], unseen[held]
    told()
    truth = lesson.truth(known)
    slope, offset = calibration(before, truth)
    calibrated, probabilities = sigmoid(before * slope + offset), sigmoid(after * slope + offset)
    scaled = final.scaled(slope, offset)
    sides = Sides(calibrated, truth, foreign[known]), Sides(probabilities, lesson.truth(held), foreign[held])
    cut, target = served.centres.size, Target(config.certificate.alpha, config.certificate.delta)
    return FittedMulti(
        lesson=lesson,
        weights=Weights(
            scaled.coefficients[:cut].astype(np.float32),
            scaled.coefficients[cut:].astype(np.float32),
            scaled.intercept.astype(np.float32),
            1.0,
        ),
        strength=strength,
        suggest_at=np.array([_suggest_at(*column) for column in zip(calibrated.T, truth.T, strict=True)]),
        rows=held,
        probabilities=probabilities,
        withheld=foreign[held],
        tested=certify(sides, target),
        ladders=audit_ladders(sides, target) if split.folds is None else (None,) * len(lesson.labels),
        parity=_parity(lesson.head, scaled, served, lesson.rows(split.teach)),
    )


def _best_strength(lesson: Lesson, features: Features, config: RefitConfig) -> float:
    """Return the strength under which the calibration tickets' most frequent labels are likeliest."""
    strengths = config.head.strengths
    rows, known = lesson.rows(lesson.split.fit), lesson.rows(lesson.split.calibrate)
    if len(strengths) == 1 or lesson.split.folds is not None or not len(known):
        return sorted(strengths)[len(strengths) // 2]
    most = np.argsort(-lesson.truth(rows).sum(axis=0), kind="stable")[:COMPARED]
    truth = lesson.truth(known)[:, most]
    losses = {}
    for strength in strengths:
        found = sigmoid(_fitted(lesson, strength, rows, features, most).scores(features, known))
        losses[strength] = sum(
            log_loss(truth[:, column], found[:, column], labels=[False, True]) for column in range(len(most))
        )
    return min(losses, key=lambda each: losses[each])


def _fitted(lesson: Lesson, strength: float, rows: Rows, features: Features, columns: Rows | None = None) -> _Linear:
    """Fit the labels one by one, in the few directions in which the tickets vary; carry the weights back."""
    basis = features.projection if np.array_equal(rows, features.rows) else basis_of(features.parts(rows))
    return _one_versus_rest(lesson, strength, rows, (features, basis), columns)


def _one_versus_rest(
    lesson: Lesson, strength: float, rows: Rows, seen: tuple[Features, Basis], columns: Rows | None = None
) -> _Linear:
    features, basis = seen
    truth = lesson.truth(rows)
    truth = truth if columns is None else truth[:, columns]
    inputs = basis.within(features.parts(rows), WEIGHT)
    small, intercept = np.zeros((inputs.shape[1], truth.shape[1])), np.zeros(truth.shape[1])
    for column in range(truth.shape[1]):
        own = truth[:, column]
        if own.all() or not own.any():  # nothing to tell apart: in a fold, or before the label began
            intercept[column] = 10.0 if own.all() and len(own) else -10.0
            continue
        model = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS).fit(inputs, own)
        small[:, column], intercept[column] = model.coef_[0], model.intercept_[0]
    return _Linear(basis.back(small, WEIGHT), intercept)


def _unseen(lesson: Lesson, strength: float, features: Features, folds: Rows) -> Floats:
    """Return scores of all tickets, (n_tickets, n_labels), each by its like without the ticket's fold."""
    known = lesson.rows(np.arange(len(folds)))
    found = np.zeros((len(folds), len(lesson.labels)))
    basis = features.projection
    for fold in np.unique(folds).tolist():
        others = known[folds[known] != fold]
        like = _one_versus_rest(lesson, strength, others, (features, basis))
        own = np.flatnonzero(folds == fold)
        found[own] = like.scores(features, own)
    return found


def calibration(scores: Floats, truth: Bools) -> tuple[Floats, Floats]:
    """Return slope and offset of each label's score, (n_labels,) each; few tickets share those of all labels."""
    shared = _platt(scores.ravel(), truth.ravel()) or (1.0, 0.0)
    pairs = []
    for own, right in zip(scores.T, truth.T, strict=True):
        enough = min(int(right.sum()), int((~right).sum())) >= FEWEST
        pairs.append((_platt(own, right) if enough else None) or shared)
    slope, offset = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return slope, offset


def _platt(scores: Floats, right: Bools) -> tuple[float, float] | None:
    """Return slope and offset that make held-out labels likeliest; None where they cannot be told apart."""
    if right.all() or not right.any():
        return None
    model = LogisticRegression(C=1e3).fit(scores[:, None], right)
    slope = float(model.coef_[0, 0])
    return (slope, float(model.intercept_[0])) if slope > 0 else None


def _suggest_at(probabilities: Floats, right: Bools) -> float:
    """Return the threshold of the best F1 on the calibration slice, within bounds."""
    if right.sum() < FEWEST:
        return SUGGEST[1]
    precision, recall, thresholds = precision_recall_curve(right, probabilities)
    both = precision[:-1] + recall[:-1]
    f1 = np.divide(2 * precision[:-1] * recall[:-1], both, out=np.zeros_like(both), where=both > 0)
    # rounded down: rounded up, it would shut out the very ticket that it was read from
    found = np.floor(float(thresholds[int(f1.argmax())]) * 10_000) / 10_000
    return float(np.clip(found, *SUGGEST))


def _parity(head: str, scaled: _Linear, features: Features, rows: Rows) -> float:
    """Return the largest difference of the rounded weights that serve. Raises `ParityLost`."""
    some = rows[:256]
    exact = sigmoid(scaled.scores(features, some))
    rounded = _Linear(scaled.coefficients.astype(np.float32), scaled.intercept.astype(np.float32))
    found = float(np.abs(exact - sigmoid(rounded.scores(features, some))).max()) if len(some) else 0.0
    if not found <= 1e-5:
        raise ParityLost(head, found, 1e-5)
    return found
