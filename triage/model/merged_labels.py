"""Heads whose labels were merged after fitting: several columns of weights give one label.

The merged label's score is the largest of its columns'. So it is the answer exactly where one of the old labels was,
and the confusion matrix is the old one with their rows and columns summed. How familiar a text is, the columns say as
they did before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from triage.model.classifier import Classifier, Heads, Prediction, energy_of, softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from triage.model.classifier import Weights
    from triage.model.head_entry import HeadEntry
    from triage.model.lexical import Lexicon


def fold(scores: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
    """Return the largest score of each label's columns.

    Parameters
    ----------
    scores
        Shape (n_texts, n_columns).
    columns
        For each column the place of its label.

    Returns
    -------
    ndarray of shape (n_texts, n_labels)
        Of probabilities, with rows brought back to one, the softmax of the folded scores.
    """
    found = np.full((len(scores), max(columns) + 1), -np.inf)
    for column, place in enumerate(columns):
        np.maximum(found[:, place], scores[:, column], out=found[:, place])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FoldedClassifier(Classifier):
    """A head with fewer labels than columns."""

    columns: tuple[int, ...]

    def scores(self, texts: Sequence[str], states: NDArray[np.floating] | None) -> NDArray[np.float64]:
        """Return the folded scores, (n_texts, n_labels): what the softmax sees."""
        return fold(Classifier.scores(self, texts, states), self.columns)

    def energy(self, texts: Sequence[str], states: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return how familiar each text is to the columns as they were fitted, (n_texts,)."""
        return energy_of(Classifier.scores(self, texts, states))


class FoldedHeads(Heads):
    """Heads of which some have fewer labels than columns."""

    __slots__ = ("_columns", "_folded")

    def __init__(
        self,
        lexicon: Lexicon,
        heads: Mapping[str, tuple[Sequence[str], Weights]],
        centres: NDArray[np.float32],
        columns: Mapping[str, tuple[int, ...]],
    ) -> None:
        by_column = {
            name: ([labels[place] for place in columns.get(name, range(len(labels)))], weights)
            for name, (labels, weights) in heads.items()
        }
        super().__init__(lexicon, by_column, centres)
        self._columns = dict(columns)
        self._folded = {
            name: FoldedClassifier(tuple(heads[name][0]), self._heads[name].weights, lexicon, self.centres, own)
            for name, own in columns.items()
        }

    def predict_proba(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
        """Return each head's probabilities, (n_texts, n_labels), reading every text once."""
        return {name: found.probabilities for name, found in self.read(texts, states).items()}

    def read(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, Prediction]:
        """Return each head's probabilities and energies, reading every text once."""
        found = self.scores(texts, states)
        return {
            name: Prediction(softmax(fold(scores, self._columns.get(name, range(scores.shape[1])))), energy_of(scores))
            for name, scores in found.items()
        }

    def __getitem__(self, name: str) -> Classifier:
        return self._folded.get(name) or self._heads[name]


def heads_of(
    lexicon: Lexicon,
    loaded: Mapping[str, tuple[Sequence[str], Weights]],
    centres: NDArray[np.float32],
    entries: Mapping[str, HeadEntry],
) -> Heads:
    """Return the heads of a bundle by the entries of its manifest. Raises `ValueError`: columns without a label."""
    columns = {name: entry.columns for name, entry in entries.items() if entry.columns}
    for name, own in columns.items():
        if set(own) != set(range(len(loaded[name][0]))):
            raise ValueError(f"the columns of {name} are not those of its labels")
    return FoldedHeads(lexicon, loaded, centres, columns) if columns else Heads(lexicon, loaded, centres)


def n_columns(entry: HeadEntry) -> int:
    """Return how many columns of weights a head's entry speaks of."""
    return len(entry.columns or entry.labels)
