"""One head: candidates compared, the winner calibrated, fitted on all but the newest tickets, certified on those.

    oldest  fit        candidates are compared inside it; the winner's trial is fitted on it
            calibrate  on the trial: temperature, suggestion threshold, the certificate's thresholds and their order
    newest  hold out   metrics and certificate of the head that serves, which is fitted on `fit` and `calibrate`

Nothing is refitted afterwards: a certificate is of one head, not of its likeness.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from training import calibration, certificates, evaluation
from training.certificates import Certification, Evidence, Target
from training.estimators import LinearHead
from training.features import joined
from training.splits import sorted_by_label
from triage.classifier import softmax

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from training.config import RefitConfig
    from training.labels import HeadLabels
    from training.splits import Split

    Rows = NDArray[np.int64]

THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Sentence vectors (n, dim) and n-grams (n, n_features) of all tickets, in order of time."""

    vectors: NDArray[np.float32]
    ngrams: sparse.csr_array

    def joined(self, rows: Rows, vector_weight: float) -> sparse.csr_array:
        """Return what a head sees of some tickets."""
        return joined(self.vectors[rows], self.ngrams[rows], vector_weight)


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting of a head and how it did when the candidates were compared (None where there was but one)."""

    strength: float
    vector_weight: float
    accuracy: float | None = None
    macro_f1: float | None = None

    @property
    def merit(self) -> float:
        """What the candidates are ordered by: rare labels count as much as frequent ones do."""
        return (self.accuracy or 0.0) + (self.macro_f1 or 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fitted head with the weight of the vectors that it was fitted with."""

    model: LinearHead
    vector_weight: float

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in the order of the columns."""
        return tuple(map(str, self.model.classes_))

    def scores(self, features: Features, rows: Rows) -> NDArray[np.float64]:
        """Return margins, (n_rows, n_classes)."""
        if not len(rows):
            return np.empty((0, len(self.classes)))
        return self.model.scores(features.joined(rows, self.vector_weight))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What a head says of tickets that it has not seen: probabilities (n, n_classes) of the tickets at `rows`."""

    rows: Rows
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    metrics: Mapping[str, Any]
    trivial: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head as it serves, what it did on the newest tickets, and what was certified there."""

    labels: HeadLabels
    trained: Trained
    temperature: float
    suggest_at: float
    candidates: tuple[Choice, ...]
    choice: Choice
    measured: Measured
    certification: Certification
    certifiable: Sequence[Mapping[str, Any]]
    """Coverage that could be certified at other risks, beside an oracle's."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One head's labels over all tickets (None where a ticket has none), and how the tickets are split."""

    labels: HeadLabels
    own: NDArray[np.object_]
    split: Split

    def learnt(self, rows: Rows) -> Rows:
        """Keep the tickets whose label is learnt."""
        learnt = set(self.labels.learnt)
        return np.array([row for row in rows.tolist() if self.own[row] in learnt], dtype=np.int64)

    def labelled(self, rows: Rows) -> Rows:
        """Keep the tickets that have a label, known or not."""
        return np.array([row for row in rows.tolist() if self.own[row] is not None], dtype=np.int64)


def choose(lesson: Lesson, features: Features, config: RefitConfig) -> list[Choice]:
    """Compare the candidates on the newer part of the fitting slice.

    Parameters
    ----------
    lesson
        The head's labels.
    features
        N-grams weighed by the fitting slice alone.
    config
        The candidates.

    Returns
    -------
    list of Choice
        With accuracy and macro-F1, where there was something to compare.
    """
    head = config.head
    choices = [Choice(strength, weight) for strength in head.strengths for weight in head.vector_weights]
    train, test = _inner_split(lesson, lesson.learnt(lesson.split.fit)[-head.selection_tickets :], head.selection_share)
    if len(choices) == 1 or len(set(lesson.own[train])) < 2 or not len(test):
        return choices[:1]
    truth = lesson.own[test].tolist()

    def tried(choice: Choice) -> Choice:
        trained = _trained(lesson, features, train, choice)
        columns = trained.scores(features, test).argmax(axis=1)
        guesses = [trained.classes[column] for column in columns]
        accuracy = float(np.mean([guess == label for guess, label in zip(guesses, truth, strict=True)]))
        return Choice(choice.strength, choice.vector_weight, accuracy, evaluation.macro_f1(truth, guesses))

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(tried, choices))


def fit(lesson: Lesson, trial: Features, served: Features, config: RefitConfig, target: Target) -> FittedHead:
    """Fit one head.

    Parameters
    ----------
    lesson
        The head's labels and the split.
    trial
        N-grams weighed by the fitting slice alone: for everything that is chosen.
    served
        N-grams weighed by all tickets but the held-out slice: for the head that serves.
    config
        Candidates and targets.
    target
        Risk and confidence of this head's certificate.

    Returns
    -------
    FittedHead
        The held-out slice measured and certified it, and had no part in anything else.
    """
    candidates = choose(lesson, trial, config)
    choice = max(candidates, key=lambda each: each.merit)
    tried = _trained(lesson, trial, lesson.learnt(lesson.split.fit), choice)
    temperature, suggest_at, before = _calibrated(tried, lesson, trial, config)
    trained = _trained(lesson, served, lesson.learnt(lesson.split.teach), choice)
    measured, evidence = _measured(trained, lesson, served, (temperature, suggest_at))
    steps = certificates.ladder(before, target, suggest_at)
    return FittedHead(
        labels=lesson.labels,
        trained=trained,
        temperature=temperature,
        suggest_at=suggest_at,
        candidates=tuple(candidates),
        choice=choice,
        measured=measured,
        certification=certificates.certify(steps, evidence, target),
        certifiable=certificates.certifiable(before, evidence, target.delta, suggest_at),
    )


def _calibrated(
    tried: Trained, lesson: Lesson, features: Features, config: RefitConfig
) -> tuple[float, float, Evidence]:
    """Return temperature, suggestion threshold, and what they make of the calibration slice."""
    rows = lesson.labelled(lesson.split.calibrate)
    scores = tried.scores(features, rows)
    column = {label: i for i, label in enumerate(tried.classes)}
    truth = np.array([column.get(label, -1) for label in lesson.own[rows]], dtype=np.int64)
    temperature = calibration.temperature(scores, truth)
    evidence = _evidence(softmax(scores / temperature), tried.classes, lesson.own[rows])
    wanted = config.suggest
    suggest_at = calibration.suggest_at(
        evidence.confidence, evidence.right, accuracy=wanted.accuracy, lowest=wanted.lowest
    )
    return temperature, suggest_at, evidence


def _measured(
    trained: Trained, lesson: Lesson, features: Features, found: tuple[float, float]
) -> tuple[Measured, Evidence]:
    temperature, suggest_at = found
    rows = lesson.labelled(lesson.split.hold_out)
    probabilities = softmax(trained.scores(features, rows) / temperature)
    truth = lesson.own[rows].tolist()
    measured = Measured(
        rows,
        trained.classes,
        probabilities,
        evaluation.measure(truth, probabilities, trained.classes, suggest_at),
        evaluation.trivial(truth, lesson.own[lesson.learnt(lesson.split.teach)].tolist()),
    )
    return measured, _evidence(probabilities, trained.classes, lesson.own[rows])


def _evidence(probabilities: NDArray[np.float64], classes: Sequence[str], truth: NDArray[np.object_]) -> Evidence:
    """Compare best labels with the true ones; a label that the head does not know makes it wrong."""
    guesses = np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)]
    return Evidence(probabilities.max(axis=1), np.asarray(guesses == truth, dtype=bool))


def _inner_split(lesson: Lesson, rows: Rows, share: float) -> tuple[Rows, Rows]:
    """Cut off the end; of tickets sorted by label take every k-th instead."""
    cut = int(len(rows) * (1 - share))
    train, test = rows[:cut], rows[cut:]
    if not sorted_by_label(lesson.own[rows].tolist()):
        return train, test
    every = np.arange(len(rows)) % round(1 / share) == 0
    return rows[~every], rows[every]


def _trained(lesson: Lesson, features: Features, rows: Rows, choice: Choice) -> Trained:
    model = LinearHead(strength=choice.strength)
    model.fit(features.joined(rows, choice.vector_weight), lesson.own[rows].astype(str))
    return Trained(model, choice.vector_weight)
