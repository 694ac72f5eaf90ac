"""The partition of tickets by language, plan and channel into parts that can have a certificate of their own.

A dimension divides the tickets when at least two of its values have enough of them, in the calibration and in the
held-out slice; the others are joined, and with the smallest of the large ones where they are too few to earn anything.
Counts decide that, never labels, so the parts are as good as fixed before the test.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from triage.model.assessment import DIMENSIONS, REST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Facts: TypeAlias = Mapping[str, str]
    Rows: TypeAlias = NDArray[np.int64]

ENOUGH = 4
"""A value divides when it has this many times the tickets that earn a certificate without an error."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A part, and the positions of its tickets in both slices."""

    slice: Facts
    calibrate: Rows
    held_out: Rows


def partition(calibrate: Sequence[Facts], held_out: Sequence[Facts], enough: int, least: int = 0) -> list[Leaf]:
    """Return the parts into which the tickets fall; one part without names where no dimension divides them.

    Parameters
    ----------
    calibrate
        Facts of each ticket of the calibration slice.
    held_out
        Facts of each ticket of the held-out slice.
    enough
        Tickets that a value needs on both sides to be a part of its own.
    least
        Held-out tickets that the rest needs: fewer are joined with the smallest value.

    Returns
    -------
    list
        Slices with the positions of their tickets; every ticket in exactly one.
    """
    whole = Leaf({}, np.arange(len(calibrate)), np.arange(len(held_out)))
    leaves = [whole]
    for dimension in DIMENSIONS:
        values = [[each.get(dimension) for each in side] for side in (calibrate, held_out)]
        leaves = [part for leaf in leaves for part in _divided(leaf, dimension, values, (enough, least))]
    return leaves


def _divided(
    leaf: Leaf, dimension: str, values: Sequence[Sequence[str | None]], limits: tuple[int, int]
) -> Iterator[Leaf]:
    before, after = (
        [side[row] for row in rows] for side, rows in zip(values, (leaf.calibrate, leaf.held_out), strict=True)
    )
    named = _named(Counter(before), Counter(after), *limits)
    if not named:
        yield leaf
        return
    sides = [np.array([value if value in named else REST for value in side], dtype=object) for side in (before, after)]
    for value in (*named, REST):
        own = [rows[side == value] for rows, side in zip((leaf.calibrate, leaf.held_out), sides, strict=True)]
        if value != REST or len(own[1]):
            yield Leaf({**leaf.slice, dimension: value}, *own)


def _named(counts: Counter[str | None], later: Counter[str | None], enough: int, least: int) -> list[str]:
    """Return the values that are parts of their own; none where the tickets are not divided."""
    large = [value for value, n in counts.items() if value not in {None, REST} and min(n, later[value]) >= enough]
    named = sorted(value for value in large if value is not None)
    if len(named) < 2:
        return []
    rest = later.total() - sum(later[value] for value in named)
    if 0 < rest < least:
        named.remove(min(named, key=lambda value: (later[value], value)))
    return named
