"""Which counts of a window are beyond what the season and the desk's usual words let expect.

The false alarm budget, in bursts a month, is shared out among the windows by their length and among what is counted,
so that few parameters say it all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from triage.surges.arrival import Arrival, Kind
from triage.surges.background import Background
from triage.surges.neighbours import NONE, Rings
from triage.surges.season import Season
from triage.surges.tails import highest_usual, log10_tail

WINDOWS: Final = tuple(timedelta(minutes=each) for each in (10, 30, 60, 180, 480, 1440))
LENGTHS: Final = (1, 3, 8, 24)
"""Hours of windows whose dispersion is learnt."""
FEWEST: Final = 5
"""Senders of a burst, where a desk's `surges.toml` says nothing else."""
BUDGET: Final = 1.0
"""False alarms a month that the thresholds are made for, where a desk's `surges.toml` says nothing else."""
_LEAST_RATIO: Final = 2.0  # of what is expected: less is no incident, however sure
_LABELS: Final[tuple[Kind, ...]] = ("area", "urgent")
_MONTH, _HOUR = timedelta(days=30), timedelta(hours=1)
_OVERLAP: Final = 3.0  # independent looks at a window, of which one begins every minute
_SHARES: Final[Mapping[Kind, float]] = {"all": 0.2, "area": 0.15, "urgent": 0.15, "word": 0.25, "near": 0.25}
_YOUNG: Final = 2.0  # weeks of history, up to which windows longer than the next are not looked at
_SHORT: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class History:
    """What is usual at a desk."""

    season: Season
    background: Background
    false_alarms_a_month: float = BUDGET
    fewest_senders: int = FEWEST


@dataclass(frozen=True, slots=True)
class Alarm:
    """A count of senders that is unusual."""

    kind: Kind
    name: str | None
    """The area or word that was counted."""
    window: timedelta
    count: int
    expected: float
    usual_most: int
    """What 97.5 of 100 such windows do not exceed."""
    log10_p: float
    excess: float
    """By how many powers of ten it is surer than it must be."""
    ring: int = 0
    """How wide the neighbourhood was, of those that are looked at."""


def alarms(arrivals: Sequence[Arrival], history: History, at: datetime, rings: Rings = NONE) -> Iterator[Alarm]:
    """Give every alarm of the windows that end now."""
    for window in WINDOWS:
        if history.season.weeks < _YOUNG and window > _SHORT:
            break
        inside = [each for each in arrivals if each.at > at - window]
        people = len({each.sender for each in inside})
        if people >= history.fewest_senders:
            counted = _Window(window, inside, people, history, at)
            yield from counted.alarms()
            yield from counted.of_neighbours(rings)


class _Window:
    """What is counted in one window."""

    def __init__(
        self, length: timedelta, inside: Sequence[Arrival], people: int, history: History, at: datetime
    ) -> None:
        self._length, self._inside, self._people = length, inside, people
        self._background = history.background
        self._usual = history.season.expected(at - length, at)
        self._spread = history.season.dispersion(length / _HOUR, self._usual)
        self._fewest = history.fewest_senders
        self._budget = history.false_alarms_a_month * (length / _MONTH) / (len(WINDOWS) * _OVERLAP)

    def alarms(self) -> Iterator[Alarm]:
        """Give the alarms; without any history only those of words that came up since."""
        if self._spread < math.inf:
            yield from self._judged("all", {"": self._people}, lambda _: (self._usual, self._spread))
            for kind in _LABELS:
                named = ((each, [name for known, name in each.labels if known == kind]) for each in self._inside)
                yield from self._judged(kind, _senders(named), partial(self._of_label, kind))
        words = _senders((each, each.words) for each in self._inside)
        yield from self._judged("word", words, self._of_word)

    def of_neighbours(self, rings: Rings) -> Iterator[Alarm]:
        """Give the alarms of tickets that have unusually many others near to them."""
        senders = {each.id: each.sender for each in self._inside}
        for number, ring in enumerate(rings):
            counts = {
                centre: len({senders[centre], *(senders[each] for each in near & senders.keys())})
                for centre, near in ring.near.items()
                if centre in senders
            }
            mean = max(self._usual, float(self._people)) * ring.usual
            expected = dict.fromkeys(counts, (mean, ring.dispersion))
            for each in self._judged("near", counts, expected.__getitem__, len(rings)):
                yield replace(each, ring=number)

    def _of_label(self, kind: Kind, name: str) -> tuple[float, float]:
        known = self._background
        return self._usual * known.label_share(kind, name), self._spread + known.label_dispersion(kind, name)

    def _of_word(self, word: str) -> tuple[float, float]:
        """Return what is expected of a word: its share of the senders, or of those expected if these are more."""
        known = self._background
        return max(self._usual, float(self._people)) * known.word_share(word), known.word_dispersion(word)

    def _judged(
        self, kind: Kind, counts: Mapping[str, int], expects: Callable[[str], tuple[float, float]], among: int = 1
    ) -> Iterator[Alarm]:
        threshold = math.log10(self._budget * _SHARES[kind] / (len(counts) * among)) if counts else 0.0
        for name, count in counts.items():
            if count < self._fewest:
                continue
            mean, dispersion = expects(name)
            if count < _LEAST_RATIO * mean:
                continue
            log10_p = log10_tail(count, max(mean, 1e-6), dispersion)
            if log10_p < threshold:
                most = highest_usual(mean, dispersion)
                yield Alarm(kind, name or None, self._length, count, mean, most, log10_p, threshold - log10_p)


def _senders(named: Iterable[tuple[Arrival, Iterable[str]]]) -> dict[str, int]:
    """Count the senders of each name."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for each, names in named:
        for name in names:
            people[name].add(each.sender)
    return {name: len(who) for name, who in people.items()}
