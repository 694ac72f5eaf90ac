from __future__ import annotations

import numpy as np
import pytest

from triage.model.classifier import Heads, Weights
from triage.model.lexical import learn
from triage.model.pools import dense

TEXTS = ["the export is empty", "my invoice was charged twice", "reset my password"]
DIM, POOLS = 8, 2


@pytest.fixture
def heads() -> Heads:
    random = np.random.default_rng(1)
    lexicon = learn(TEXTS, min_tickets=1, most=1000, progress=lambda _: None)

    def weights(n: int) -> Weights:
        shapes = (POOLS * DIM, n), (lexicon.n_features, n), (n,)
        return Weights(*(random.normal(size=shape).astype(np.float32) for shape in shapes), temperature=0.5)

    centres = random.normal(size=(POOLS, DIM)).astype(np.float32)
    return Heads(lexicon, {"category": (("a", "b", "c"), weights(3)), "priority": (("P0", "P1"), weights(2))}, centres)


@pytest.fixture
def states() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(len(TEXTS), POOLS, DIM)).astype(np.float16)


def test_all_heads_at_once_say_what_each_says_alone(heads: Heads, states: np.ndarray) -> None:
    together = heads.read(TEXTS, states)
    for name, head in heads.items():
        np.testing.assert_allclose(together[name].probabilities, head.predict_proba(TEXTS, states), atol=1e-6)
        np.testing.assert_allclose(together[name].energies, head.energy(TEXTS, states), atol=1e-5)
        np.testing.assert_array_equal(together[name].probabilities, heads.predict_proba(TEXTS, states)[name])


def test_probabilities_are_the_softmax_of_the_scores_over_the_temperature(heads: Heads, states: np.ndarray) -> None:
    head = heads["category"]
    weights = head.weights
    sparse = np.zeros((len(TEXTS), heads.lexicon.n_features))
    for i, text in enumerate(TEXTS):
        columns, values = heads.lexicon.row(text)
        sparse[i, columns] = values
    moved = states - heads.centres
    pools = moved / np.linalg.norm(moved, axis=2, keepdims=True) / np.sqrt(POOLS)
    scores = (pools.reshape(len(TEXTS), -1) @ weights.dense + sparse @ weights.sparse + weights.intercept) / 0.5
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.predict_proba(TEXTS, states), expected, atol=1e-5)
    np.testing.assert_allclose(head.energy(TEXTS, states), np.log(np.exp(scores).sum(axis=1)), atol=1e-4)


def test_a_text_has_the_same_features_alone_and_in_company(heads: Heads, states: np.ndarray) -> None:
    together = dense(states, heads.centres)
    np.testing.assert_array_equal(together[:1], dense(states[:1], heads.centres))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_without_centres_unit_vectors_are_features_as_they_are() -> None:
    vectors = np.eye(3, dtype=np.float32)
    np.testing.assert_allclose(dense(vectors[:, None, :], np.zeros((1, 3), np.float32)), vectors)


def test_a_text_gets_the_same_probabilities_in_any_company(heads: Heads, states: np.ndarray) -> None:
    alone = heads.predict_proba(TEXTS[:1], states[:1])["category"]
    np.testing.assert_allclose(heads.predict_proba(TEXTS, states)["category"][:1], alone, atol=1e-6)


def test_no_texts_give_no_rows(heads: Heads) -> None:
    found = heads.read([], np.empty((0, POOLS, DIM), np.float32))["category"]
    assert [part.shape for part in found] == [(0, 3), (0,)]
