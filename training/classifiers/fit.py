"""The steps of fitting a head: compare candidates, calibrate the winner, fit it on all but the newest tickets, certify.

    oldest  fit        candidates are compared inside it; the winner's trial is fitted on it
            calibrate  on the trials: temperature, foreign-text gate, thresholds of suggestion and certificate
    newest  hold out   metrics and certificate of the head that serves, which is fitted on `fit` and `calibrate`

A desk that cannot afford a hold-out is cross-fitted (`training.classifiers.cross_fitting`). Elsewhere a head with a
certificate, or with a cut for urgent tickets, is not refitted afterwards: they are of one head and not of its likeness.
The same holds for a head that an audit of the held-out tickets could certify later. Nor is any other head
of such a bundle: the certificate is tested behind the foreign-text gate, which reads the energies of all heads. Where
nothing is certified, and too few held-out tickets reach a threshold for an audit, a head is fitted once more on all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.classifiers.candidates import best, rung_of
from training.classifiers.cross_fitting import AUDIT_TAKES, unseen_scores
from training.classifiers.model_selection import choose, trained
from training.evaluation import calibration
from training.evaluation import metrics as evaluation
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.certificates import Evidence
from training.evaluation.slices import Proof, Unproven
from training.evaluation.urgency_cutoff import Judged
from triage.model.classifier import energy_of, softmax
from triage.model.urgency import HEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.classifiers.candidates import Choice
    from training.classifiers.estimators import LinearHead
    from training.classifiers.features import Features
    from training.classifiers.head_data import HeadData
    from training.config import RefitConfig
    from training.data.labels import HeadLabels
    from triage.model.assessment import Rung
    from triage.model.head_entry import Metrics, Trivial

    Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fitted head."""

    model: LinearHead
    unseen: NDArray[np.float64] | None = None
    """With cross-fitting: scores of all tickets (n_tickets, n_classes), each by its like without the ticket's fold."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in the order of the columns."""
        return tuple(map(str, self.model.classes_))

    def scores(self, features: Features, rows: Rows) -> NDArray[np.float64]:
        """Return scores before the temperature, (n_rows, n_classes)."""
        if not len(rows):
            return np.empty((0, len(self.classes)))
        if self.unseen is not None:
            return self.unseen[rows]
        return self.model.scores_of(features.parts(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A head's predictions on unseen tickets: probabilities (n, n_classes) of the tickets at `rows`."""

    rows: Rows
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    metrics: Metrics
    trivial: Trivial
    withheld: NDArray[np.bool_]
    """Which of them serving would not apply, whatever their confidence, (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedHead:
    """A head as it serves, what it did on the newest tickets, and what was certified there."""

    labels: HeadLabels
    trained: Trained
    temperature: float
    suggest_at: float
    rung: Rung
    candidates: tuple[Choice, ...]
    choice: Choice
    measured: Measured
    proof: Proof
    applied_above: float | None = None
    """The confidence up to which the cut for urgent tickets might raise a priority; None: there is no cut."""
    taught_by_all: bool = False
    """Whether the held-out tickets taught it in the end: what was measured is its like, fitted without them."""

    @property
    def certified(self) -> bool:
        """Whether it earned a certificate."""
        parts, levels = self.proof.parts, self.proof.levels
        return any(each.passed for each in (*(p.certification for p in parts), *(v.certification for v in levels)))

    def proven(self, proof: Proof) -> FittedHead:
        """Return it with what was shown of it; nothing is applied that the cut for urgent tickets might raise."""
        return replace(self, proof=proof.above(self.applied_above or 0.0))

    @property
    def auditable(self) -> bool:
        """Whether enough held-out tickets reach a threshold for an audit to certify this very head."""
        too_few = self.rung == "few_shot" and len(self.measured.rows) < AUDIT_TAKES
        return not too_few and any(part.ladder for part in self.proof.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """The best candidate for a head, fitted on the fitting slice; the calibration slice set its temperature."""

    lesson: HeadData
    rung: Rung
    candidates: tuple[Choice, ...]
    choice: Choice
    trained: Trained
    temperature: float

    def energies(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how familiar texts are to the trial, or to the head that is fitted after it, (n,), by its scores."""
        return energy_of(scores / self.temperature)


def try_out(lesson: HeadData, trial: Features, config: RefitConfig) -> Tried:
    """Compare a head's candidates, and set the best one's temperature on the calibration slice.

    Parameters
    ----------
    lesson
        The head's labels and the split.
    trial
        N-grams weighed by the fitting slice alone: for everything that is chosen.
    config
        Candidates and targets.

    Returns
    -------
    Tried
        Fitted on the fitting slice.
    """
    older = lesson.learnt(lesson.split.fit)
    rung = rung_of(lesson.own[lesson.learnt(lesson.split.teach)].tolist())
    candidates = choose(lesson.own, older, trial, rung, config.head, lesson.split.folds)
    choice = best(candidates)
    tried = _fitted(lesson, choice, older, trial)
    rows = lesson.labelled(lesson.split.calibrate)
    scores = tried.scores(trial, rows)
    column = {label: i for i, label in enumerate(tried.classes)}
    truth = np.array([column.get(label, -1) for label in lesson.own[rows]], dtype=np.int64)
    return Tried(lesson, rung, tuple(candidates), choice, tried, calibration.temperature(scores, truth))


def finish(tried: Tried, served: Features) -> Trained:
    """Fit the head that is measured and certified, on all tickets but the held-out slice, which `served` leaves out."""
    lesson = tried.lesson
    if lesson.split.folds is not None:
        return tried.trained  # by all tickets already
    return _fitted(lesson, tried.choice, lesson.learnt(lesson.split.teach), served)


def _fitted(lesson: HeadData, choice: Choice, rows: Rows, features: Features) -> Trained:
    """Fit a head on some tickets, and with cross-fitting one without each fold of them."""
    model, folds = trained(choice, lesson.own, rows, features), lesson.split.folds
    if folds is None:
        return Trained(model)
    classes = [str(label) for label in model.classes_]

    def fit(part: Rows) -> LinearHead:
        return trained(choice, lesson.own, part, features)

    return Trained(model, unseen_scores(fit, classes, rows, features, folds))


def measure(
    tried: Tried, final: Trained, seen: tuple[Features, Features], foreign: NDArray[np.bool_], config: RefitConfig
) -> tuple[FittedHead, Unproven]:
    """Measure a head on the held-out slice, which had no part in anything else.

    Parameters
    ----------
    tried
        The trial, which sets the thresholds that are tested.
    final
        The head that is tested.
    seen
        What the trial and what the final head see of the tickets.
    foreign
        Shape (n_tickets,), bool. Which tickets that calibrate and measure the foreign-text gate takes out.
    config
        Targets.

    Returns
    -------
    tuple
        The head with its figures, and what certifies it.
    """
    lesson = tried.lesson
    suggest_at, before = _calibrated(tried, seen[0], foreign, config)
    measured, evidence = _measured(tried, final, seen[1], foreign, suggest_at)
    fitted = FittedHead(
        labels=lesson.labels,
        trained=final,
        temperature=tried.temperature,
        suggest_at=suggest_at,
        rung=tried.rung,
        candidates=tried.candidates,
        choice=tried.choice,
        measured=measured,
        proof=Proof((), (), ()),
        taught_by_all=lesson.split.folds is not None,
        applied_above=_below(lesson, measured, config),
    )
    sides = lesson.sliced(before, lesson.split.calibrate), lesson.sliced(evidence, lesson.split.hold_out)
    return fitted, Unproven(*sides, suggest_at)


def renew(fitted: FittedHead, tried: Tried, served: Features) -> FittedHead:
    """Fit a head once more, on all tickets: nothing was shown of this very head that a newer one would lose."""
    split = tried.lesson.split
    everything = tried.lesson.learnt(np.sort(np.concatenate((split.teach, split.hold_out))))
    like = Trained(trained(tried.choice, tried.lesson.own, everything, served))
    return replace(fitted, trained=like, taught_by_all=True, proof=fitted.proof.without_ladders())


def _below(lesson: HeadData, measured: Measured, config: RefitConfig) -> float | None:
    """Return the confidence up to which the cut of the never-miss floor might raise a priority; None without a cut."""
    if lesson.labels.head != HEAD:
        return None
    judged = Judged(lesson.own[measured.rows].tolist(), measured.classes, measured.probabilities)
    cut = urgency.learn(judged, config.urgency).cut
    return None if cut is None else 1 - cut


def _calibrated(
    tried: Tried, features: Features, foreign: NDArray[np.bool_], config: RefitConfig
) -> tuple[float, Evidence]:
    """Return from when on a label is shown, and what a head so set makes of the calibration slice."""
    lesson, wanted = tried.lesson, config.suggest
    rows = lesson.labelled(lesson.split.calibrate)
    scores = tried.trained.scores(features, rows) / tried.temperature
    evidence = _evidence(softmax(scores), tried.trained.classes, lesson.own[rows])
    suggest_at = calibration.suggest_at(
        evidence.confidence, evidence.right, accuracy=wanted.accuracy, lowest=wanted.lowest
    )
    return suggest_at, evidence.without(foreign[rows] | _raised(lesson, rows, scores, tried.trained.classes))


def _measured(
    tried: Tried, final: Trained, features: Features, foreign: NDArray[np.bool_], suggest_at: float
) -> tuple[Measured, Evidence]:
    lesson = tried.lesson
    rows = lesson.labelled(lesson.split.hold_out)
    scores = final.scores(features, rows) / tried.temperature
    probabilities = softmax(scores)
    truth = lesson.own[rows].tolist()
    withheld = foreign[rows] | _raised(lesson, rows, scores, final.classes)
    measured = Measured(
        rows,
        final.classes,
        probabilities,
        evaluation.measure(truth, probabilities, final.classes, suggest_at, lesson.labels.order),
        evaluation.trivial(truth, lesson.own[lesson.learnt(lesson.split.teach)].tolist()),
        withheld,
    )
    return measured, _evidence(probabilities, final.classes, lesson.own[rows]).without(withheld)


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
