"""A softmax over each list of competing articles, on top of the fixed weights; and what minimises its cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from retrieval.answering.learnt.ranker import DECIDED
from retrieval.answering.ranker import LinearRanker
from training.answers.ranking.lists import RankedList

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Steps in which each model is fitted.
STEPS: Final = 40
#: Rounds in which the first directions of a map are found.
ITERATIONS: Final = 6

Cost = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class ListSoftmax:
    """Lists side by side: for each of their n articles its number, its logit by the fixed weights, how right it is."""

    lengths: np.ndarray
    begins: np.ndarray
    numbers: np.ndarray
    start: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, lists: Sequence[RankedList]) -> ListSoftmax:
        """Count links so that a list has one right article on average."""
        lengths, fixed = np.array([len(each.numbers) for each in lists]), LinearRanker()
        right = np.concatenate([each.right for each in lists])
        return cls(
            lengths=lengths,
            begins=np.cumsum(lengths) - lengths,
            numbers=np.concatenate([each.numbers for each in lists]),
            start=np.concatenate([DECIDED * fixed.unit * fixed(each.signals) for each in lists]),
            right=right * len(lists) / right.sum(),
        )

    @property
    def rows(self) -> np.ndarray:
        """The list of each article, int64 (n,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def slope(self, added: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the cost with so much added to the logits, (n,), and its slope by each logit, float32 (n,)."""
        logits, rights = self.start + added, np.add.reduceat(self.right, self.begins)
        raised = logits - np.repeat(np.maximum.reduceat(logits, self.begins), self.lengths)
        risen = np.exp(raised)
        mass = np.add.reduceat(risen, self.begins)
        wrong = risen * np.repeat(rights / mass, self.lengths) - self.right
        return float(rights @ np.log(mass) - self.right @ raised), wrong.astype(np.float32)

    def sparse(self, values: np.ndarray, columns: np.ndarray, n_columns: int) -> csr_matrix:
        """Put a value for each article, (n,), at a column of its list's row."""
        from scipy.sparse import csr_matrix

        indptr = np.append(self.begins, len(columns))
        return csr_matrix((values, columns, indptr), shape=(len(self.lengths), n_columns))


def steepest(matrix: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first singular vectors of a matrix, left and right, each by the root of its share, (size, rank).

    By subspace iteration: LAPACK's own decomposition did not converge on a real desk's matrix of lower rank.
    """
    basis = np.linalg.qr(matrix @ np.random.default_rng(0).normal(size=(matrix.shape[1], rank)))[0]
    for _ in range(ITERATIONS):
        basis = np.linalg.qr(matrix @ (matrix.T @ basis))[0]
    within = matrix.T @ basis
    squares, turned = np.linalg.eigh(within.T @ within)
    sizes = np.sqrt(np.maximum(squares[::-1], 1e-12))
    turned = turned[:, ::-1]
    scale = np.sqrt(sizes / sizes[0])
    return basis @ turned * scale, within @ turned / sizes * scale


def minimised(cost: Cost, start: np.ndarray) -> np.ndarray:
    """Return where a cost is least, by a few steps of L-BFGS from a start."""
    # Late: scipy takes half a second to import, and reading questions does not need it.
    from scipy.optimize import minimize

    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x)
