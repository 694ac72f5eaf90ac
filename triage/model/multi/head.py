"""Run a multi head: encoder states and n-grams in, one calibrated probability a label out; numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.model.classifier import Classifier
from triage.model.multi.decision import LabelRule, decide, without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.assessment import Assessment
    from triage.model.multi.entry import MultiEntry


@dataclass(frozen=True, slots=True, eq=False)
class MultiHead:
    """One linear score a label, with the calibration in its weights: probability = 1 / (1 + exp(-score))."""

    classifier: Classifier
    rules: tuple[LabelRule, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the columns."""
        return self.classifier.classes_

    def predict_proba(self, texts: Sequence[str], states: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the calibrated probability of each label, which sum to nothing in particular.

        Parameters
        ----------
        texts
            Cleaned texts (`triage.text.cleaning.model_text`).
        states
            Shape (n_texts, n_pools, dim). The same texts through the bundle's encoder.

        Returns
        -------
        ndarray of shape (n_texts, n_labels), float64
        """
        return sigmoid(self.classifier.scores(texts, states))

    def assess(self, probabilities: NDArray[np.float64], *, foreign: bool) -> Assessment:
        """Return what is said of one ticket of these probabilities, (n_labels,)."""
        return decide(probabilities.tolist(), self.rules, foreign=foreign)


def sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities of scores, of any shape; scores beyond 500 are as good as certain."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -500, 500))), dtype=np.float64)


def rules_of(entry: MultiEntry, made_at: str) -> tuple[LabelRule, ...]:
    """Return the rules of a head in a bundle that was made at an instant."""
    found = []
    for each in entry.labels:
        record = each.certificate
        found.append(
            LabelRule(each.name, each.suggest_at)
            if record is None
            else LabelRule(each.name, each.suggest_at, record.threshold, record.id, record.end(made_at))
        )
    return without(found, entry.withdrawn or {})


def guesses(rules: Sequence[LabelRule], probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which labels are shown, (n_texts, n_labels), for probabilities of this shape."""
    return np.asarray(probabilities >= np.array([rule.suggest_at for rule in rules]), dtype=bool)


def truth_of(sets: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Return which labels tickets carry, (n_tickets, n_labels); labels that the head does not know are left out."""
    places: Mapping[str, int] = {label: place for place, label in enumerate(labels)}
    found: NDArray[Any] = np.zeros((len(sets), len(labels)), dtype=bool)
    for row, each in enumerate(sets):
        found[row, [places[label] for label in each if label in places]] = True
    return found
