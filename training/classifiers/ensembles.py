"""Heads that are sums of two linear maps, and so linear maps themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from training.classifiers import solvers
from training.classifiers.estimators import LinearHead, MarginHead, SoftmaxHead, WholeMarginHead
from training.classifiers.projection import HeadInput, basis_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from training.classifiers.projection import Basis
    from training.classifiers.solvers import Linear


class JointHead(LinearHead):
    """The sum of a softmax regression and of support vector machines, which err on different tickets.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C of the softmax regression.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.
    whole
        Whether the support vector machines see every n-gram.
    machines
        Their C.

    Attributes
    ----------
    classes_
        Shape (n_classes,). Sorted labels.
    coef_
        Shape (n_features, n_classes). Weights.
    intercept_
        Shape (n_classes,). Scores of an empty ticket.
    """

    def __init__(
        self,
        n_dense: int | None = None,
        lexical_weight: float = 0.4,
        strength: float = 30.0,
        temperature: float = 1.0,
        *,
        whole: bool = False,
        machines: float = 1.0,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature)
        self.whole = whole
        self.machines = machines

    def _learnt(self, parts: HeadInput, columns: NDArray[np.int64], projection: Basis) -> Linear:
        softmax = SoftmaxHead(lexical_weight=self.lexical_weight, strength=self.strength)
        machines = WholeMarginHead() if self.whole else MarginHead(lexical_weight=self.lexical_weight)
        machines.strength = self.machines
        members = (softmax.learn(parts, columns, projection), machines.learn(parts, columns, projection))
        return _summed((member.coef_, member.intercept_, member.scores_of(parts)) for member in members)


class FewShotHead(LinearHead):
    """For a few tickets a label: the sum of a softmax regression and of a shrunk linear discriminant.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C of the softmax regression.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.
    n_pools
        Into how many pools of one size the `n_dense` columns fall.
    first
        How much the first pool, the mean that sentence training was about, counts beside each other one: few tickets
        cannot teach which of the others to trust.

    Attributes
    ----------
    classes_
        Shape (n_classes,). Sorted labels.
    coef_
        Shape (n_features, n_classes). Weights.
    intercept_
        Shape (n_classes,). Scores of an empty ticket.
    """

    SHRINKAGE = 0.6

    def __init__(
        self,
        n_dense: int | None = None,
        lexical_weight: float = 0.0,
        strength: float = 30.0,
        temperature: float = 1.0,
        *,
        n_pools: int = 1,
        first: float = 5.0,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature)
        self.n_pools = n_pools
        self.first = first

    def learn(self, parts: HeadInput, labels: NDArray[Any], projection: Basis | None = None) -> Self:
        """Fit on weighted pools; a basis, where one is given, must be of such."""
        weights = self._pool_weights(parts.dense.shape[1])
        weighted = HeadInput(parts.dense * weights, parts.ngrams)
        super().learn(weighted, labels, projection or basis_of(weighted, with_ngrams=self.lexical_weight > 0))
        self.coef_[: len(weights)] *= weights[:, None]
        return self

    def _pool_weights(self, n_dense: int) -> NDArray[np.float32]:
        weights = np.ones(self.n_pools)
        weights[0] = self.first
        weights *= np.sqrt(self.n_pools) / np.linalg.norm(weights)
        return np.repeat(weights, n_dense // self.n_pools).astype(np.float32)

    def _solved(self, features: NDArray[np.float32], columns: NDArray[np.int64]) -> Linear:
        members = (
            solvers.softmax(features, columns, self.strength),
            solvers.discriminant(features, columns, self.SHRINKAGE),
        )
        return _summed((weights, intercept, features @ weights + intercept) for weights, intercept in members)


class FewShotJointHead(FewShotHead):
    """The sum of a few-shot head and of support vector machines on every n-gram, which count half: for desks of jargon.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools in the few-shot head.
    strength
        C of its softmax regression.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.
    n_pools
        Into how many pools of one size the `n_dense` columns fall.
    machines
        C of the support vector machines.

    Attributes
    ----------
    classes_
        Shape (n_classes,). Sorted labels.
    coef_
        Shape (n_features, n_classes). Weights.
    intercept_
        Shape (n_classes,). Scores of an empty ticket.
    """

    def __init__(
        self,
        n_dense: int | None = None,
        lexical_weight: float = 0.0,
        strength: float = 30.0,
        temperature: float = 1.0,
        *,
        n_pools: int = 1,
        machines: float = 0.7,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature, n_pools=n_pools)
        self.machines = machines

    def learn(self, parts: HeadInput, labels: NDArray[Any], projection: Basis | None = None) -> Self:
        """Fit both; a basis, where one is given, is that of the few-shot head."""
        super().learn(parts, labels, projection)
        machines = WholeMarginHead(strength=self.machines).learn(parts, labels)
        members = [(each.coef_, each.intercept_, each.scores_of(parts)) for each in (self, machines)]
        self.coef_, self.intercept_ = _summed(members, (1.0, 0.5))
        return self


def _summed(
    members: Iterable[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]],
    says: tuple[float, float] = (1.0, 1.0),
) -> Linear:
    """Add linear maps (weights, intercept, their scores of the tickets), so that each has an equal say, or these.

    Each is divided by how far its scores of a ticket lie apart.
    """
    scaled = [
        (weights * (say / spread), intercept * (say / spread))
        for say, (weights, intercept, scores) in zip(says, members, strict=True)
        if (spread := float(scores.std(axis=1).mean()) or 1.0)
    ]
    return np.sum([weights for weights, _ in scaled], axis=0), np.sum([intercept for _, intercept in scaled], axis=0)
