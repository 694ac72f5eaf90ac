"""The heads as scikit-learn estimators: fitted here, run by `triage.model.classifier` without scikit-learn.

Whatever a head is made of, it ends as one linear map of pools and n-grams.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from training.classifiers import solvers
from training.classifiers.projection import Basis, HeadInput, basis_of
from triage.model.classifier import softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from training.classifiers.solvers import Linear

_ONE_AT_A_TIME = Lock()
"""Fits on every n-gram: LinearSVC copies its input, so that two at once take twice the memory of all the rest."""


class LinearHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What all heads share: a linear map, calibrated probabilities.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C: larger trusts the tickets more and the prior less.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.

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
    ) -> None:
        self.n_dense = n_dense
        self.lexical_weight = lexical_weight
        self.strength = strength
        self.temperature = temperature

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's contract
        """Fit on features (n, n_features), dense or sparse, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)  # noqa: N806
        check_classification_targets(y)
        return self.learn(_parts(X, self.n_dense), np.asarray(y))

    def learn(self, parts: HeadInput, labels: NDArray[Any], projection: Basis | None = None) -> Self:
        """Fit without scikit-learn's checks, on parts as they are; a basis that is known already saves finding it."""
        self.classes_, columns = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"needs two classes to tell apart, got {len(self.classes_)} class")
        self.n_features_in_ = parts.dense.shape[1] + parts.ngrams.shape[1]
        self.coef_, self.intercept_ = self._learnt(parts, columns, projection or basis_of(parts))
        return self

    def _learnt(self, parts: HeadInput, columns: NDArray[np.int64], projection: Basis) -> Linear:
        """Solve in the small room, and carry the weights back to all features."""
        weights, intercept = self._solved(projection.within(parts, self.lexical_weight), columns)
        return projection.back(weights, self.lexical_weight), intercept

    def _solved(self, features: NDArray[np.float32], columns: NDArray[np.int64]) -> Linear:
        raise NotImplementedError

    def scores_of(self, parts: HeadInput) -> NDArray[np.float64]:
        """Return the scores before the temperature, (n, n_classes), of parts as they are."""
        cut = parts.dense.shape[1]
        found = parts.dense @ self.coef_[:cut].astype(np.float32)
        return np.asarray(found + parts.ngrams @ self.coef_[cut:] + self.intercept_, dtype=np.float64)

    def scores(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the scores, (n, n_classes), before the temperature."""
        check_is_fitted(self)
        checked: Any = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return np.asarray(checked @ self.coef_ + self.intercept_)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the scores, (n, n_classes); with two classes the second's less the first's, (n,)."""
        found = self.scores(X)
        return found[:, 1] - found[:, 0] if len(self.classes_) == 2 else found

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return calibrated probabilities, (n, n_classes)."""
        return softmax(self.scores(X) / self.temperature)

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the most probable labels, (n,)."""
        scores = self.scores(X)
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn's own type
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class SoftmaxHead(LinearHead):
    """Softmax regression: its probabilities need the least calibrating, and its energy knows foreign texts.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C: larger trusts the tickets more and the prior less.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.
    prior_shift
        0 answers what is likeliest; 1 as if all labels were equally frequent, which finds more of the rare ones.
        Menon et al. 2021, "Long-tail learning via logit adjustment".

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
        prior_shift: float = 0.0,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature)
        self.prior_shift = prior_shift

    def _solved(self, features: NDArray[np.float32], columns: NDArray[np.int64]) -> Linear:
        weights, intercept = solvers.softmax(features, columns, self.strength)
        return weights, intercept - self.prior_shift * np.log(np.bincount(columns) / len(columns))


class MarginHead(LinearHead):
    """A support vector machine for each class against the rest.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C: larger trusts the tickets more and the prior less.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.

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
        strength: float = 1.0,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature)

    def _solved(self, features: NDArray[np.float32], columns: NDArray[np.int64]) -> Linear:
        return solvers.margins(features, columns, self.strength)


class WholeMarginHead(LinearHead):
    """Support vector machines on every n-gram instead of their main directions: for few classes, whose words tell.

    Parameters
    ----------
    n_dense
        So many columns in front are the pools, the rest are n-grams; None: all are pools.
    lexical_weight
        How much the n-grams count beside the pools.
    strength
        C: larger trusts the tickets more and the prior less.
    temperature
        What the scores are divided by before the softmax; see `training.evaluation.calibration`.

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
        lexical_weight: float = 0.7,
        strength: float = 0.7,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(n_dense, lexical_weight, strength, temperature)

    def _learnt(self, parts: HeadInput, columns: NDArray[np.int64], projection: Basis) -> Linear:
        cut = projection.dense.shape[1]
        with _ONE_AT_A_TIME:
            features = _beside(parts.dense @ projection.dense, parts.ngrams, self.lexical_weight)
            weights, intercept = solvers.sparse_margins(features, columns, self.strength)
        return np.vstack([projection.dense @ weights[:cut], self.lexical_weight * weights[cut:]]), intercept


def _beside(front: NDArray[np.float32], words: sparse.csr_array, weight: float) -> sparse.csr_array:
    """Return dense columns (n, a) beside weighed n-grams (n, b) as LinearSVC takes them, (n, a + b) float64.

    Stacking them with scipy holds everything three times over.
    """
    n, cut = front.shape
    ends = words.indptr.astype(np.int64)
    values, places = np.empty(n * cut + int(ends[-1])), np.empty(n * cut + int(ends[-1]), np.int32)
    starts = np.arange(n) * cut + ends[:-1]
    dense = np.arange(cut)
    for row, (at, first, last) in enumerate(zip(starts.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
        end, until = at + cut, at + cut + last - first
        values[at:end], places[at:end] = front[row], dense
        values[end:until], places[end:until] = words.data[first:last], words.indices[first:last]
        values[end:until] *= weight
        places[end:until] += cut
    indptr = np.append(starts, len(values)).astype(np.int32)
    return sparse.csr_array((values, places, indptr), shape=(n, cut + words.shape[1]))


def _parts(found: Any, n_dense: int | None) -> HeadInput:  # noqa: ANN401 - an array or a sparse one
    cut = found.shape[1] if n_dense is None else n_dense
    rows = sparse.csr_array(found)
    return HeadInput(rows[:, :cut].toarray().astype(np.float32), sparse.csr_array(rows[:, cut:]))
