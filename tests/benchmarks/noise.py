"""Labels made wrong on purpose, and what reviewing them in some order wins: the measure of the relabelling queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from training.data_quality.label_errors import doubts
from training.data_quality.near_duplicates import Neighbours
from training.data_quality.out_of_fold import out_of_fold

Labels = NDArray[np.object_]
RANDOM_ORDERS = 2
STRENGTH = 5.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Tickets with their true labels: features (n, n_features), neighbours, groups; and those that measure."""

    features: NDArray[np.float64]
    near: Neighbours
    groups: NDArray[np.int64]
    truth: Labels
    test_features: NDArray[np.float64]
    test_truth: Labels


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well the queue found the wrong labels, and macro-F1 before and after so many reviews."""

    noise: float
    base_rate: float
    average_precision: float
    reviews: int
    found: float
    f1_before: float
    f1_queue: float
    f1_random: float

    @property
    def per_100(self) -> tuple[float, float]:
        """Macro-F1 points won per 100 reviews: by the queue, by random review."""
        scale = 100 * 100 / self.reviews
        return (self.f1_queue - self.f1_before) * scale, (self.f1_random - self.f1_before) * scale


def flipped(
    truth: Labels, rate: float, random: np.random.Generator, confusable: dict[str, str] | None = None
) -> Labels:
    """Return labels of which a share is wrong: any other, or the one that each is most confused with."""
    names = sorted(set(truth.tolist()))
    labels = truth.copy()
    for row in np.flatnonzero(random.random(len(truth)) < rate).tolist():
        own = truth[row]
        labels[row] = confusable[own] if confusable else random.choice([name for name in names if name != own])
    return labels


def confused_with(context: Ground) -> dict[str, str]:
    """Return the label that each label's tickets are most often taken for, out of fold on true labels."""
    found = out_of_fold(context.features, context.truth.tolist(), context.groups, context.near)
    assert found is not None
    mean = np.array([found.probabilities[found.codes == code].mean(axis=0) for code in range(len(found.classes))])
    np.fill_diagonal(mean, -1)
    return {label: found.classes[mean[code].argmax()] for code, label in enumerate(found.classes)}


def outcome(context: Ground, labels: Labels, reviews: int, seed: int = 0) -> Outcome:
    """Review the first of the queue, and as many at random, and fit on what comes of it."""
    found = out_of_fold(context.features, labels.tolist(), context.groups, context.near)
    assert found is not None
    doubt = doubts(found)
    wrong = labels != context.truth
    order = np.argsort(-doubt, kind="stable")
    random = np.random.default_rng(seed)
    by_chance = [
        _macro_f1(context, _reviewed(context, labels, random.permutation(len(labels))[:reviews]))
        for _ in range(RANDOM_ORDERS)
    ]
    return Outcome(
        noise=float(wrong.mean()),
        base_rate=float(wrong.mean()),
        average_precision=float(average_precision_score(wrong, doubt)),
        reviews=reviews,
        found=float(wrong[order[:reviews]].sum() / wrong.sum()),
        f1_before=_macro_f1(context, labels),
        f1_queue=_macro_f1(context, _reviewed(context, labels, order[:reviews])),
        f1_random=float(np.mean(by_chance)),
    )


def _reviewed(context: Ground, labels: Labels, rows: Sequence[int] | NDArray[np.int64]) -> Labels:
    mended = labels.copy()
    mended[rows] = context.truth[rows]
    return mended


def _macro_f1(context: Ground, labels: Labels) -> float:
    """Fit softmax regression, as the heads that serve are, and measure it on true labels."""
    model = LogisticRegression(C=STRENGTH, tol=1e-3, max_iter=1000)
    model.fit(context.features, labels.astype(str))
    guesses = model.predict(context.test_features)
    return float(f1_score(context.test_truth.astype(str), guesses, average="macro"))
