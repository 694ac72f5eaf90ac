from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from training.classifiers.ensembles import FewShotHead, JointHead
from training.classifiers.estimators import LinearHead, MarginHead, SoftmaxHead, WholeMarginHead, _beside
from training.classifiers.projection import HeadInput

OF_POOLS = [
    SoftmaxHead(8),
    MarginHead(8),
    WholeMarginHead(8),
    JointHead(8),
    JointHead(8, whole=True),
    FewShotHead(8, 0.5, n_pools=2),
]
HEADS = [
    SoftmaxHead(),
    SoftmaxHead(prior_shift=0.4),
    MarginHead(),
    WholeMarginHead(),
    JointHead(),
    JointHead(whole=True),
    FewShotHead(),
]


@parametrize_with_checks(HEADS)
def test_every_head_keeps_scikit_learns_contract(estimator: LinearHead, check: object) -> None:
    check(estimator)  # type: ignore[operator]


def desk(n: int = 120, *, noise: float = 0.4) -> tuple[HeadInput, NDArray[np.str_]]:
    """Return tickets of three labels: 2 pools of 4 columns, 6 n-grams of which each label likes two."""
    random = np.random.default_rng(0)
    columns = np.arange(n) % 3
    dense = np.eye(8, dtype=np.float32)[columns * 2] + random.normal(0, noise, (n, 8)).astype(np.float32)
    words = np.eye(6)[columns * 2] + np.eye(6)[columns * 2 + 1]
    return HeadInput(dense, sparse.csr_array(words)), np.array(["a", "b", "c"])[columns]


@pytest.mark.parametrize(
    "head",
    [
        SoftmaxHead(8),
        MarginHead(8),
        WholeMarginHead(8),
        JointHead(8),
        FewShotHead(8, n_pools=2),
        FewShotHead(8, 0.5, n_pools=2),
    ],
    ids=str,
)
def test_parts_and_joined_features_are_the_same_ticket(head: LinearHead) -> None:
    parts, labels = desk()
    by_parts = clone(head).learn(parts, labels)
    by_columns = clone(head).fit(parts.joined(), labels)
    np.testing.assert_allclose(by_parts.scores_of(parts), by_columns.scores(parts.joined()), atol=1e-4)
    assert (by_parts.predict(parts.joined()) == labels).mean() > 0.95


@pytest.mark.parametrize("head", OF_POOLS, ids=str)
def test_n_grams_tell_apart_what_pools_cannot(head: LinearHead) -> None:
    parts, labels = desk()
    blind = HeadInput(np.zeros_like(parts.dense), parts.ngrams)
    assert (clone(head).learn(blind, labels).predict(blind.joined()) == labels).all()


def test_shifting_the_prior_finds_more_of_the_rare_label() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(["often", "rare"], (450, 50))
    features = random.normal((labels == "rare")[:, None] * 1.0, 1, (500, 3))
    found = [
        (SoftmaxHead(prior_shift=shift).fit(features, labels).predict(features) == "rare").sum()
        for shift in (0, 0.5, 1)
    ]
    assert found[0] < found[1] < found[2]


def test_the_first_pool_counts_more_with_few_tickets() -> None:
    parts, labels = desk(12)
    equal, first = (
        FewShotHead(8, n_pools=2, first=weight).learn(parts, labels).coef_[:8].reshape(2, 4, 3) for weight in (1, 30)
    )
    assert np.abs(first[1]).max() < 0.1 * np.abs(equal[1]).max()


def test_one_class_is_nothing_to_tell_apart() -> None:
    with pytest.raises(ValueError, match="two classes"):
        SoftmaxHead().fit(np.ones((4, 2)), ["same"] * 4)


def test_columns_beside_n_grams_are_what_scipy_stacks() -> None:
    random = np.random.default_rng(7)
    front = random.standard_normal((40, 9)).astype(np.float32)
    words = sparse.random_array((40, 300), density=0.05, format="csr", dtype=np.float32, rng=random)
    found = _beside(front, words, 0.7)
    wanted = sparse.csr_array(
        sparse.hstack([front.astype(np.float64), np.float64(0.7) * words.astype(np.float64)], format="csr")
    )
    assert (found.toarray() == wanted.toarray()).all()
    assert (found.indices.dtype, found.dtype) == (np.int32, np.float64)
    assert _beside(front[:, :0], words, 1.0).nnz == words.nnz
