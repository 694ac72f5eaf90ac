"""A ranker that starts from weights and corrects them by trees that a desk's closed tickets taught."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from retrieval.answering.learnt.desk_memory import DeskMemory
from retrieval.answering.learnt.trees import Trees
from retrieval.answering.ranker import LinearRanker, Signals

#: Where a bundle keeps the arrays, and those of the second encoder's ranker.
FILE: Final = "answers/ranker.npz"
SECOND_FILE: Final = "answers/second_ranker.npz"
#: The trees correct so many articles, the best by weight; the others stay behind them.
COMPETING: Final = 100
#: How decided the weights are: a score to a logit.
DECIDED: Final = 12.0
#: What trees read of an article, and of which of it also how far it is behind the best article for the question.
READ: Final = ("cosine", "title_cosine", "nearest", "words", "evidence", "known", "usual", "told", "asked")
COMPARED: Final = ("nearest", "words", "known", "evidence")
N_COLUMNS: Final = len(READ) + len(COMPARED) + 2 * 3
_MAP_WEIGHT: Final = "map_weight"
#: Where these columns stand: the two that `nearest` is the greater of, itself, and those that are compared.
_COSINES: Final = (READ.index("cosine"), READ.index("title_cosine"))
_NEAREST: Final = READ.index("nearest")
_COMPARED: Final = [*map(READ.index, COMPARED), len(READ), len(READ) + 1, len(READ) + 2]


@dataclass(frozen=True, slots=True, eq=False)
class LearntRanker:
    """Score = weights + the map's weight times its likeness + what the trees and a shift of the question add."""

    weights: LinearRanker
    #: Of `DeskMemory.mapped`, beside the weights.
    map_weight: float
    memory: DeskMemory
    trees: Trees

    def __post_init__(self) -> None:
        if not 0 <= self.map_weight < np.inf or self.trees.n_columns != N_COLUMNS:
            raise ValueError("the weight of its map is no number, or its trees read other columns")

    def __call__(self, signals: Signals) -> np.ndarray:
        """Score every article, float64 (n_articles,)."""
        index, question = signals.articles, signals.question
        if index is None or question is None:
            raise ValueError("signals without their articles and question")
        memory = self.memory
        told = memory.mapped(index, question), memory.shares(index, question), memory.gain(index, question)
        return self.scored(signals, *told)

    def scored(
        self, signals: Signals, mapped: np.ndarray, shares: np.ndarray, gain: np.ndarray | None = None
    ) -> np.ndarray:
        """Score articles of which is known what the memory says of them, float64 (n_articles,)."""
        logits = linear(self.weights, self.map_weight, signals, mapped)
        if not len(logits):
            return logits
        most = min(COMPETING, len(logits))
        best = np.argpartition(-logits, most - 1)[:most]
        added = self.trees(columns(signals, Learnt(logits, mapped, shares), best))
        corrected = logits + added.min()
        corrected[best] = logits[best] + added
        scores = np.asarray(corrected / (DECIDED * self.weights.unit))
        return scores if gain is None else scores + gain / self.weights.unit

    def without(self, article_ids: AbstractSet[str]) -> LearntRanker:
        """Return it as if some articles had just been written."""
        return replace(self, memory=self.memory.without(article_ids))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, as a bundle keeps them; the weights stand in its manifest."""
        return {**self.memory.to_arrays(), **self.trees.to_arrays(), _MAP_WEIGHT: np.array(self.map_weight)}

    @classmethod
    def from_arrays(
        cls, weights: LinearRanker, arrays: Mapping[str, Any], dim: int, *, by_second: bool = False
    ) -> LearntRanker:
        """Take the arrays of `to_arrays`. Raises ValueError, KeyError where they do not fit together."""
        memory = DeskMemory.from_arrays(arrays, dim, by_second=by_second)
        trees = Trees.from_arrays(arrays, N_COLUMNS)
        return cls(weights, float(arrays[_MAP_WEIGHT]), memory, trees)


def linear(weights: LinearRanker, map_weight: float, signals: Signals, mapped: np.ndarray) -> np.ndarray:
    """Return the logits before the trees, float64 (n_articles,)."""
    return np.asarray(DECIDED * (weights(signals) * weights.unit + map_weight * mapped))


#: What a desk may rank with.
DeskRanker = LinearRanker | LearntRanker


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Beside the signals, of each article, float64 (n_articles,): logits by weight, map, and shares of labels."""

    logits: np.ndarray
    mapped: np.ndarray
    shares: np.ndarray


def columns(signals: Signals, learnt: Learnt, rows: np.ndarray) -> np.ndarray:
    """Return what trees read of some articles, float64 (n_rows, N_COLUMNS), NaN where history says nothing.

    Compared is with the best of these articles, as those that are far behind tell nothing.
    """
    table = np.empty((N_COLUMNS, len(rows)))
    for place, name in enumerate(READ):
        if name != "nearest":
            table[place] = getattr(signals, name)[rows]
    np.maximum(table[_COSINES[0]], table[_COSINES[1]], out=table[_NEAREST])
    for place, each in enumerate((learnt.logits, learnt.mapped, learnt.shares), len(READ)):
        table[place] = each[rows]
    table[len(READ)] /= DECIDED
    compared, behind = table[_COMPARED], table[len(READ) + 3 :]
    best = np.fmax.reduce(compared, axis=1, keepdims=True)  # NaN where no article has a number
    best[np.isnan(best)] = 0.0
    np.subtract(compared, best, out=behind)
    return table.T
