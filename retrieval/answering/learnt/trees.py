"""Boosted regression trees as arrays; many rows at once (QuickScorer: Lucchese et al., SIGIR 2015).

Every split that a row fails takes some leaves of its tree away; the leftmost leaf that is left is the row's. So a tree
needs no walk: all splits are compared at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

#: Leaves of a tree, at most: their set is one byte.
LEAVES: Final = 8
#: Trees, at most: what a question costs is bounded.
MOST_TREES: Final = 500
_ALL: Final = (1 << LEAVES) - 1
#: By set of leaves, the leftmost one.
_LEFTMOST: Final = np.array([0, *((each & -each).bit_length() - 1 for each in range(1, _ALL + 1))], dtype=np.intp)
ARRAYS: Final = ("begins", "columns", "thresholds", "missing_left", "left", "right", "leaves")


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Trees of at least one split each; their splits lie one tree after the other, the root first."""

    #: int32 (n_trees,): each tree's first split.
    begins: np.ndarray
    #: (n_splits,): the column that is compared, int32; a row goes left up to the threshold, float64; and whether it
    #: does where its value is missing, bool.
    columns: np.ndarray
    thresholds: np.ndarray
    missing_left: np.ndarray
    #: int8 (n_splits,): the split that follows, counted from the tree's first; `~leaf` for a leaf.
    left: np.ndarray
    right: np.ndarray
    #: float64 (n_trees, LEAVES): what each leaf adds.
    leaves: np.ndarray
    #: Columns that a row has.
    n_columns: int
    #: uint8 (n_splits, 1): the leaves that stay where a row goes right; float64 (n_trees, LEAVES) in their new order.
    _kept: np.ndarray = field(init=False)
    _values: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n_trees, n_splits = len(self.begins), len(self.columns)
        widths = {len(each) for each in (self.thresholds, self.missing_left, self.left, self.right)}
        if not 0 < n_trees <= MOST_TREES or self.leaves.shape != (n_trees, LEAVES) or widths != {n_splits}:
            raise ValueError("the arrays of its trees do not belong together")
        ends = np.append(self.begins[1:], n_splits)
        sizes = ends - self.begins
        if self.begins[0] != 0 or sizes.min() < 1 or sizes.max() >= LEAVES:
            raise ValueError(f"a tree has no split, or more than {LEAVES} leaves")
        if self.columns.min() < 0 or self.columns.max() >= self.n_columns:
            raise ValueError("its trees compare columns that there are not")
        if not (np.isfinite(self.thresholds).all() and np.isfinite(self.leaves).all()):
            raise ValueError("its trees are not numbers")
        kept, values = np.zeros((n_splits, 1), np.uint8), np.zeros((n_trees, LEAVES))
        for tree, (begin, end) in enumerate(zip(self.begins.tolist(), ends.tolist(), strict=True)):
            sides = list(zip(self.left[begin:end].tolist(), self.right[begin:end].tolist(), strict=True))
            order, lost = _ordered(sides)
            kept[begin:end, 0] = [_ALL & ~each for each in lost]
            values[tree, : len(order)] = self.leaves[tree, order]
        object.__setattr__(self, "_kept", kept)
        object.__setattr__(self, "_values", values)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Sum what all trees say of rows, float64 (n_rows, n_columns), NaN where a value is missing; (n_rows,)."""
        by_column = np.ascontiguousarray(rows.T)
        missing = np.isnan(by_column)
        if missing.any():  # a missing value is far left or far right, as its split says
            sides = np.concatenate([np.where(missing, np.inf, by_column), np.where(missing, -np.inf, by_column)])
            compared = sides[self.columns + self.n_columns * self.missing_left]
        else:
            compared = by_column[self.columns]
        reached = np.where(compared > self.thresholds[:, None], self._kept, np.uint8(_ALL))
        left_over = np.bitwise_and.reduceat(reached, self.begins, axis=0)
        places = _LEFTMOST[left_over] + LEAVES * np.arange(len(self.begins))[:, None]
        return np.asarray(self._values.ravel()[places].sum(axis=0))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, as a bundle keeps them."""
        return {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], n_columns: int) -> Trees:
        """Take the arrays of `to_arrays`. Raises ValueError, KeyError where they are not trees on so many columns."""
        kinds: dict[str, Any] = dict.fromkeys(("columns", "begins"), np.int32)
        kinds |= dict.fromkeys(("left", "right"), np.int8) | {"missing_left": np.bool_}
        taken = {name: np.asarray(arrays[name], kinds.get(name, np.float64)) for name in ARRAYS}
        if any(taken[name].ndim != (2 if name == "leaves" else 1) for name in ARRAYS) or not len(taken["columns"]):
            raise ValueError("the arrays of its trees do not belong together")
        return cls(**taken, n_columns=n_columns)


def _ordered(sides: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return the leaves of a tree from left to right, and by split the set of those on its left. Raises ValueError."""
    order: list[int] = []
    on_the_left = [0] * len(sides)
    seen: set[int] = set()

    def walk(at: int) -> int:
        if at < 0:
            order.append(~at)
            return 1 << (len(order) - 1)
        if at in seen or at >= len(sides):
            raise ValueError("its trees are no trees")
        seen.add(at)
        on_the_left[at] = walk(sides[at][0])
        return on_the_left[at] | walk(sides[at][1])

    walk(0)
    if sorted(order) != list(range(len(sides) + 1)):
        raise ValueError("its trees are no trees")
    return order, on_the_left
