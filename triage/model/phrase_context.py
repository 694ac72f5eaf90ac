"""What a sentence says of a phrase in it: that the words mean something else, that it is over, or only supposed.

"Scroll down" is no outage, "production was down, it is fixed now" was one, and "in case of an outage" may become one.
The patterns are written as phrases are and belong to all languages at once, since tickets mix them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from triage.model.phrase_matching import Part, Words

KINDS = ("other", "over", "closed", "supposed", "settled")
_SUPPOSED_WITHIN = 8  # words between "in case of" and the phrase
_ASKED_WITHIN = 3  # words between "until" and "it is fixed"
_BEGINNING = 3  # "it is fixed" at the beginning of a sentence speaks of the sentences before, too


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of one kind, by the words that they begin with."""

    by_word: Mapping[str, Sequence[tuple[Part, ...]]]

    @classmethod
    def of(cls, patterns: Iterable[tuple[Part, ...]]) -> Patterns:
        """Gather them."""
        by_word: dict[str, list[tuple[Part, ...]]] = {}
        for parts in patterns:
            for word in parts[0].words:
                by_word.setdefault(word, []).append(parts)
        return cls(by_word)

    @property
    def words(self) -> frozenset[str]:
        """All words in them."""
        return frozenset(
            word for each in self.by_word.values() for parts in each for part in parts for word in part.words
        )

    def find(self, text: Words) -> Iterator[tuple[int, ...]]:
        """Yield the places of the words of each pattern in a text."""
        for start, word in enumerate(text.words):
            for parts in self.by_word.get(word, ()):
                places = _places(parts, text, start)
                if places:
                    yield places


def _places(parts: Sequence[Part], text: Words, start: int) -> tuple[int, ...]:
    if not parts[0].fits(text, start):
        return ()
    paths: dict[int, tuple[int, ...]] = {start: (start,)}
    for part in parts[1:]:
        reached: dict[int, tuple[int, ...]] = {}
        for place, path in paths.items():
            for each in range(place + 1, min(place + 2 + part.gap, len(text.words))):
                if text.before[each] == 2:
                    break
                if part.fits(text, each):
                    reached.setdefault(each, (*path, each))
        paths = reached
    return next(iter(paths.values()), ())


@dataclass(frozen=True, slots=True)
class Setting:
    """What a text says of phrases at its places: `text` without the words that mean something else."""

    text: Words
    sentence: Sequence[int]
    over_at: Sequence[int]
    over_before: int
    supposed_at: Sequence[int]
    closed: bool

    def takes_back(self, start: int) -> bool:
        """Say whether a phrase that begins at a place is over, or only supposed."""
        here = self.sentence[start]
        if start < self.over_before or (self.closed and here == 0):
            return True
        if any(place > start and self.sentence[place] == here for place in self.over_at):
            return True
        near = range(start - _SUPPOSED_WITHIN, start)
        return any(place in near and self.sentence[place] == here for place in self.supposed_at)


@dataclass(frozen=True, slots=True)
class Context:
    """The patterns of a lexicon that look at what stands around a phrase."""

    patterns: Mapping[str, Patterns] = field(default_factory=dict)
    unless: frozenset[str] = frozenset()
    """Words before "it is fixed" that make it no statement: until."""
    relapse: frozenset[str] = frozenset()
    """Words behind it that take it back: but."""

    @property
    def words(self) -> frozenset[str]:
        """All words that it knows."""
        return frozenset(word for each in self.patterns.values() for word in each.words)

    def read(self, text: Words) -> Setting:
        """Return what a text says of the phrases in it."""
        sentence = _sentences(text)
        over = [places for places in self._find("over", text) if self._stated(places, text, sentence)]
        begins = {number: -i for number, i in zip(reversed(sentence), range(1 - len(sentence), 1), strict=True)}
        return Setting(
            self._without_others(text),
            sentence,
            [places[0] for places in over],
            max((begins[sentence[at]] for at, *_ in over if at - begins[sentence[at]] < _BEGINNING), default=0),
            [places[-1] for places in self._find("supposed", text)],
            any(self._closes(places, text) for places in self._find("closed", text)),
        )

    def is_settled(self, text: Words) -> bool:
        """Say whether a text needs nothing more: "you can close this", or a monitor's "RESOLVED:"."""
        if any(self._closes(places, text) for places in self._find("closed", text)):
            return True
        sentence = _sentences(text)
        return any(self._stated(places, text, sentence) for places in self._find("settled", text))

    def _find(self, kind: str, text: Words) -> Iterable[tuple[int, ...]]:
        return self.patterns[kind].find(text) if kind in self.patterns else ()

    def _without_others(self, text: Words) -> Words:
        places = {place for found in self._find("other", text) for place in found}
        if not places:
            return text
        return replace(text, words=["" if i in places else word for i, word in enumerate(text.words)])

    def _stated(self, places: Sequence[int], text: Words, sentence: Sequence[int]) -> bool:
        first, last = places[0], places[-1]
        here = sentence[first]
        if any(
            text.words[i] in self.unless for i in range(max(0, first - _ASKED_WITHIN), first) if sentence[i] == here
        ):
            return False
        rest = range(last + 1, min(last + 1 + 2 * _SUPPOSED_WITHIN, len(text.words)))
        return not any(text.words[i] in self.relapse for i in rest if sentence[i] == here)

    @staticmethod
    def _closes(places: Sequence[int], text: Words) -> bool:
        """Say whether a monitor's word stands before the subject: "RESOLVED: api check"."""
        after = places[-1] + 1
        return places[0] < _BEGINNING and after < len(text.words) and text.before[after] > 0


def _sentences(text: Words) -> list[int]:
    numbers, number = [], 0
    for place, ended in enumerate(text.before):
        number += ended == 2 and place > 0
        numbers.append(number)
    return numbers
