"""Names of a desk, such as its products, with their synonyms, and with typing mistakes in long ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from triage.fields.places import Place
from triage.text.everyday_words import everyday_words
from triage.text.plain_letters import without_accents

Nearest = Callable[[str, Sequence[str], float], int | None]
"""Returns which of some names is the nearest to a word, None where none is as near as the score from 0 to 1."""

_WORD: Final = re.compile(r"[^\W_]{1,64}")
_GAP: Final = re.compile(r"[ \t\u00a0\u00ad_./'’-]{0,3}")
_MOST_WORDS: Final = 5  # of a name
_LOOKED_AT: Final = 200  # words that may be mistyped; in a longer text later ones are only compared
_FURTHEST: Final = 2  # characters by which a mistyped name is longer or shorter


@dataclass(frozen=True)
class Dictionary:
    """Names by how they are written; a mistyped one is found from `typos_from` letters and a score of `typos` on."""

    exact: Mapping[tuple[str, ...], str]
    typos: float
    typos_from: int
    nearest: Nearest | None = None
    similar: Mapping[tuple[str, int], Sequence[str]] = field(default_factory=dict)  # names by initial and length
    sizes: Sequence[int] = ()  # how many words names have, the most first

    @classmethod
    def of(
        cls, names: Mapping[str, Sequence[str]], *, typos: float, typos_from: int, nearest: Nearest | None
    ) -> Dictionary:
        """Build one of canonical names and their synonyms."""
        exact: dict[tuple[str, ...], str] = {}
        similar: dict[tuple[str, int], list[str]] = {}
        for name, synonyms in names.items():
            for each in (name, *synonyms):
                exact.setdefault(spoken(each), name)
        for words in exact:
            joined = " ".join(words)
            if typos and len(joined) >= typos_from:
                similar.setdefault((joined[0], len(joined)), []).append(joined)
        sizes = sorted({len(words) for words in exact}, reverse=True)
        return cls(exact, typos, typos_from, nearest, similar, sizes)

    def find(self, text: str) -> Iterator[Place]:
        """Yield the names of a text, each in its canonical form."""
        places = [each.span() for each in _WORD.finditer(text)]
        words = [_plain(text[start:end]) for start, end in places]
        looked_at, number = 0, 0
        while number < len(words):
            size, name = self._at(words, number, text, places, mistyped=looked_at < _LOOKED_AT)
            looked_at += 1
            if name is not None:
                yield Place(places[number][0], places[number + size - 1][1], name)
            number += size

    def _at(
        self, words: Sequence[str], number: int, text: str, places: Sequence[tuple[int, int]], *, mistyped: bool
    ) -> tuple[int, str | None]:
        """Return how many words the name that begins here has, and the name; one word and None where none does."""
        sizes = [size for size in self.sizes if number + size <= len(words) and _joined(text, places, number, size)]
        for size in sizes:
            name = self.exact.get(tuple(words[number : number + size]))
            if name is not None:
                return size, name
        for size in sizes if mistyped and self.similar else ():
            name = self._mistyped(" ".join(words[number : number + size]))
            if name is not None:
                return size, name
        return 1, None

    def _mistyped(self, written: str) -> str | None:
        """Return the name that was meant: one with the same first letter, a few letters longer or shorter at most."""
        length = len(written)
        if self.nearest is None or length + _FURTHEST < self.typos_from or written in everyday_words():
            return None
        further = min(_FURTHEST, int((1 - self.typos) * (length + _FURTHEST)))
        for size in sorted(range(length - further, length + further + 1), key=lambda each: abs(each - length)):
            choices = self.similar.get((written[0], size))
            place = self.nearest(written, choices, self.typos) if choices else None
            if choices and place is not None:
                return self.exact[tuple(choices[place].split(" "))]
        return None


def spoken(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared: in small letters, without accents and signs."""
    return tuple(_plain(each) for each in _WORD.findall(name))[:_MOST_WORDS]


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else without_accents(word.casefold())


def _joined(text: str, places: Sequence[tuple[int, int]], number: int, size: int) -> bool:
    """Tell whether nothing but spaces and signs within names stands between these words."""
    return all(
        _GAP.fullmatch(text, places[place][1], places[place + 1][0]) for place in range(number, number + size - 1)
    )
