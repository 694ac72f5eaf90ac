"""Linear maps from features to the scores of all classes: softmax regression, support vectors, linear discriminant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    Features = NDArray[np.float32]
    Scores = NDArray[np.float32]
    Loss = Callable[[Scores], tuple[float, Scores]]
    """From scores (n, n_classes) to the sum of losses and its slopes, (n, n_classes)."""
    Columns = NDArray[np.int64]
    Linear = tuple[NDArray[np.float64], NDArray[np.float64]]
    """Weights (n_features, n_classes) and intercepts (n_classes,)."""

STEPS = 60
"""Of L-BFGS: the scores still move a little afterwards, the labels do not."""


def softmax(features: Features, columns: Columns, strength: float) -> Linear:
    """Fit softmax regression.

    Parameters
    ----------
    features
        Shape (n, n_features), float32.
    columns
        Shape (n,), int. Column of each ticket's class, from 0 on; every class occurs.
    strength
        C: the weight of the sum of losses beside half the squared length of the weights.

    Returns
    -------
    tuple
        Weights (n_features, n_classes) and intercepts (n_classes,).
    """
    rows = np.arange(len(features))

    def loss(scores: Scores) -> tuple[float, Scores]:
        scores = scores - scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        totals = powers.sum(axis=1, keepdims=True)
        slopes = powers / totals
        slopes[rows, columns] -= 1
        return float((np.log(totals[:, 0]) - scores[rows, columns]).sum()), slopes

    return _least(features, int(columns.max()) + 1, strength, loss)


def margins(features: Features, columns: Columns, strength: float) -> Linear:
    """Fit one support vector machine a class against the rest, all at once; see `softmax` for the arguments.

    The loss is that of scikit-learn's LinearSVC (squared hinge), which takes minutes on dense features.
    """
    n_classes = int(columns.max()) + 1
    signs = np.full((len(features), n_classes), -1, np.float32)
    signs[np.arange(len(features)), columns] = 1

    def loss(scores: Scores) -> tuple[float, Scores]:
        short = np.maximum(0, 1 - signs * scores)
        return float(np.square(short).sum()), -2 * signs * short

    return _least(features, n_classes, strength, loss)


def _least(features: Features, n_classes: int, strength: float, loss: Loss) -> Linear:
    """Minimise the sum of a loss of the scores (n, n_classes), plus half the squared length of the weights."""
    shape = (features.shape[1] + 1, n_classes)  # the last row holds the intercepts, whose length costs nothing

    def total(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        held = flat.reshape(shape).astype(np.float32)
        value, slopes = loss(features @ held[:-1] + held[-1])
        slopes = np.float32(strength) * slopes
        gradient = np.vstack((features.T @ slopes + held[:-1], slopes.sum(axis=0, keepdims=True)))
        return strength * value + float(np.square(held[:-1]).sum()) / 2, gradient.ravel().astype(np.float64)

    # Not scikit-learn's LogisticRegression: it warns where it stops early, and warnings are no thread's own.
    limits = {"maxiter": STEPS, "ftol": 1e-5}
    held = minimize(total, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=limits).x.reshape(shape)
    return held[:-1], held[-1]


def sparse_margins(features: sparse.csr_array, columns: Columns, strength: float) -> Linear:
    """Fit the same on sparse features, (n, n_features) float64, by LinearSVC: one class after the other."""
    features.indices, features.indptr = (
        features.indices.astype(np.int32, copy=False),
        features.indptr.astype(np.int32, copy=False),
    )
    # Looser than scikit-learn's tolerance, which costs time and gives no accuracy here.
    machine = LinearSVC(C=strength, tol=0.01, random_state=0, max_iter=2_000).fit(features, columns)
    weights, intercept = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one row there
        weights, intercept = np.vstack((-weights, weights)), np.concatenate((-intercept, intercept))
    return weights.T, intercept


def discriminant(features: Features, columns: Columns, shrinkage: float) -> Linear:
    """Fit Fisher's linear discriminant with the covariance within classes shrunk towards a sphere (0 not, 1 wholly).

    Classes count alike, however many tickets they have. Friedman 1989, "Regularized discriminant analysis".
    """
    # Not scikit-learn's LinearDiscriminantAnalysis: the same to 2e-6 of the largest score, but 3 to 13 times slower on
    # 77 labels, and it warns of each label that has a single ticket.
    n_classes, n_features = int(columns.max()) + 1, features.shape[1]
    means = np.vstack([features[columns == column].mean(axis=0) for column in range(n_classes)]).astype(np.float64)
    rest = features - means[columns]
    covariance = (rest.T @ rest) * ((1 - shrinkage) / len(rest))
    covariance.flat[:: n_features + 1] += shrinkage * np.square(rest).sum() / len(rest) / n_features + 1e-9
    weights = cho_solve(cho_factor(covariance), means.T)
    return weights, -0.5 * np.einsum("fk,kf->k", weights, means)
