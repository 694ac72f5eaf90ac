"""How many people a desk expects to write in a window: its level, its hours of the week, and how far both stray.

Counts of weeks are weighed by age, so that a desk that grows is compared with its last weeks. An hour of the week is
shrunk towards its day times its hour of the day, and that towards an even week: with little history the season is
flat and the dispersion wide, so that a new desk raises an alarm for a flood only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WEEKS = 8
"""History that is read."""
HOUR = timedelta(hours=1)
_HALF_LIFE = 3.0  # weeks after which a count weighs half
_SHRINKAGE = 3.0  # weeks that the coarser season weighs against the hour's own
_CELLS, _DAY = 168, 24
_PRIOR_DISPERSION, _PRIOR_WINDOWS = 0.25, 10.0
_TRIMMED = 0.01  # of the windows, those with the greatest excess: bursts that nobody marked
_LEAST_DISPERSION = 0.01


@dataclass(frozen=True, slots=True)
class Season:
    """What is expected of each hour of the week, and the dispersion of windows by their length in hours."""

    rates: tuple[float, ...]
    dispersions: Mapping[int, float]
    weeks: float
    """How many weeks were seen, up to `WEEKS`."""
    effective: float
    """How many weeks they weigh."""

    @classmethod
    def of(cls, counts: Mapping[int, int], since: datetime, until: datetime, lengths: Sequence[int]) -> Season:
        """Learn from counts.

        Parameters
        ----------
        counts
            By hour since 1970, how many people wrote; an hour without any may be missing.
        since
            When the counts begin; what is older than `WEEKS` is left out.
        until
            When they end.
        lengths
            For how many hours a dispersion is wanted.

        Returns
        -------
        Season
        """
        last = hour_of(until)
        first = max(hour_of(since), last - WEEKS * _CELLS)
        hours = range(first, last)
        if not hours:
            return cls((0.0,) * _CELLS, dict.fromkeys(lengths, _PRIOR_DISPERSION), 0.0, 0.0)
        rates = _rates(counts, hours)
        dispersions = {length: _dispersion(counts, hours, rates, length) for length in lengths}
        effective = math.fsum(_weight(last - hour) for hour in hours) / _CELLS
        return cls(rates, dispersions, len(hours) / _CELLS, effective)

    def expected(self, begin: datetime, end: datetime) -> float:
        """Return how many people are expected to write from `begin` up to `end`."""
        total, at = 0.0, begin
        while at < end:
            upto = min(at.replace(minute=0, second=0, microsecond=0) + HOUR, end)
            total += self.rates[hour_of(at) % _CELLS] * ((upto - at) / HOUR)
            at = upto
        return total

    def dispersion(self, hours: float, mean: float) -> float:
        """Return the dispersion of a window's count: of the desk, of a mean that was estimated, of a young desk."""
        if not self.weeks:
            return math.inf
        nearest = min(self.dispersions, key=lambda length: abs(length - hours))
        estimated = 1 / (0.5 + mean * (self.effective + _SHRINKAGE))
        return self.dispersions[nearest] + estimated + 1 / self.weeks**2


def hour_of(at: datetime) -> int:
    """Return the number of an hour since 1970, in UTC."""
    return int(at.astimezone(UTC).timestamp() // 3600)


def _weight(age: int) -> float:
    return math.pow(0.5, age / (_HALF_LIFE * _CELLS))


def _rates(counts: Mapping[int, int], hours: range) -> tuple[float, ...]:
    seen, weights = [0.0] * _CELLS, [0.0] * _CELLS
    for hour in hours:
        weight = _weight(hours.stop - hour)
        seen[hour % _CELLS] += weight * counts.get(hour, 0)
        weights[hour % _CELLS] += weight
    level = math.fsum(seen) / math.fsum(weights)
    if not level:
        return (0.0,) * _CELLS
    days = _factors(seen, weights, level, [cell // _DAY for cell in range(_CELLS)])
    times = _factors(seen, weights, level, [cell % _DAY for cell in range(_CELLS)])
    rates = []
    for cell in range(_CELLS):
        coarse = level * days[cell // _DAY] * times[cell % _DAY]
        rates.append((seen[cell] + _SHRINKAGE * coarse) / (weights[cell] + _SHRINKAGE))
    return tuple(rates)


def _factors(seen: Sequence[float], weights: Sequence[float], level: float, groups: Sequence[int]) -> list[float]:
    """Return how far each group of cells lies from the level, shrunk towards it."""
    totals, expected = [0.0] * (max(groups) + 1), [0.0] * (max(groups) + 1)
    for cell, group in enumerate(groups):
        totals[group] += seen[cell]
        expected[group] += weights[cell] * level
    prior = _SHRINKAGE
    return [(total + prior) / (mean + prior) for total, mean in zip(totals, expected, strict=True)]


def _dispersion(counts: Mapping[int, int], hours: range, rates: Sequence[float], length: int) -> float:
    """Return the dispersion of windows of so many hours by the method of moments, shrunk towards a prior."""
    found = []
    for begin in range(hours.start, hours.stop - length + 1, length):
        window = range(begin, begin + length)
        mean = math.fsum(rates[hour % _CELLS] for hour in window)
        if mean:
            found.append((sum(counts.get(hour, 0) for hour in window), mean))
    found.sort(key=lambda each: (each[0] - each[1]) / math.sqrt(each[1]))
    kept = found[: math.ceil(len(found) * (1 - _TRIMMED))]
    excess = math.fsum((count - mean) ** 2 - mean for count, mean in kept)
    squares = math.fsum(mean * mean for _, mean in kept)
    mean_square = squares / len(kept) if kept else 1.0
    prior = _PRIOR_WINDOWS * max(mean_square, 1e-9)
    return max((excess + prior * _PRIOR_DISPERSION) / (squares + prior), _LEAST_DISPERSION)
