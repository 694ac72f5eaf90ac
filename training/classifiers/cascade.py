"""The first stage of the cascade: heads on n-grams alone, and when they are sure enough to need no encoder.

    fit        trial heads on n-grams, and what tells the desk's tickets from background texts by their n-grams
    calibrate  their temperatures; from when on they are sure: as laxly as no head then errs more than the encoder's
               trial head; and how familiar a text must be: at most `STRANGERS` of the background texts are decided
    hold out   nothing of it is chosen there: the joint decision is measured and certified as any head is

A ticket's labels are decided all by the first stage or all by the encoder's heads, so one encoding serves all heads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from training.classifiers.estimators import WholeMarginHead
from training.classifiers.features import lexical
from training.classifiers.first_stage_cuts import Beside, Looked, chosen
from training.classifiers.joint_heads import Side
from training.classifiers.projection import Basis, HeadInput
from training.data import array_files
from training.evaluation import calibration
from triage.model.cascade.entry import FamiliarEntry, FirstStageEntry, FirstStageFigures, WordsHeadEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.classifiers.estimators import LinearHead
    from training.classifiers.features import Features
    from training.classifiers.fit import Trained, Tried
    from triage.model.lexical import Lexicon

    Rows = NDArray[np.int64]
    Scores = Mapping[str, NDArray[np.float64]]

FAMILIAR: Final = "cascade/familiar.npz"
STRENGTH: Final = 1.0
"""C of the support vector machines."""
FEWEST: Final = 60
"""With fewer calibration tickets nothing is said of when the heads are sure."""
MOST: Final = 3_000
"""Tickets that teach what is familiar, evenly over time."""
FAMILIAR_STRENGTH, STEPS, FOLDS, SEED = 10.0, 100, 5, 20260301


@dataclass(frozen=True, slots=True, eq=False)
class FittedFirstStage:
    """The first stage as entry and files of a bundle, and what it makes of the tickets that calibrate and measure."""

    entry: FirstStageEntry
    files: Mapping[str, bytes]
    calibrate: Side
    """By the trial heads."""
    hold_out: Side
    """By those that serve."""

    def familiar(self, foreign: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which tickets are foreign (n_tickets,) where the gate calls these so: none that words decide."""
        found = foreign.copy()
        for side in (self.calibrate, self.hold_out):
            found[side.rows[side.decided]] = False
        return found


def fit(
    texts: Sequence[str],
    heads: tuple[Sequence[Tried], Sequence[Trained]],
    features: tuple[Features, Features],
    lexicons: tuple[Lexicon, Lexicon],
    strangers: tuple[Sequence[str], sparse.csr_array],
) -> FittedFirstStage | None:
    """Fit the first stage.

    Parameters
    ----------
    texts
        Cleaned texts of all tickets.
    heads
        The encoder's trial heads, and those that serve, in the same order.
    features
        What trial and serving heads see of the tickets.
    lexicons
        Of the trial, and the one that serves.
    strangers
        Texts that are foreign to the desk, and their n-grams by the trial's lexicon.

    Returns
    -------
    FittedFirstStage or None
        None where a head has few tickets of each label, where too few calibrate, or where words are never as good.
    """
    tried, final = heads
    split = tried[0].lesson.split if tried else None
    if split is None or len(split.calibrate) < FEWEST or any(each.rung != "fitted" for each in tried):
        return None
    ngrams, newer = features[0].ngrams, features[1].ngrams
    trial = {each.lesson.labels.head: _learnt(each, split.fit, ngrams) for each in tried}
    temperatures = {each.lesson.labels.head: _temperature(each, trial, ngrams) for each in tried}
    familiar, unseen = _familiar(ngrams[_some(split.fit)], strangers[1])
    before = _looked(trial, temperatures, familiar, lexicons[0], (texts, ngrams, split.calibrate))
    foreign = replace(
        _looked(trial, temperatures, familiar, lexicons[0], (strangers[0], strangers[1], np.arange(len(strangers[0])))),
        familiar=unseen,
    )
    cuts = chosen(before, foreign, {each.lesson.labels.head: _beside(each, features[0]) for each in tried})
    if cuts is None:
        return None
    models = {each.lesson.labels.head: _learnt(each, split.teach, newer) for each in tried}
    ours = lexical(lexicons[1], strangers[0], lambda _done, _total: None)
    familiar, _ = _familiar(newer[_some(split.teach)], ours)
    after = _looked(models, temperatures, familiar, lexicons[1], (texts, newer, split.hold_out))
    sides = (
        Side(split.calibrate, cuts.decided(before), before.scores),
        Side(split.hold_out, cuts.decided(after), after.scores),
    )
    files = {f"cascade/{head}.npz": _archive(model) for head, model in models.items()}
    files[FAMILIAR] = array_files.archive({"weights": familiar[0], "intercept": np.array(familiar[1])})
    entries = {}
    for each, model in zip(tried, final, strict=True):
        head, file = each.lesson.labels.head, f"cascade/{each.lesson.labels.head}.npz"
        entries[head] = WordsHeadEntry(
            file=file,
            sha256=_digest(files[file]),
            temperature=temperatures[head],
            sure_at=cuts.sure_at[head],
            measured=_figures(each, model, features[1], sides[1]),
        )
    known = FamiliarEntry(
        file=FAMILIAR,
        sha256=_digest(files[FAMILIAR]),
        at=cuts.familiar_at,
        known_at=cuts.known_at,
        background=len(unseen),
        decided=int(cuts.decided(foreign).sum()),
    )
    return FittedFirstStage(FirstStageEntry(heads=entries, familiar=known), files, *sides)


def _some(rows: Rows) -> Rows:
    return rows[:: max(1, -(-len(rows) // MOST))]


def _familiar(
    tickets: sparse.csr_array, strangers: sparse.csr_array
) -> tuple[tuple[NDArray[np.float32], float], NDArray[np.float64]]:
    """Return weights and intercept of what tells tickets by their n-grams, and its scores of the others.

    Each of these by what was fitted without it.
    """

    def fitted(others: sparse.csr_array) -> LogisticRegression:
        truth = np.arange(tickets.shape[0] + others.shape[0]) < tickets.shape[0]
        both = sparse.csr_array(sparse.vstack([tickets, others], format="csr"))
        return LogisticRegression(C=FAMILIAR_STRENGTH, class_weight="balanced", max_iter=STEPS).fit(both, truth)

    folds = np.random.default_rng(SEED).permutation(strangers.shape[0]) % FOLDS
    unseen = np.empty(len(folds))
    for fold in range(FOLDS):
        unseen[folds == fold] = fitted(strangers[folds != fold]).decision_function(strangers[folds == fold])
    model = fitted(strangers)
    return (model.coef_[0].astype(np.float32), float(model.intercept_[0])), unseen


def _looked(
    heads: Mapping[str, LinearHead],
    temperatures: Mapping[str, float],
    familiar: tuple[NDArray[np.float32], float],
    lexicon: Lexicon,
    tickets: tuple[Sequence[str], sparse.csr_array, Rows],
) -> Looked:
    """Return what heads make of some of the texts, given as texts, n-grams and rows."""
    texts, every, rows = tickets
    ngrams = every[rows]
    return Looked(
        {head: _scores(model, ngrams) / temperatures[head] for head, model in heads.items()},
        np.asarray(ngrams @ familiar[0], np.float64) + familiar[1],
        np.array([lexicon.known_share(texts[row]) for row in rows.tolist()], dtype=np.float64),
    )


def _learnt(tried: Tried, rows: Rows, ngrams: sparse.csr_array) -> LinearHead:
    lesson = tried.lesson
    own = lesson.learnt(rows)
    parts = HeadInput(np.zeros((len(own), 0), np.float32), ngrams[own])
    nothing = Basis(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
    return WholeMarginHead(0, 1.0, STRENGTH).learn(parts, lesson.own[own].astype(str), nothing)


def _scores(model: LinearHead, ngrams: sparse.csr_array) -> NDArray[np.float64]:
    return np.asarray(ngrams @ model.coef_.astype(np.float32) + model.intercept_, dtype=np.float64)


def _temperature(tried: Tried, heads: Mapping[str, LinearHead], ngrams: sparse.csr_array) -> float:
    lesson = tried.lesson
    model, rows = heads[lesson.labels.head], lesson.labelled(lesson.split.calibrate)
    return calibration.temperature(_scores(model, ngrams[rows]), _columns(tried.trained, lesson.own[rows]))


def _columns(head: Trained, truth: NDArray[np.object_]) -> NDArray[np.int64]:
    column = {label: i for i, label in enumerate(head.classes)}
    return np.array([column.get(label, -1) for label in truth], dtype=np.int64)


def _beside(tried: Tried, features: Features) -> Beside:
    lesson, rows = tried.lesson, tried.lesson.split.calibrate
    scores = tried.trained.scores(features, rows) / tried.temperature
    return Beside(scores, _columns(tried.trained, lesson.own[rows]), np.isin(rows, lesson.labelled(rows)))


def _figures(tried: Tried, final: Trained, features: Features, side: Side) -> FirstStageFigures:
    lesson = tried.lesson
    rows = lesson.labelled(lesson.split.hold_out)
    places = np.searchsorted(side.rows, rows)
    places = places[side.decided[places]]
    own = side.rows[places]
    truth = _columns(final, lesson.own[own])
    return FirstStageFigures(
        n=len(rows),
        decided=len(own),
        wrong=int((side.scores[lesson.labels.head][places].argmax(axis=1) != truth).sum()),
        wrong_by_encoder=int((final.scores(features, own).argmax(axis=1) != truth).sum()),
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _archive(model: LinearHead) -> bytes:
    return array_files.archive(
        {
            "dense": np.zeros((0, model.coef_.shape[1]), np.float32),
            "sparse": np.ascontiguousarray(model.coef_.astype(np.float32)),
            "intercept": model.intercept_.astype(np.float32),
        }
    )
