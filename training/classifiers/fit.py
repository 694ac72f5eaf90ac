"""Fit one head: compare candidates, calibrate the winner, fit it on all but the newest tickets, certify on those.

    oldest  fit        candidates are compared inside it; the winner's trial is fitted on it
            calibrate  on the trial: temperature, suggestion threshold, the certificate's thresholds and their order
    newest  hold out   metrics and certificate of the head that serves, which is fitted on `fit` and `calibrate`

A head with a certificate, or with a cut for urgent tickets, is not refitted afterwards: they are of one head and not of
its likeness. Another has nothing to lose, and is fitted once more on all tickets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from training.classifiers.candidates import best, rung_of
from training.classifiers.model_selection import choose, trained
from training.evaluation import calibration, slices
from training.evaluation import metrics as evaluation
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.certificates import Evidence, Target
from training.evaluation.urgency_cutoff import Judged
from triage.model.classifier import energy_of, softmax
from triage.model.urgency import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.classifiers.candidates import Choice
    from training.classifiers.estimators import LinearHead
    from training.classifiers.features import Features
    from training.config import RefitConfig
    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from training.evaluation.slices import Proof
    from triage.model.assessment import Rung
    from triage.model.head_entry import Metrics, Trivial
    from triage.model.urgency import Alarm

    Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fitted head."""

    model: LinearHead

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in the order of the columns."""
        return tuple(map(str, self.model.classes_))

    def scores(self, features: Features, rows: Rows) -> NDArray[np.float64]:
        """Return scores before the temperature, (n_rows, n_classes)."""
        if not len(rows):
            return np.empty((0, len(self.classes)))
        return self.model.scores_of(features.parts(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What the calibration slice set: temperature, from when on a label is shown, from when on a text is familiar."""

    temperature: float
    suggest_at: float
    familiar_at: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A head's predictions on unseen tickets: probabilities (n, n_classes) of the tickets at `rows`."""

    rows: Rows
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    metrics: Metrics
    trivial: Trivial


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head as it serves, what it did on the newest tickets, and what was certified there."""

    labels: HeadLabels
    trained: Trained
    temperature: float
    suggest_at: float
    familiar_at: float | None
    rung: Rung
    candidates: tuple[Choice, ...]
    choice: Choice
    measured: Measured
    proof: Proof
    taught_by_all: bool = False
    """Whether the held-out tickets taught it in the end: what was measured is its like, fitted without them."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadData:
    """One head's labels over all tickets (None where a ticket has none), their facts, and how they are split."""

    labels: HeadLabels
    own: NDArray[np.object_]
    facts: Sequence[slices.Facts]
    """Language, plan and channel of every ticket."""
    split: Split
    alarms: Mapping[int, Alarm] = field(default_factory=dict)
    """For the priority head: what the urgency lexicon finds in the tickets that calibrate and measure."""

    def learnt(self, rows: Rows) -> Rows:
        """Keep the tickets whose label is learnt."""
        learnt = set(self.labels.learnt)
        return np.array([row for row in rows.tolist() if self.own[row] in learnt], dtype=np.int64)

    def labelled(self, rows: Rows) -> Rows:
        """Keep the tickets that have a label, known or not."""
        return np.array([row for row in rows.tolist() if self.own[row] is not None], dtype=np.int64)

    def sliced(self, evidence: Evidence, rows: Rows) -> slices.Sliced:
        """Put the facts of the labelled ones of some tickets beside the evidence of them."""
        return slices.Sliced(evidence, [self.facts[row] for row in self.labelled(rows)])


def fit(lesson: HeadData, trial: Features, served: Features, config: RefitConfig, target: Target) -> FittedHead:
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
    rung = rung_of(lesson.own[lesson.learnt(lesson.split.teach)].tolist())
    older = lesson.learnt(lesson.split.fit)
    candidates = choose(lesson.own, older, trial, rung, config.head)
    choice = best(candidates)
    tried = Trained(trained(choice, lesson.own, older, trial))
    found, before = _calibrated(tried, lesson, trial, config)
    final = Trained(trained(choice, lesson.own, lesson.learnt(lesson.split.teach), served))
    measured, evidence = _measured(final, lesson, served, found)
    below = _below(lesson, measured, config)
    sides = lesson.sliced(before, lesson.split.calibrate), lesson.sliced(evidence, lesson.split.hold_out)
    proof = slices.prove(*sides, target, found.suggest_at).above(below or 0.0)
    promises = below is not None or any(part.certification.passed for part in proof.parts)
    everything = np.concatenate((lesson.split.teach, lesson.split.hold_out))
    if not promises:  # nothing was shown of this very head that a newer one would lose
        final = Trained(trained(choice, lesson.own, lesson.learnt(np.sort(everything)), served))
    return FittedHead(
        labels=lesson.labels,
        trained=final,
        taught_by_all=not promises,
        temperature=found.temperature,
        suggest_at=found.suggest_at,
        familiar_at=found.familiar_at,
        rung=rung,
        candidates=tuple(candidates),
        choice=choice,
        measured=measured,
        proof=proof,
    )


def _below(lesson: HeadData, measured: Measured, config: RefitConfig) -> float | None:
    """Return the confidence up to which the cut of the never-miss floor might raise a priority; None without a cut."""
    if lesson.labels.head != HEAD:
        return None
    judged = Judged(lesson.own[measured.rows].tolist(), measured.classes, measured.probabilities)
    cut = urgency.learn(judged, config.urgency).cut
    return None if cut is None else 1 - cut


def _calibrated(
    tried: Trained, lesson: HeadData, features: Features, config: RefitConfig
) -> tuple[Calibrated, Evidence]:
    """Return what the calibration slice sets, and what a head so set makes of it."""
    rows = lesson.labelled(lesson.split.calibrate)
    scores = tried.scores(features, rows)
    column = {label: i for i, label in enumerate(tried.classes)}
    truth = np.array([column.get(label, -1) for label in lesson.own[rows]], dtype=np.int64)
    scores /= (temperature := calibration.temperature(scores, truth))
    familiar_at = calibration.familiar_at(energy_of(scores))
    evidence = _evidence(softmax(scores), tried.classes, lesson.own[rows])
    wanted = config.suggest
    suggest_at = calibration.suggest_at(
        evidence.confidence, evidence.right, accuracy=wanted.accuracy, lowest=wanted.lowest
    )
    found = Calibrated(temperature, suggest_at, familiar_at)
    return found, evidence.without(_foreign(scores, found) | _raised(lesson, rows, scores, tried.classes))


def _measured(trained: Trained, lesson: HeadData, features: Features, found: Calibrated) -> tuple[Measured, Evidence]:
    rows = lesson.labelled(lesson.split.hold_out)
    scores = trained.scores(features, rows) / found.temperature
    probabilities = softmax(scores)
    truth = lesson.own[rows].tolist()
    measured = Measured(
        rows,
        trained.classes,
        probabilities,
        evaluation.measure(truth, probabilities, trained.classes, found.suggest_at),
        evaluation.trivial(truth, lesson.own[lesson.learnt(lesson.split.teach)].tolist()),
    )
    evidence = _evidence(probabilities, trained.classes, lesson.own[rows])
    return measured, evidence.without(_foreign(scores, found) | _raised(lesson, rows, scores, trained.classes))


def _foreign(scores: NDArray[np.float64], found: Calibrated) -> NDArray[np.bool_]:
    """Say of which tickets serving would offer no label because they are unlike the desk's."""
    if found.familiar_at is None:
        return np.zeros(len(scores), dtype=bool)
    return np.asarray(energy_of(scores) < found.familiar_at)


def _raised(lesson: HeadData, rows: Rows, scores: NDArray[np.float64], classes: Sequence[str]) -> NDArray[np.bool_]:
    """Say in which tickets a phrase raises the priority: such a tag is a suggestion."""
    best = scores.argmax(axis=1)
    alarms = (lesson.alarms.get(row) for row in rows.tolist())
    return np.array(
        [why is not None and why.priority < classes[column] for why, column in zip(alarms, best, strict=True)], bool
    )


def _evidence(probabilities: NDArray[np.float64], classes: Sequence[str], truth: NDArray[np.object_]) -> Evidence:
    """Compare best labels with the true ones; a label that the head does not know makes it wrong."""
    guesses = np.asarray(classes, dtype=object)[probabilities.argmax(axis=1)]
    return Evidence(probabilities.max(axis=1), np.asarray(guesses == truth, dtype=bool))
