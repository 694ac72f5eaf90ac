"""Labels of a tree: a path, what is above it, and which parent is applied where the leaf is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from triage.taxonomy.heads import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Limits:
    """When a label of an upper level is applied: how many parts its path has, and from which probability on."""

    parts: int
    threshold: float
    below: tuple[float | None, ...]
    """It applies where the confidences of the levels further down, leaves first, stay below these; None: any."""


class Parent(NamedTuple):
    """A label of an upper level that is applied: the place of its limits, and how sure it is."""

    place: int
    label: str
    probability: float


def applied_above(guesses: Sequence[tuple[str, float]], levels: Sequence[Limits]) -> Parent | None:
    """Return the parent that is applied where the leaf is not.

    Parameters
    ----------
    guesses
        All leaves with their probabilities, best first. A parent's probability is the sum of its leaves'.
    levels
        The nearest to the leaves first.

    Returns
    -------
    Parent or None
        Of the first of the levels that applies one; None where none does.
    """
    for place, level in enumerate(levels):
        depths = (None, *range(level.parts + len(level.below) - 1, level.parts, -1))
        deeper = (guesses[0][1] if parts is None else _best(guesses, parts)[1] for parts in depths)
        if any(most is not None and p >= most for most, p in zip(level.below, deeper, strict=True)):
            continue
        label, probability = _best(guesses, level.parts)
        if probability >= level.threshold:
            return Parent(place, label, probability)
    return None


def above(label: str, parts: int) -> str:
    """Return the label of an upper level over a leaf."""
    return SEPARATOR.join(label.split(SEPARATOR)[:parts])


def parents_of(label: str) -> tuple[str, ...]:
    """Return the labels above one, the nearest first: `a/b` and `a` for `a/b/c`."""
    return tuple(above(label, parts) for parts in range(label.count(SEPARATOR), 0, -1))


def is_kept(shown: str | None, said: str | None) -> bool:
    """Tell whether what a person says keeps a label that was shown: the same, or a child of it."""
    return said == shown or (shown is not None and said is not None and said.startswith(f"{shown}{SEPARATOR}"))


def _best(guesses: Sequence[tuple[str, float]], parts: int) -> tuple[str, float]:
    sums: dict[str, float] = {}
    for leaf, probability in guesses:
        label = above(leaf, parts)
        sums[label] = sums.get(label, 0.0) + probability
    return max(sums.items(), key=lambda each: each[1])
