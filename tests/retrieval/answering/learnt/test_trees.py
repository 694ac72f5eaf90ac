from __future__ import annotations

import numpy as np
import pytest

from retrieval.answering.learnt.trees import LEAVES, MOST_TREES, Trees

N_COLUMNS = 5


def grown(n_trees: int, seed: int = 0) -> Trees:
    """Trees of random shapes."""
    random = np.random.default_rng(seed)
    begins, left, right, leaves = [], [], [], np.zeros((n_trees, LEAVES))
    for tree in range(n_trees):
        begins.append(len(left))
        n_splits = int(random.integers(1, LEAVES))
        sides = [[None, None] for _ in range(n_splits)]
        free = [(0, 0), (0, 1)]
        for split in range(1, n_splits):
            at, side = free.pop(int(random.integers(len(free))))
            sides[at][side] = split
            free += [(split, 0), (split, 1)]
        for leaf, (at, side) in enumerate(random.permutation(free).tolist()):
            sides[at][side] = ~leaf
        left += [each[0] for each in sides]
        right += [each[1] for each in sides]
        leaves[tree, : n_splits + 1] = random.normal(size=n_splits + 1)
    return Trees(
        begins=np.array(begins, np.int32),
        columns=random.integers(0, N_COLUMNS, len(left)).astype(np.int32),
        thresholds=random.normal(size=len(left)),
        missing_left=random.random(len(left)) < 0.5,
        left=np.array(left, np.int8),
        right=np.array(right, np.int8),
        leaves=leaves,
        n_columns=N_COLUMNS,
    )


def walked(trees: Trees, row: np.ndarray) -> float:
    """What trees say of a row, one split after the other."""
    total = 0.0
    for tree, begin in enumerate(trees.begins.tolist()):
        at = 0
        while at >= 0:
            split = begin + at
            value = row[trees.columns[split]]
            goes_left = trees.missing_left[split] if np.isnan(value) else value <= trees.thresholds[split]
            at = int(trees.left[split] if goes_left else trees.right[split])
        total += trees.leaves[tree, ~at]
    return total


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_all_splits_at_once_say_what_a_walk_from_the_root_says(missing: float) -> None:
    trees, random = grown(40), np.random.default_rng(1)
    rows = random.normal(size=(60, N_COLUMNS))
    rows[random.random(rows.shape) < missing] = np.nan

    assert trees(rows) == pytest.approx([walked(trees, row) for row in rows])


def test_a_value_at_the_threshold_goes_left() -> None:
    trees = grown(1, seed=3)
    rows = np.zeros((1, N_COLUMNS))
    rows[0, trees.columns[0]] = trees.thresholds[0]

    assert trees(rows)[0] == pytest.approx(walked(trees, rows[0]))


def test_trees_are_the_same_after_a_file() -> None:
    trees = grown(10)
    rows = np.random.default_rng(2).normal(size=(9, N_COLUMNS))

    assert (Trees.from_arrays(trees.to_arrays(), N_COLUMNS)(rows) == trees(rows)).all()


def test_of_a_thousand_rows_none_depends_on_the_others() -> None:
    trees, rows = grown(20), np.random.default_rng(4).normal(size=(1_000, N_COLUMNS))

    assert (trees(rows)[7:9] == trees(rows[7:9])).all()


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("left", lambda values: np.zeros_like(values), "no trees"),  # a split below itself
        ("left", lambda values: np.full_like(values, 100), "no trees"),
        ("right", lambda values: np.full_like(values, ~0), "no trees"),
        ("columns", lambda values: values + N_COLUMNS, "columns that there are not"),
        ("columns", lambda values: values[:-1], "do not belong together"),
        ("columns", lambda values: values[:0], "do not belong together"),
        ("thresholds", lambda values: values * np.nan, "not numbers"),
        ("leaves", lambda values: values + np.inf, "not numbers"),
        ("leaves", lambda values: values[:, :3], "do not belong together"),
        ("begins", lambda values: values + 1, "no split, or more than"),
        ("begins", lambda values: values[:1], "do not belong together"),
        ("begins", lambda values: np.zeros(MOST_TREES + 1), "do not belong together"),
    ],
)
def test_what_is_no_tree_is_refused(name: str, changed: object, said: str) -> None:
    arrays = grown(10).to_arrays()
    arrays[name] = changed(arrays[name])

    with pytest.raises(ValueError, match=said):
        Trees.from_arrays(arrays, N_COLUMNS)
