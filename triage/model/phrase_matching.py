"""Find phrases in customers' texts, ignoring case, spacing, accents and small typing errors.

A phrase is words in a row; `a/b` is either word, `#` is any number, `^` before the first word means that it begins a
clause, and `...` stands for up to four others, none of which negates (`... ...` for eight). Words
of six letters and more are found with one letter wrong, missing, added or swapped (Damerau 1964), shorter ones as
written or with two inner letters swapped, and a phrase of one word is found as written unless it is long. Everything is
bounded, so that the time grows with the text and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from triage.text.short_text_cache import cached_if_short

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

GAP = 4
LONGEST_TEXT = 4_000
_TYPOS_FROM = 6
_TYPOS_ALONE_FROM = 10  # "storing" is one letter from "string": without a second word beside it, a slip proves nothing
_LOOKED_BACK = 8
_REMEMBERED = 8_192
_FOREIGN = re.compile(r"[^\x00-\x7f]{1,64}")
_NOTHING: frozenset[str] = frozenset()  # one for all the words that are kept and mean nothing
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_WORD = re.compile(r"[^\W_]+")
_NOT = re.compile(r"(?<=n)'(?=t\b)")  # can't, isn't
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)+|[^\W_]+|[.!?\n\u2026]|[;,:()\[\]\u2013\u2014]|(?<=[^\W_])-(?=[^\W_])|[\"\u201c\u201d\u201e\u00ab\u00bb]|(?<![^\W_])'|'(?![^\W_])"
)
_PLAIN_APOSTROPHE = str.maketrans("\u2018\u2019\u02bc\u00b4`", "'''''")
_TIES, _QUOTES = "-", "\"'\u201c\u201d\u201e\u00ab\u00bb"
_ENDS_SENTENCE, _ENDS_CLAUSE = ".!?\n\u2026", ";,:()[]\u2013\u2014"


def folded(text: str) -> str:
    """Return the text in small letters, without accents and invisible characters."""
    text = text[:LONGEST_TEXT].translate(_PLAIN_APOSTROPHE).replace("%", " percent ")
    if not text.isascii():
        text = _FOREIGN.sub(_plain, text)
    return _NOT.sub("", text.casefold())


def _plain(match: re.Match[str]) -> str:
    found = unicodedata.normalize("NFKD", match[0]).casefold()
    return "".join(each for each in found if unicodedata.category(each) not in {"Mn", "Cf"})


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words, with what stands before each: 0 nothing, 1 the end of a clause, 2 of a sentence."""

    words: Sequence[str]
    before: Sequence[int]
    quoted_from: Sequence[int | None]
    """For a word in quotation marks the position of the first one in them."""
    glued: Sequence[bool]
    """Whether a hyphen ties it to the word before: drop-down."""


def words_of(plain: str) -> set[str]:
    """Return the words of a folded text: enough to rule out most phrases."""
    return set(_WORD.findall(plain))


def read(plain: str) -> Words:
    """Take a folded text apart."""
    words: list[str] = []
    before: list[int] = []
    quoted: list[int | None] = []
    glued: list[bool] = []
    ended, opened, tied = 0, None, False
    for token in _TOKEN.findall(plain):
        if token in _TIES:
            tied = True
        elif token in _QUOTES:
            opened = None if opened is not None else len(words)
        elif token in _ENDS_SENTENCE:
            ended = 2
        elif token in _ENDS_CLAUSE:
            ended = max(ended, 1)
        else:
            words.append(token)
            before.append(ended)
            quoted.append(opened)
            glued.append(tied)
            ended, tied = 0, False
    return Words(words, before, quoted, glued)


def spellings(word: str) -> set[str]:
    """Return the ways in which a word of a phrase is typed: with accents or without, German umlauts as two letters."""
    apart = word.casefold()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        apart = apart.replace(umlaut, letters)
    return {folded(word), folded(apart)}


@dataclass(frozen=True)
class Vocabulary:
    """Words that phrases are made of; tells which of them a word of a text is meant to be."""

    words: frozenset[str]

    @cached_property
    def meant(self) -> Callable[[str], frozenset[str]]:
        """What a word is meant to be: itself, or else the words that it may be a slip of; common words are kept."""
        return cached_if_short(_REMEMBERED, 40)(self._meant)

    def _meant(self, word: str) -> frozenset[str]:
        if word in self.words:
            return frozenset((word,))
        found = set(self._swapped.get(word, ()))
        if len(word) >= _TYPOS_FROM - 1 and word.isalpha():
            # One slip leaves either the first two letters or the last three of a long word as they are.
            near = (*self._by_start.get(word[:2], ()), *self._by_end.get(word[-3:], ()))
            found.update(each for each in near if abs(len(each) - len(word)) <= 1 and one_slip(word, each))
        if not found and _DRAWN_OUT.search(word):  # dooown
            return self._meant(_DRAWN_OUT.sub(r"\1", word))
        return frozenset(found) if found else _NOTHING

    @cached_property
    def _long(self) -> list[str]:
        return [word for word in self.words if len(word) >= _TYPOS_FROM and word.isalpha()]

    @cached_property
    def _by_start(self) -> dict[str, list[str]]:
        return _grouped((word[:2], word) for word in self._long)

    @cached_property
    def _by_end(self) -> dict[str, list[str]]:
        return _grouped((word[-3:], word) for word in self._long)

    @cached_property
    def _swapped(self) -> dict[str, list[str]]:
        short = [word for word in self.words if 4 <= len(word) < _TYPOS_FROM and word.isalpha()]
        return _grouped(
            (word[:i] + word[i + 1] + word[i] + word[i + 2 :], word)
            for word in short
            for i in range(1, len(word) - 2)
            if word[i] != word[i + 1]
        )


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, word in pairs:
        groups.setdefault(key, []).append(word)
    return groups


def one_slip(a: str, b: str) -> bool:
    """Say whether one letter wrong, missing, added or swapped with its neighbour makes one word of the other."""
    a, b = (b, a) if len(a) > len(b) else (a, b)
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    return a[i + 1 :] == b[i + 1 :] or (a[i + 2 :] == b[i + 2 :] and a[i : i + 2] == b[i : i + 2][::-1])


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a phrase: the words that may stand there, how many others may stand before it, and where."""

    words: frozenset[str]
    gap: int
    begins_clause: bool = False
    number: bool = False

    def fits(self, text: Words, place: int) -> bool:
        """Say whether the word at a place is one of these, as it is written."""
        if self.begins_clause and place and not text.before[place]:
            return False
        word = text.words[place]
        return word[:1].isdecimal() if self.number else word in self.words


@dataclass(frozen=True, slots=True)
class Guard:
    """Words of a language that take a phrase back: negations, what may stand after them, and names of texts.

    `barriers` end a phrase, as "but" does; `saying` before a quotation makes it no name of a text.
    """

    negations: frozenset[str]
    between: frozenset[str]
    named: frozenset[str]
    barriers: frozenset[str] = frozenset()
    saying: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as a policy writes it, what it is made of, and what takes it back."""

    text: str
    parts: tuple[Part, ...]
    guard: Guard

    def could_stand_in(self, meant: AbstractSet[str]) -> bool:
        """Say whether a text that has these words has one for each part."""
        return not any(part.words.isdisjoint(meant) for part in self.parts if not part.number)

    def stands_at(self, text: Words, meant: Sequence[Collection[str]], start: int) -> bool:
        """Say whether the phrase begins at this word, is meant so, and is no mere mention."""
        reached = {start} if self._fits(0, text, meant, start) else set()
        for number in range(1, len(self.parts)):
            reached = {place for each in reached for place in self._next(number, text, meant, each)}
        return bool(reached) and not self._negated(text, start) and not self._mentioned(text, start)

    def _fits(self, number: int, text: Words, meant: Sequence[Collection[str]], place: int) -> bool:
        part, word = self.parts[number], text.words[place]
        if part.fits(text, place):
            return True
        if part.number or (part.begins_clause and place and not text.before[place]):
            return False
        return (len(self.parts) > 1 or len(word) >= _TYPOS_ALONE_FROM) and not part.words.isdisjoint(meant[place])

    def _next(self, number: int, text: Words, meant: Sequence[Collection[str]], place: int) -> Iterable[int]:
        last, denies = number == len(self.parts) - 1, text.words[place] in self.guard.negations
        for each in range(place + 1, min(place + 2 + self.parts[number].gap, len(text.words))):
            if text.before[each] == 2 or (
                denies and text.before[each] and each == place + 1
            ):  # "no, workaround is ..."
                return
            compound = (text.glued[each] and each > place + 1) or (last and any(text.glued[each + 1 : each + 2]))
            if not compound and self._fits(number, text, meant, each):
                yield each
            elif text.words[each] in self.guard.negations or text.words[each] in self.guard.barriers:
                return

    def _negated(self, text: Words, start: int) -> bool:
        """Say whether an odd number of negations stands right before: "could not avoid data loss" has two."""
        negations = 0
        for place in range(start - 1, max(-1, start - 1 - _LOOKED_BACK), -1):
            word = text.words[place]
            negates = word in self.guard.negations
            if text.before[place + 1] or not (negates or word in self.guard.between):
                break
            negations += negates
        return negations % 2 == 1

    def _mentioned(self, text: Words, start: int) -> bool:
        """Say whether the phrase is quoted as the name of a text: the article "What to do after data loss"."""
        first = text.quoted_from[start]
        if not first or text.words[first - 1] in self.guard.saying:
            return False
        return any(word in self.guard.named for word in text.words[max(0, first - 3) : first])


def parts(phrase: str, groups: Mapping[str, Sequence[str]] = MappingProxyType({})) -> tuple[Part, ...]:
    """Read a phrase; `@name` is any word of that group. Raises `ValueError`, in words, when no text can have it."""
    read_parts: list[Part] = []
    gap, begins = 0, False
    for written in phrase.split():
        if written == "...":
            gap += GAP
        elif written == "^":
            begins = True
        else:
            read_parts.append(Part(_words(written, groups), gap if read_parts else 0, begins, written == "#"))
            gap, begins = 0, False
    if not read_parts or gap or begins:
        raise ValueError("it needs words, the last of them after the ... and the ^")
    return tuple(read_parts)


def _words(written: str, groups: Mapping[str, Sequence[str]]) -> frozenset[str]:
    if written == "#":
        return frozenset()
    listed = [word for each in written.split("/") for word in _members(each, groups)]
    words = frozenset(each for word in listed for each in spellings(word))
    if not all(_TOKEN.fullmatch(word) and word[0].isalnum() for word in words):
        raise ValueError(f"{written!r} is not one word, or several with / between them")
    return words


def _members(word: str, groups: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if not word.startswith("@"):
        return (word,)
    if word[1:] not in groups:
        raise ValueError(f"there is no group {word[1:]!r}")
    return groups[word[1:]]


def run_together(found: tuple[Part, ...]) -> tuple[Part, ...] | None:
    """Return a phrase of two words as one (dataloss), if that is long enough to mean nothing else."""
    if len(found) != 2 or found[1].gap or any(part.number or part.begins_clause for part in found):
        return None
    words = {a + b for a in found[0].words for b in found[1].words}
    long = frozenset(word for word in words if len(word) >= _TYPOS_FROM + 1 and word.isalpha())
    return (Part(long, gap=0),) if long else None
