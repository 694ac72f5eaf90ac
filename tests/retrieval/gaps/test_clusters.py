"""Grouping by average linkage, against the definition, and in blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.gaps import clusters as module
from retrieval.gaps.clusters import clusters, unit, word_vectors


def around(topics: int, each: int, spread: float = 0.2) -> np.ndarray:
    random = np.random.default_rng(1)
    centres = unit(random.normal(size=(topics, 32)))
    return unit(
        (np.repeat(centres, each, axis=0) + random.normal(0, spread / 6, (topics * each, 32))).astype(np.float32)
    )


def naive(vectors: np.ndarray, alike: float) -> set[frozenset[int]]:
    """Merge the two nearest groups until none are near enough."""
    groups = [[row] for row in range(len(vectors))]
    near = vectors @ vectors.T
    while len(groups) > 1:
        pairs = [
            (float(near[np.ix_(a, b)].mean()), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups[:i])
        ]
        best, i, j = max(pairs)
        if best < alike:
            break
        groups[j] += groups.pop(i)
    return {frozenset(each) for each in groups}


@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0.0, 0.9))
def test_groups_are_those_of_average_linkage(seed: int, n: int, alike: float) -> None:
    vectors = unit(np.random.default_rng(seed).normal(size=(n, 4)))
    assert {frozenset(each.tolist()) for each in clusters(vectors, alike)} == naive(vectors, alike)


def test_blocks_find_the_same_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = around(topics=6, each=30)
    whole = {frozenset(each.tolist()) for each in clusters(vectors, 0.5)}
    monkeypatch.setattr(module, "BLOCK", 50)
    assert {frozenset(each.tolist()) for each in clusters(vectors, 0.5)} == whole
    assert sorted(len(each) for each in whole) == [30] * 6


def test_nothing_is_no_group() -> None:
    assert clusters(np.zeros((0, 4), np.float32), 0.3) == []


def test_texts_that_share_rare_words_are_alike() -> None:
    vectors = word_vectors(["webhook secret", "secret webhook", "invoice address", "invoice number", "address"])
    assert vectors[0] @ vectors[1] == pytest.approx(1.0)
    assert vectors[0] @ vectors[2] < 0.5
