"""Running the fitted heads: a sentence vector and the text's n-grams in, calibrated probabilities out; numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from triage.lexical import Lexicon


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A linear head: score = vector @ dense + tf-idf @ sparse + intercept; probability = softmax(score / temperature).

    Parameters
    ----------
    dense
        Shape (dim, n_classes), float32. Weights of the sentence vector.
    sparse
        Shape (n_features, n_classes), float32. Weights of the lexicon's features.
    intercept
        Shape (n_classes,), float32. Score of an empty ticket.
    temperature
        Learnt on held-out tickets (Guo et al. 2017, "On calibration of modern neural networks").
    """

    dense: NDArray[np.float32]
    sparse: NDArray[np.float32]
    intercept: NDArray[np.float32]
    temperature: float


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """One head, with the contract of a fitted scikit-learn classifier: `classes_` and `predict_proba`."""

    classes_: tuple[str, ...]
    weights: Weights
    lexicon: Lexicon

    def scores(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scores divided by the temperature, (n_texts, n_classes): what the softmax sees."""
        found = _scores(self.lexicon, self.weights, texts, vectors)
        return found / self.weights.temperature

    def predict_proba(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probability of each class.

        Parameters
        ----------
        texts
            Cleaned texts (`triage.text.model_text`).
        vectors
            Shape (n_texts, dim), float32. The same texts through the bundle's encoder, unit length.

        Returns
        -------
        ndarray of shape (n_texts, n_classes), float64
            In the order of `classes_`; rows sum to one.
        """
        return softmax(self.scores(texts, vectors))

    def energy(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how familiar each text is, (n_texts,): higher means more like the training tickets.

        The negative free energy of Liu et al. 2020, "Energy-based out-of-distribution detection".
        """
        scores = self.scores(texts, vectors)
        peak = scores.max(axis=1, keepdims=True)
        return np.asarray(peak[:, 0] + np.log(np.exp(scores - peak).sum(axis=1)), dtype=np.float64)


class Heads(Mapping[str, Classifier]):
    """All heads of a bundle by name, over one lexicon, their weights side by side so that one pass scores them all."""

    __slots__ = ("_heads", "_slices", "_stacked", "lexicon")

    def __init__(self, lexicon: Lexicon, heads: Mapping[str, tuple[Sequence[str], Weights]]) -> None:
        self.lexicon = lexicon
        parts = [weights for _, weights in heads.values()]
        ends = np.cumsum([len(classes) for classes, _ in heads.values()])
        self._slices = {
            name: slice(int(end) - len(classes), int(end))
            for (name, (classes, _)), end in zip(heads.items(), ends, strict=True)
        }
        self._stacked = Weights(
            np.ascontiguousarray(np.hstack([part.dense for part in parts])),
            np.ascontiguousarray(np.hstack([part.sparse for part in parts])),
            np.concatenate([part.intercept for part in parts]),
            1.0,
        )
        self._heads = {
            name: Classifier(tuple(classes), self._view(name, weights.temperature), lexicon)
            for name, (classes, weights) in heads.items()
        }

    def predict_proba(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return each head's probabilities, (n_texts, n_classes), reading every text once."""
        scores = _scores(self.lexicon, self._stacked, texts, vectors)
        return {
            name: softmax(scores[:, columns] / self._heads[name].weights.temperature)
            for name, columns in self._slices.items()
        }

    def _view(self, name: str, temperature: float) -> Weights:
        """Return one head's share of the stacked weights: the memory is there once."""
        columns = self._slices[name]
        stacked = self._stacked
        return Weights(stacked.dense[:, columns], stacked.sparse[:, columns], stacked.intercept[columns], temperature)

    def __getitem__(self, name: str) -> Classifier:
        return self._heads[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._heads)

    def __len__(self) -> int:
        return len(self._heads)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn scores (n, n_classes) into probabilities whose rows sum to one."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def _scores(
    lexicon: Lexicon, weights: Weights, texts: Sequence[str], vectors: NDArray[np.float32]
) -> NDArray[np.float64]:
    scores = (vectors @ weights.dense + weights.intercept).astype(np.float64)
    for i, text in enumerate(texts):
        columns, values = lexicon.row(text)
        scores[i] += values @ weights.sparse.take(columns, axis=0)
    return scores
