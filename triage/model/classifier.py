"""Run the fitted heads: encoder states and n-grams in, calibrated probabilities out; numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from triage.model.pools import dense

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from triage.model.lexical import Lexicon


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A linear head: score = pools @ dense + tf-idf @ sparse + intercept; probability = softmax(score / temperature).

    Parameters
    ----------
    dense
        Shape (n_pools * dim, n_classes), float32. Weights of `triage.model.pools.dense`.
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


class Prediction(NamedTuple):
    """A head's output: probabilities (n_texts, n_classes) and energies (n_texts,), see `energy_of`."""

    probabilities: NDArray[np.float64]
    energies: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """One head, with the contract of a fitted scikit-learn classifier: `classes_` and `predict_proba`."""

    classes_: tuple[str, ...]
    weights: Weights
    lexicon: Lexicon
    centres: NDArray[np.float32]

    def scores(self, texts: Sequence[str], states: NDArray[np.floating] | None) -> NDArray[np.float64]:
        """Return the scores divided by the temperature, (n_texts, n_classes): what the softmax sees."""
        features = None if states is None else dense(states, self.centres)
        return _scores(self.lexicon, self.weights, texts, features) / self.weights.temperature

    def predict_proba(self, texts: Sequence[str], states: NDArray[np.floating] | None) -> NDArray[np.float64]:
        """Return the calibrated probability of each class.

        Parameters
        ----------
        texts
            Cleaned texts (`triage.text.cleaning.model_text`).
        states
            Shape (n_texts, n_pools, dim). The same texts through the bundle's encoder (`Encoder.read`); None goes by
            their n-grams alone.

        Returns
        -------
        ndarray of shape (n_texts, n_classes), float64
            In the order of `classes_`; rows sum to one.
        """
        return softmax(self.scores(texts, states))

    def energy(self, texts: Sequence[str], states: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return how familiar each text is, (n_texts,), see `energy_of`."""
        return energy_of(self.scores(texts, states))


class Heads(Mapping[str, Classifier]):
    """All heads of a bundle by name, over one lexicon, their weights side by side so that one pass scores them all."""

    __slots__ = ("_heads", "_sizes", "_slices", "_stacked", "_starts", "_temperatures", "centres", "lexicon")

    def __init__(
        self,
        lexicon: Lexicon,
        heads: Mapping[str, tuple[Sequence[str], Weights]],
        centres: NDArray[np.float32] | None = None,
    ) -> None:
        self.lexicon = lexicon
        self.centres = np.zeros((1, 1), np.float32) if centres is None else centres
        parts = [weights for _, weights in heads.values()]
        self._sizes = np.array([len(classes) for classes, _ in heads.values()], dtype=np.int64)
        ends = np.cumsum(self._sizes)
        self._slices = {
            name: slice(int(end) - len(classes), int(end))
            for (name, (classes, _)), end in zip(heads.items(), ends, strict=True)
        }
        self._starts = ends - self._sizes
        self._temperatures = np.repeat([part.temperature for part in parts], self._sizes)
        self._stacked = Weights(
            np.ascontiguousarray(np.hstack([part.dense for part in parts])),
            np.ascontiguousarray(np.hstack([part.sparse for part in parts])),
            np.concatenate([part.intercept for part in parts]),
            1.0,
        )
        self._heads = {
            name: Classifier(tuple(classes), self._view(name, weights.temperature), lexicon, self.centres)
            for name, (classes, weights) in heads.items()
        }

    def scores(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
        """Return each head's scores divided by its temperature, (n_texts, n_classes), reading every text once."""
        found = self._all_scores(texts, states)
        return {name: found[:, own] for name, own in self._slices.items()}

    def predict_proba(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
        """Return each head's probabilities, (n_texts, n_classes), reading every text once."""
        return {name: found.probabilities for name, found in self.read(texts, states).items()}

    def read(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, Prediction]:
        """Return each head's probabilities and energies, reading every text once.

        The same as `softmax` and `energy_of` of each head's scores, for all heads at a time: a text waits for this.
        """
        scores = self._all_scores(texts, states)
        peaks = np.maximum.reduceat(scores, self._starts, axis=1)
        powers = np.exp(scores - np.repeat(peaks, self._sizes, axis=1))
        totals = np.add.reduceat(powers, self._starts, axis=1)
        powers /= np.repeat(totals, self._sizes, axis=1)
        energies = peaks + np.log(totals)
        return {
            name: Prediction(powers[:, own], energies[:, number])
            for number, (name, own) in enumerate(self._slices.items())
        }

    def _all_scores(self, texts: Sequence[str], states: NDArray[np.floating]) -> NDArray[np.float64]:
        found = _scores(self.lexicon, self._stacked, texts, dense(states, self.centres))
        return np.asarray(found / self._temperatures, dtype=np.float64)

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


def energy_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how familiar texts of these scores (n, n_classes) are, (n,): higher is more like the training tickets.

    The negative free energy of Liu et al. 2020, "Energy-based out-of-distribution detection".
    """
    peak = scores.max(axis=1, keepdims=True)
    return np.asarray(peak[:, 0] + np.log(np.exp(scores - peak).sum(axis=1)), dtype=np.float64)


def _scores(
    lexicon: Lexicon, weights: Weights, texts: Sequence[str], features: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    read = weights.intercept if features is None else features @ weights.dense + weights.intercept
    scores = np.empty((len(texts), len(weights.intercept)))
    scores[:] = read
    for i, text in enumerate(texts):
        columns, values = lexicon.row(text)
        scores[i] += values @ weights.sparse.take(columns, axis=0)
    return scores
