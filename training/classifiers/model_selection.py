"""Compare candidates on tickets that none was fitted on, and fit the chosen one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from training.classifiers import candidates, cross_fitting
from training.classifiers.projection import HeadInput
from training.data.splits import sorted_by_label
from training.evaluation import metrics as evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from training.classifiers.candidates import Choice, Rung
    from training.classifiers.estimators import LinearHead
    from training.classifiers.features import Features
    from training.config import Head

    Rows = NDArray[np.int64]
    Labels = NDArray[np.object_]

THREADS = 2
FOLDS = 3
"""For few tickets: each of them is asked once."""


def choose(
    own: Labels, rows: Rows, features: Features, rung: Rung, settings: Head, folds: Rows | None = None
) -> list[Choice]:
    """Compare the candidates on the newer part of some tickets, or in folds where tickets are few.

    Parameters
    ----------
    own
        Shape (n_tickets,). The head's label of every ticket.
    rows
        The tickets to compare on, all with a label that is learnt.
    features
        N-grams weighed by these tickets alone.
    rung
        How much they can carry.
    settings
        The candidates.
    folds
        With cross-fitting, the fold of every ticket, (n_tickets,).

    Returns
    -------
    list of Choice
        With accuracy and macro-F1, where there was something to compare.
    """
    first = candidates.of_rung(rung, settings)
    recent = rows[-settings.selection_tickets :]
    if folds is not None:
        sides = list(cross_fitting.sides(recent, folds % FOLDS))
    else:
        sides = list(_folds(own, recent) if rung == "few_shot" else _newer(own, recent, settings.selection_share))
    sides = [(train, test) for train, test in sides if len(test) and len(set(own[train])) > 1]
    alone = len(first) * len(settings.prior_shifts) == 1 and not settings.margins
    if not sides or alone:
        return first[:1]

    def tried(choice: Choice) -> list[Choice]:
        found = [_asked(choice, own, side, features) for side in sides]
        truth = own[np.concatenate([test for _, test in sides])].tolist()
        shifts = settings.prior_shifts if choice.kind == "softmax" else (choice.prior_shift,)
        return [_scored(choice, shift, found, truth) for shift in shifts]

    rivals = candidates.rivals(len(rows), len(set(own[rows]))) if rung == "fitted" and settings.margins else []
    if rung == "fitted":
        _ = features.projection  # once, before the threads ask for it
    with ThreadPoolExecutor(THREADS) as pool:  # the solvers let go of the interpreter
        asked = [*rivals[:1], *first, *rivals[1:]]  # support vector machines on every n-gram wait for each other
        found = dict(zip(asked, pool.map(tried, asked), strict=True))
    compared = [each for choice in (*rivals, *first) for each in found[choice]]
    return [*compared, *tried(candidates.joint(compared))] if rivals else compared


def trained(choice: Choice, own: Labels, rows: Rows, features: Features) -> LinearHead:
    """Fit the estimator of a choice on some tickets; a few-shot head learns the labels' names as well.

    The directions are those of all tickets that the features are of: nobody learns a label by them.
    """
    parts, labels = features.parts(rows), own[rows].astype(str)
    model = candidates.estimator(choice, parts.dense.shape[1], features.n_pools)
    if choice.kind.startswith("few_shot"):
        known = sorted(set(labels.tolist()))
        names = features.named(known)
        ngrams = sparse.csr_array(sparse.vstack([parts.ngrams, names.ngrams], format="csr"))
        parts = HeadInput(np.vstack([parts.dense, names.dense]), ngrams)
        labels = np.concatenate([labels, known])
        return model.learn(parts, labels)
    return model.learn(parts, labels, features.projection)


def _asked(
    choice: Choice, own: Labels, side: tuple[Rows, Rows], features: Features
) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]:
    """Return classes (n_classes,), log shares of them (n_classes,), and scores (n_test, n_classes)."""
    train, test = side
    model = trained(choice, own, train, features)
    shares = np.array([np.mean(own[train] == label) for label in model.classes_])
    return model.classes_, np.log(shares), model.scores_of(features.parts(test))


def _scored(
    choice: Choice,
    shift: float,
    found: Sequence[tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]],
    truth: Sequence[str],
) -> Choice:
    """Measure a choice, moving the prior as its estimator would: that needs no fit of its own."""
    extra = shift - choice.prior_shift
    guesses = [
        label
        for classes, log_shares, scores in found
        for label in classes[(scores - extra * log_shares).argmax(axis=1)].tolist()
    ]
    accuracy = float(np.mean([guess == label for guess, label in zip(guesses, truth, strict=True)]))
    return replace(
        choice, prior_shift=shift, n=len(truth), accuracy=accuracy, macro_f1=evaluation.macro_f1(truth, guesses)
    )


def _newer(own: Labels, rows: Rows, share: float) -> Iterator[tuple[Rows, Rows]]:
    """Cut off the end; of tickets sorted by label take every k-th instead."""
    cut = int(len(rows) * (1 - share))
    if not sorted_by_label(own[rows].tolist()):
        yield rows[:cut], rows[cut:]
        return
    every = np.arange(len(rows)) % round(1 / share) == 0
    yield rows[~every], rows[every]


def _folds(own: Labels, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Ask each ticket once; each label's tickets go to the folds in turn."""
    order = np.argsort(own[rows].astype(str), kind="stable")
    fold = np.empty(len(rows), np.int64)
    fold[order] = np.arange(len(rows)) % FOLDS
    for number in range(FOLDS):
        yield rows[fold != number], rows[fold == number]
