"""What people usually write about at a desk: shares of words and labels, and how far these stray from day to day."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from triage.surges.arrival import Arrival, Kind

Name = TypeVar("Name")
ENOUGH = 500
"""Texts from which the last day need not be asked as well."""
_KNOWN_TO = 3  # texts with a link to a site from which it is no stranger
_PRIOR_DISPERSION, _PRIOR_SQUARES = 0.5, 10.0
_SEEN = 2  # texts with a word from which it is the desk's own


@dataclass(frozen=True, slots=True)
class Background:
    """Counts of texts, of those that have a word, a label, a site."""

    texts: int = 0
    words: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[tuple[Kind, str], int] = field(default_factory=dict)
    labelled: Mapping[Kind, int] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()
    word_dispersions: Mapping[str, float] = field(default_factory=dict)
    label_dispersions: Mapping[tuple[Kind, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, arrivals: Iterable[Arrival], own_hosts: Iterable[str] = ()) -> Background:
        """Count texts; `own_hosts` are sites that are no strangers, such as that of the articles."""
        words, labels = _Days[str](), _Days[tuple[Kind, str]]()
        hosts, labelled, texts = Counter[str](), Counter[Kind](), 0
        for each in arrivals:
            texts += 1
            words.add(each.at, each.words)
            hosts.update(each.hosts)
            labels.add(each.at, each.labels)
            labelled.update(each.labelled)
        known = {host for host, count in hosts.items() if count >= max(_KNOWN_TO, texts // 200)}
        return cls(
            *(texts, words.totals, labels.totals, labelled, frozenset(known | set(own_hosts))),
            *(words.dispersions(), labels.dispersions()),
        )

    def word_share(self, word: str) -> float:
        """Return the share of texts that have a word; of one that was never seen half a text."""
        return (self.words.get(word, 0) + 0.5) / (self.texts + 1)

    def word_dispersion(self, word: str) -> float:
        """Return the dispersion of counts of a word, with that of its share, which was estimated."""
        known = self.word_dispersions.get(word, _PRIOR_DISPERSION)
        return known + 1 / (0.5 + self.words.get(word, 0))

    def label_share(self, kind: Kind, name: str) -> float:
        """Return the share of texts with such a label that have this one."""
        return (self.labels.get((kind, name), 0) + 0.5) / (self.labelled.get(kind, 0) + 1)

    def label_dispersion(self, kind: Kind, name: str) -> float:
        """Return the dispersion that a label adds to that of all tickets."""
        known = self.label_dispersions.get((kind, name), _PRIOR_DISPERSION)
        return known + 1 / (0.5 + self.labels.get((kind, name), 0))

    def knows(self, words: frozenset[str]) -> float:
        """Return the share of words that the desk's texts have."""
        return sum(self.words.get(word, 0) >= _SEEN for word in words) / len(words) if words else 1.0

    def with_texts(self, counts: Mapping[str, int], texts: int) -> Background:
        """Return this with texts of today, of a desk that has few others."""
        words = Counter(self.words)
        words.update(counts)
        return Background(
            *(self.texts + texts, words, self.labels, self.labelled, self.hosts),
            *(self.word_dispersions, self.label_dispersions),
        )


class _Days(Generic[Name]):
    """Counts of names by day."""

    def __init__(self) -> None:
        self.totals, self._by_day, self._texts = Counter[Name](), Counter[tuple[Name, int]](), Counter[int]()

    def add(self, at: datetime, names: Iterable[Name]) -> None:
        day = at.toordinal()
        self._texts[day] += 1
        for name in names:
            self.totals[name] += 1
            self._by_day[name, day] += 1

    def dispersions(self) -> dict[Name, float]:
        """Return the dispersion of each name's daily count, given the day's texts, by the method of moments."""
        texts = sum(self._texts.values())
        day_squares = sum(count * count for count in self._texts.values())
        # Of the days without the name the square of what was expected: all days first, those with it put right below.
        excess = {name: (total / texts) ** 2 * day_squares - total for name, total in self.totals.items()}
        for (name, day), count in self._by_day.items():
            mean = self.totals[name] * self._texts[day] / texts
            excess[name] += (count - mean) ** 2 - mean * mean
        found = {}
        for name, total in self.totals.items():
            squares = (total / texts) ** 2 * day_squares
            found[name] = max((excess[name] + _PRIOR_SQUARES * _PRIOR_DISPERSION) / (squares + _PRIOR_SQUARES), 0.02)
        return {name: each for name, each in found.items() if math.isfinite(each)}
