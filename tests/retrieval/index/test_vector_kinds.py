from __future__ import annotations

import numpy as np
import pytest

from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import CELLS_FROM, HALF_FROM, SORTED_AROUND, WALKED, VectorKind, kind_for, make


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


@pytest.mark.parametrize("kind", ["flat", "half"])
def test_without_cells_a_query_is_compared_with_every_row(kind: VectorKind) -> None:
    drawn = vectors()
    index = VectorIndex(make(kind, drawn))
    exact, chosen = drawn @ drawn[7], np.arange(3_000) % 3 == 1

    scores, rows = index.around(drawn[7]).nearest(5, chosen)

    assert index.similarities(drawn[7]) == pytest.approx(exact, abs=2e-3)
    assert rows.tolist() == [row for row in np.argsort(-exact).tolist() if chosen[row]][:5]
    assert scores == pytest.approx(exact[rows], abs=2e-3)


@pytest.mark.parametrize("wanted", [3, SORTED_AROUND, SORTED_AROUND + 1, 2_000, 5_000])
@pytest.mark.parametrize("share", [2, 40])
def test_around_a_query_as_many_rows_are_found_as_are_wanted(wanted: int, share: int) -> None:
    drawn = vectors()
    around, chosen = VectorIndex(make("flat", drawn)).around(drawn[7]), np.arange(3_000) % share == 1
    falling = np.argsort(-(drawn @ drawn[7]), kind="stable")

    assert around.nearest(wanted)[1].tolist() == falling[:wanted].tolist()
    assert around.nearest(wanted, chosen)[1].tolist() == falling[chosen[falling]][:wanted].tolist()


def test_in_cells_only_the_nearest_rows_are_told_apart() -> None:
    drawn = vectors()
    index = VectorIndex(make("cells", drawn))

    compared = index.similarities(drawn[7])
    scores, rows = index.search(drawn[7][None, :], WALKED)

    assert compared[rows[0]].tolist() == scores[0].tolist()
    assert np.delete(compared, rows[0]) == pytest.approx(scores[0, -1])
    assert index.around(drawn[7]).nearest(5)[1].tolist() == rows[0, :5].tolist()
    assert index.around(drawn[7]).nearest(5, np.arange(3_000) < 2)[1].tolist() != []
