"""Boosted regression trees as arrays; many rows at once (QuickScorer: Lucchese et al., SIGIR 2015).

Every split that a row fails takes some leaves of its tree away; the leftmost leaf that is left is the row's. So a tree
needs no walk: all splits are compared at once. Trees of fewer splits are filled up with some that no row fails, so that
the first splits of all trees lie side by side, then the second ones, and so on.
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
#: By the set of leaves that were taken away, the leftmost one that is left.
_LEFTMOST: Final = np.array([(~each & (each + 1)).bit_length() - 1 for each in range(_ALL)] + [0], dtype=np.intp)
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
    #: By place in a tree, then by tree: the column compared, where a missing value is far left or else far right, int32
    #: (n_places * n_trees,); thresholds, float64 (n_places, n_trees, 1); and the leaves that are taken away where a row
    #: goes right, uint8 of the same shape.
    _sides: np.ndarray = field(init=False)
    _limits: np.ndarray = field(init=False)
    _lost: np.ndarray = field(init=False)
    #: float64 (n_trees * LEAVES,): what each leaf adds, in their new order; intp (n_trees, 1): where each tree's begin.
    _values: np.ndarray = field(init=False)
    _firsts: np.ndarray = field(init=False)

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
        self._side_by_side(self.begins.tolist(), ends.tolist())

    def _side_by_side(self, begins: Sequence[int], ends: Sequence[int]) -> None:
        n_trees, places = len(begins), max(end - begin for begin, end in zip(begins, ends, strict=True))
        sides, limits = np.zeros((places, n_trees), np.int32), np.full((places, n_trees, 1), np.inf)
        lost, values = np.zeros((places, n_trees, 1), np.uint8), np.zeros((n_trees, LEAVES))
        for tree, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            own, size = slice(begin, end), end - begin
            order, on_the_left = _ordered(list(zip(self.left[own].tolist(), self.right[own].tolist(), strict=True)))
            sides[:size, tree] = self.columns[own] + self.n_columns * self.missing_left[own]
            limits[:size, tree, 0] = self.thresholds[own]
            lost[:size, tree, 0] = on_the_left
            values[tree, : len(order)] = self.leaves[tree, order]
        firsts = LEAVES * np.arange(n_trees, dtype=np.intp)[:, None]
        kept = (sides.ravel(), limits, lost, values.ravel(), firsts)
        for name, each in zip(("_sides", "_limits", "_lost", "_values", "_firsts"), kept, strict=True):
            object.__setattr__(self, name, each)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Sum what all trees say of rows, float64 (n_rows, n_columns), NaN where a value is missing; (n_rows,)."""
        by_column = np.ascontiguousarray(rows.T)
        missing = np.isnan(by_column)  # a missing value is far left or far right, as its split says
        sides = np.concatenate([np.where(missing, np.inf, by_column), np.where(missing, -np.inf, by_column)])
        compared = sides.take(self._sides, axis=0).reshape(*self._limits.shape[:2], -1)
        lost = np.bitwise_or.reduce((compared > self._limits) * self._lost, axis=0)
        return np.asarray(self._values.take(_LEFTMOST.take(lost) + self._firsts).sum(axis=0))

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
        if any((taken[name] != arrays[name]).any() for name in kinds):
            raise ValueError("a place in its trees is no place")
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
