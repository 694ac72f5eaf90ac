"""Many vectors in cells: the recall that is asked for holds, and what is mapped answers as what was built."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.index import compact_vectors
from retrieval.index.vector_index import VectorIndex

ROWS, DIM = 6_000, 48


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rng = np.random.default_rng(3)
    topics = rng.normal(size=(ROWS // 50, DIM))
    drawn = topics[rng.integers(len(topics), size=ROWS)] + 0.5 * rng.normal(size=(ROWS, DIM))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def found(index: VectorIndex, vectors: np.ndarray, asked: np.ndarray) -> float:
    """The share of the exact nearest ten, of queries that the index has not been chosen by."""
    exact = np.argsort(-(asked @ vectors.T), axis=1)[:, :10]
    rows = [index.around(query).nearest(10)[1] for query in asked]
    return float(np.mean([len(set(near) & set(best)) / 10 for near, best in zip(rows, exact, strict=True)]))


def test_the_nearest_are_found_as_often_as_was_asked_for(vectors: np.ndarray) -> None:
    made = compact_vectors.compact(vectors)
    rng = np.random.default_rng(4)
    asked = vectors[rng.permutation(ROWS)[:150]] + 0.1 * rng.normal(size=(150, DIM)).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)

    assert made.recall >= compact_vectors.RECALL
    assert made.read < made.index.nlist
    assert found(VectorIndex(made.index), vectors, asked) >= 0.97  # another 1,500 neighbours: a point for chance


def test_vectors_without_structure_are_compared_one_by_one() -> None:
    """Where cells say nothing of who is near, all of them are read: as exact as half precision is."""
    drawn = np.random.default_rng(5).normal(size=(3_000, DIM)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)

    made = compact_vectors.compact(drawn, recall=0.9999)

    assert (made.codes, made.read) == ("half", made.index.nlist)
    assert made.recall >= 0.995


def test_identical_vectors_count_as_found_whichever_comes() -> None:
    few = np.eye(DIM, dtype=np.float32)[np.arange(2_000) % 20]

    assert compact_vectors.compact(few).recall == 1.0


def test_a_mapped_index_answers_as_the_one_that_was_written(vectors: np.ndarray) -> None:
    made = VectorIndex(compact_vectors.compact(vectors).index)
    mapped = VectorIndex.from_map(memoryview(made.to_bytes()), rows=ROWS, dim=DIM)

    for query in vectors[:20]:
        for (scores, rows), (there, same) in zip(
            (made.around(query).nearest(30), made.around(query).nearest(30, np.arange(ROWS) % 7 == 1)),
            (mapped.around(query).nearest(30), mapped.around(query).nearest(30, np.arange(ROWS) % 7 == 1)),
            strict=True,
        ):
            assert rows.tolist() == same.tolist()
            assert scores.tolist() == there.tolist()
    assert (mapped.vectors(np.array([5, 0])) == made.vectors(np.array([5, 0]))).all()


@pytest.mark.parametrize("damage", [lambda data: b"IxHN" + data[4:], lambda data: data[:200], lambda data: b""])
def test_a_map_that_is_no_index_is_refused(vectors: np.ndarray, damage) -> None:
    data = VectorIndex(compact_vectors.compact(vectors[:3_000]).index).to_bytes()

    with pytest.raises(ValueError, match=r"not one of|cannot read"):
        VectorIndex.from_map(memoryview(damage(data)), rows=3_000, dim=DIM)
    with pytest.raises(ValueError, match="numbers instead of"):
        VectorIndex.from_map(memoryview(data), rows=2_999, dim=DIM)
