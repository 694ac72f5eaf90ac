from __future__ import annotations

import numpy as np
import pytest

from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import CELLS_FROM, HALF_FROM, WALKED, VectorKind, kind_for, make


def vectors(rows: int = 3_000, dim: int = 32) -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(rows, dim)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_the_kind_follows_the_number_of_vectors() -> None:
    assert [kind_for(rows) for rows in (0, HALF_FROM - 1, HALF_FROM, CELLS_FROM - 1, CELLS_FROM)] == [
        "flat", "flat", "half", "half", "cells",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["flat", "half", "cells"])
def test_every_kind_finds_what_is_nearest_and_survives_the_way_to_disk(kind: VectorKind) -> None:
    drawn = vectors()
    made = VectorIndex(make(kind, drawn))
    index = VectorIndex.from_bytes(made.to_bytes(), rows=3_000, dim=32)

    scores, rows = index.search(drawn[:50], 3)

    assert rows[:, 0].tolist() == list(range(50))
    assert (np.diff(scores, axis=1) <= 0).all()


def test_every_vector_is_read_where_few_are_asked_for_or_many_wanted() -> None:
    drawn = vectors()
    index, chosen = VectorIndex(make("cells", drawn)), np.zeros(3_000, dtype=bool)
    chosen[[5, 700, 2_999]] = True

    _, few = index.search(drawn[:1], 3, among=chosen)
    _, many = index.search(drawn[:1], WALKED * 4)

    assert sorted(few[0].tolist()) == [5, 700, 2_999]
    assert many.min() >= 0
    assert len(set(many[0].tolist())) == WALKED * 4
