from __future__ import annotations

import numpy as np
import pytest

from triage.classifier import Heads, Weights
from triage.lexical import learn

TEXTS = ["the export is empty", "my invoice was charged twice", "reset my password"]
DIM = 8


@pytest.fixture
def heads() -> Heads:
    random = np.random.default_rng(1)
    lexicon = learn(TEXTS, min_tickets=1, most=1000, progress=lambda _: None)

    def weights(n: int) -> Weights:
        parts = (random.normal(size=shape).astype(np.float32) for shape in ((DIM, n), (lexicon.n_features, n), (n,)))
        return Weights(*parts, temperature=0.5)

    return Heads(lexicon, {"category": (("a", "b", "c"), weights(3)), "priority": (("P0", "P1"), weights(2))})


@pytest.fixture
def vectors() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(len(TEXTS), DIM)).astype(np.float32)


def test_all_heads_at_once_say_what_each_says_alone(heads: Heads, vectors: np.ndarray) -> None:
    together = heads.predict_proba(TEXTS, vectors)
    for name, head in heads.items():
        np.testing.assert_allclose(together[name], head.predict_proba(TEXTS, vectors), atol=1e-6)


def test_probabilities_are_the_softmax_of_the_scores_over_the_temperature(heads: Heads, vectors: np.ndarray) -> None:
    head = heads["category"]
    weights = head.weights
    sparse = np.zeros((len(TEXTS), heads.lexicon.n_features))
    for i, text in enumerate(TEXTS):
        columns, values = heads.lexicon.row(text)
        sparse[i, columns] = values
    scores = (vectors @ weights.dense + sparse @ weights.sparse + weights.intercept) / 0.5
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.predict_proba(TEXTS, vectors), expected, atol=1e-5)
    np.testing.assert_allclose(head.energy(TEXTS, vectors), np.log(np.exp(scores).sum(axis=1)), atol=1e-4)


def test_a_text_gets_the_same_probabilities_in_any_company(heads: Heads, vectors: np.ndarray) -> None:
    alone = heads.predict_proba(TEXTS[:1], vectors[:1])["category"]
    np.testing.assert_allclose(heads.predict_proba(TEXTS, vectors)["category"][:1], alone, atol=1e-6)


def test_no_texts_give_no_rows(heads: Heads) -> None:
    assert heads.predict_proba([], np.empty((0, DIM), np.float32))["category"].shape == (0, 3)
