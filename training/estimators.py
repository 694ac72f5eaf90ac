"""The heads as scikit-learn estimators: fitted here, run by `triage.classifier` without scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted, validate_data

from triage.classifier import softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class LinearHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear support vector machine, one class against the rest, with calibrated probabilities.

    Parameters
    ----------
    strength
        C of `LinearSVC`: larger trusts the tickets more and the prior less.
    temperature
        What the margins are divided by before the softmax; see `training.calibration`.
    tolerance
        When the solver stops; looser than scikit-learn's, which costs time and gives no accuracy here.

    Attributes
    ----------
    classes_
        Shape (n_classes,). Sorted labels.
    coef_
        Shape (n_features, n_classes). Weights; with two classes those of the first are the second's, negated.
    intercept_
        Shape (n_classes,). Scores of an empty ticket.
    """

    def __init__(self, strength: float = 0.3, temperature: float = 1.0, tolerance: float = 0.01) -> None:
        self.strength = strength
        self.temperature = temperature
        self.tolerance = tolerance

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's contract
        """Fit on features (n, n_features), dense or sparse, and labels (n,)."""
        machine = LinearSVC(C=self.strength, tol=self.tolerance, random_state=0, max_iter=2_000)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)  # noqa: N806
        machine.fit(X, y)
        weights, intercept = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:
            weights, intercept = np.vstack((-weights, weights)), np.concatenate((-intercept, intercept))
        self.classes_ = machine.classes_
        self.coef_ = np.ascontiguousarray(weights.T)
        self.intercept_ = intercept
        return self

    def scores(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the margins, (n, n_classes), before the temperature."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)  # noqa: N806
        return np.asarray(X @ self.coef_ + self.intercept_)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the margins, (n, n_classes); with two classes that of the second, (n,)."""
        found = self.scores(X)
        return found[:, 1] if len(self.classes_) == 2 else found

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
