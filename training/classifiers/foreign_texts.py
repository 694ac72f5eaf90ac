"""Fit the foreign-text gate: what tells the desk's tickets from texts that no head has learnt about.

Two things tell them apart. How near the sentence vector is to tickets of the desk and to background texts (what other
desks get, and junk): a support vector machine chooses and weighs them. And the energies of the heads (Liu et al. 2020).
A logistic regression weighs the two on tickets and background texts that neither has seen: the calibration slice by the
trial heads, and the background by machines fitted without it. Each language's threshold lets 98.5 % of its own tickets
through. Background texts close to the desk's tickets are left out, for the desk may well be a bank.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import structs
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from triage.model.bundle import GATE
from triage.model.foreign_text import ForeignTextGate, Gate, GateFigures, LanguageFigures, Neighbours, sentence_vectors
from triage.text.cleaning import model_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Energies = Mapping[str, NDArray[np.float64]]

CLOSE: Final = 0.5
"""Cosine to one of the desk's tickets from which on a background text is left out."""
KEPT: Final = 0.985
"""Share of the calibration tickets of a language that its threshold lets through."""
FEWEST: Final = 20
"""Fewer tickets or background texts than this give no gate, and fewer tickets of a language no threshold of its own."""
MOST: Final = 3_000
"""Tickets that the machine is fitted on, evenly over time: every text pays for each that it keeps."""
FOLDS: Final = 5
SEED: Final = 20260301
_SHARPNESS: Final = 2.0
_MACHINE_STRENGTH, _WEIGHTS_STRENGTH = 10.0, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Texts as the gate sees them: states (n, n_pools, dim), and by head their energies (n,)."""

    states: NDArray[np.floating]
    energies: Energies


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """With cross-fitting: the folds of the tickets that teach the gate, (n,), and which of them calibrate it."""

    folds: Rows
    calibrate: Rows


@cache
def background() -> tuple[str, ...]:
    """Return the cleaned background texts that come with Firstline."""
    data = resources.files("training.data").joinpath("background.toml").read_text(encoding="utf-8")
    return tuple(model_text("", text) for part in tomllib.loads(data).values() for text in part["texts"])


def fit_gate(
    taught: NDArray[np.floating],
    own: Views,
    languages: Sequence[str | None],
    others: Views,
    crossed: Crossed | None = None,
) -> Fitted | None:
    """Fit the gate.

    Parameters
    ----------
    taught
        Shape (n, n_pools, dim). States of the tickets that the trial heads were fitted on.
    own
        The calibration tickets by the trial heads.
    languages
        Of the calibration tickets, as their export says it.
    others
        The background texts by the trial heads.
    crossed
        None: no calibration ticket teaches.

    Returns
    -------
    Fitted or None
        None where there are too few tickets, or where all background texts are close to them.
    """
    if min(len(taught), len(own.states)) < FEWEST:
        return None
    tickets = sentence_vectors(taught)
    texts = sentence_vectors(others.states)
    far = (texts @ tickets.T).max(axis=1) < CLOSE
    if far.sum() < FEWEST:
        return None
    tickets, texts = tickets[np.unique(np.linspace(0, len(tickets) - 1, MOST).astype(int))], texts[far]
    machine = _machine(tickets, texts)
    seen = None if crossed is None else _seen(machine, tickets, texts, crossed.folds)
    unseen = _cross_fitted(tickets, texts)
    heads = sorted(own.energies)
    near = machine.decision_function(sentence_vectors(own.states))
    if seen is not None and crossed is not None:
        near -= seen[crossed.calibrate]
    inside = np.column_stack([near, *(own.energies[head] for head in heads)])
    outside = np.column_stack([unseen, *(others.energies[head][far] for head in heads)])
    weights, intercept = _weighed(inside, outside)
    entry = ForeignTextGate(
        file=GATE,
        sharpness=_SHARPNESS,
        energies=dict(zip(heads, weights[1:].tolist(), strict=True)),
        intercept=float(intercept + weights[0] * machine.intercept_[0]),
        threshold=0.0,
        thresholds={},
        measured=GateFigures(n=0, abstained=None, background=int(far.sum()), caught=0.0, languages={}),
    )
    known = Neighbours(
        machine.support_vectors_.astype(np.float16), (weights[0] * machine.dual_coef_[0]).astype(np.float32)
    )
    scores = Gate(entry, known).scores(own.states, own.energies)
    if seen is not None and crossed is not None:
        seen = weights[0] * seen
        scores -= seen[crossed.calibrate]
    every, by_language = _thresholds(scores, languages)
    entry = structs.replace(entry, threshold=every, thresholds=by_language)
    return Fitted(Gate(entry, known), outside @ weights + intercept, far, seen)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A gate, and the scores of the background texts by machines that were fitted without them."""

    gate: Gate
    background: NDArray[np.float64]
    far: NDArray[np.bool_]
    """Shape (n_background,): which background texts are not close to the desk's tickets."""
    seen: NDArray[np.float64] | None = None
    """With cross-fitting: how much more familiar each ticket is because it taught the gate, (n_tickets,)."""

    def scores(self, states: NDArray[np.floating], energies: Energies, rows: Rows) -> NDArray[np.float64]:
        """Return how familiar the tickets at `rows` are to a gate that has not learnt from them, (n_rows,).

        States are those of all tickets; energies are by head, of the tickets at `rows`.
        """
        found = self.gate.scores(states[rows], energies)
        return found if self.seen is None else found - self.seen[rows]

    def measured(self, scores: NDArray[np.float64], languages: Sequence[str | None]) -> Gate:
        """Return the gate with its figures on held-out tickets of these scores and languages."""
        entry = self.gate.entry
        foreign = self.gate.foreign(scores, languages)
        by_language = {}
        for language, at in entry.thresholds.items():
            own = np.array([each == language for each in languages], dtype=bool)
            by_language[language] = LanguageFigures(
                n=int(own.sum()), abstained=_share(foreign[own]), caught=float((self.background < at).mean())
            )
        figures = GateFigures(
            n=len(scores),
            abstained=_share(foreign),
            background=len(self.background),
            caught=float((self.background < entry.threshold).mean()),
            languages=by_language,
        )
        return Gate(structs.replace(entry, measured=figures), self.gate.neighbours)


def _machine(tickets: NDArray[np.float32], texts: NDArray[np.float32]) -> SVC:
    """Fit what tells tickets from background texts by the texts near them."""
    truth = np.arange(len(tickets) + len(texts)) < len(tickets)
    machine = SVC(C=_MACHINE_STRENGTH, gamma=_SHARPNESS, class_weight="balanced")
    return machine.fit(np.vstack([tickets, texts]), truth)


def _seen(machine: SVC, tickets: NDArray[np.float32], texts: NDArray[np.float32], folds: Rows) -> NDArray[np.float64]:
    """Return what the machine says of each ticket beyond what one says that was fitted without its fold, (n,)."""
    found = np.asarray(machine.decision_function(tickets), dtype=np.float64)
    for fold in np.unique(folds).tolist():
        own = folds == fold
        found[own] -= _machine(tickets[~own], texts).decision_function(tickets[own])
    return found


def _cross_fitted(tickets: NDArray[np.float32], texts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what a machine that was fitted without it says of each background text, (n,)."""
    folds = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    found = np.empty(len(texts))
    for fold in range(FOLDS):
        own = folds == fold
        found[own] = _machine(tickets, texts[~own]).decision_function(texts[own])
    return found


def _weighed(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the weights (n_columns,) of what tells tickets from background texts, and the intercept."""
    both = np.vstack([inside, outside])
    mean, spread = both.mean(axis=0), np.maximum(both.std(axis=0), 1e-9)
    truth = np.arange(len(both)) < len(inside)
    model = LogisticRegression(C=_WEIGHTS_STRENGTH, class_weight="balanced").fit((both - mean) / spread, truth)
    weights = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights @ mean)


def _thresholds(scores: NDArray[np.float64], languages: Sequence[str | None]) -> tuple[float, dict[str, float]]:
    """Return the threshold of all tickets, and that of each language; languages with few tickets share one."""
    own = np.array([each or "" for each in languages], dtype=object)
    counts = Counter(each for each in own.tolist() if each)
    every = _lowest(scores)
    few = [language for language, n in counts.items() if n < FEWEST]
    rare = scores[np.isin(own, few)]
    shared = min(every, _lowest(rare)) if len(rare) >= FEWEST else every
    found = {each: shared if each in few else _lowest(scores[own == each]) for each in sorted(counts)}
    return every, found


def _lowest(scores: NDArray[np.float64]) -> float:
    return float(np.quantile(scores, 1 - KEPT, method="lower"))


def _share(of: NDArray[np.bool_]) -> float | None:
    return float(of.mean()) if len(of) else None
