"""A curve of growth: what a measure does as one size rises, with the exponent of the power law that fits it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.benchmarks.side_by_side import Spread


@dataclass(frozen=True)
class Curve:
    """Points of (size, what was measured there)."""

    name: str
    size: str
    unit: str
    points: Sequence[tuple[float, Spread]]
    #: What else is known of a size, such as memory.
    notes: Sequence[str] = field(default_factory=list)

    @property
    def exponent(self) -> float | None:
        """The slope of the least squares line through the logarithms: 1 is linear, 0 constant."""
        return _slope(self.points)

    @property
    def last_exponent(self) -> float | None:
        """The slope between the two largest sizes, where a constant part hides least."""
        return _slope(self.points[-2:])


def _slope(points: Sequence[tuple[float, Spread]]) -> float | None:
    kept = [(math.log(size), math.log(found.median)) for size, found in points if size > 0 and found.median > 0]
    if len(kept) < 2:
        return None
    sizes, values = np.array(kept).T
    return float(np.polyfit(sizes, values, 1)[0])


class Budget:
    """Seconds that are left for the sizes of several curves."""

    def __init__(self, seconds: float) -> None:
        self._until = time.perf_counter() + seconds
        self._shortest = seconds  # of any size: about what a process takes to start

    def left(self) -> float:
        return self._until - time.perf_counter()

    def sizes(self, wanted: Sequence[int], say: Callable[[str], None]) -> Iterator[int]:
        """Yield the first size, and others while they fit, as judged by how long the last one took."""
        last: tuple[int, float] | None = None
        for size in wanted:
            expected = self._expected(size, last)
            if last is not None and expected > self.left():
                say(f"{size:,} left out: about {expected:.0f} s, and {max(self.left(), 0):.0f} s are left")
                return
            began = time.perf_counter()
            yield size
            last = size, time.perf_counter() - began
            self._shortest = min(self._shortest, last[1])

    def _expected(self, size: int, last: tuple[int, float] | None) -> float:
        if last is None:
            return 0.0
        return self._shortest + (last[1] - self._shortest) * size / last[0]
