"""Phrases that stand for many wordings, as a file lists them (`closing.toml`), and where a text says one.

A phrase is a row of places; a place takes one of several words and may be missing. Time grows with the length of the
text times the number of phrases, whatever the text.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Final, NamedTuple

from triage.text.plain_letters import without_accents

#: The end of a sentence, or a comma, as a word.
STOP: Final = "."
_TOKEN: Final = re.compile(r"[^\W_]+|[.,!?;:\n]+")
_NAME: Final = re.compile(r"\{(\w+)\}")


class Place(NamedTuple):
    """One place of a phrase."""

    words: frozenset[str]
    may_be_missing: bool


Phrase = tuple[Place, ...]


class Phrases:
    """Phrases of one kind, found by the words that they may begin with."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_first: defaultdict[str, list[Phrase]] = defaultdict(list)
        for phrase in phrases:
            required = next(number for number, place in enumerate(phrase) if not place.may_be_missing)
            for word in set[str]().union(*(place.words for place in phrase[: required + 1])):
                self._by_first[word].append(phrase)

    def ends(self, words: Sequence[str], start: int) -> set[int]:
        """Return where the phrases end that begin at a word: each the number of the word behind."""
        return {end for phrase in self._by_first.get(words[start], ()) for end in _ends(phrase, words, start)}

    def are_in(self, words: Sequence[str]) -> bool:
        """Tell whether one of the phrases is anywhere in a text."""
        return any(self.ends(words, start) for start in range(len(words)))


def read(room: str, name: str) -> dict[str, Phrases]:
    """Read the phrases of each kind, of all languages together, from a file of a package."""
    languages = tomllib.loads(resources.files(room).joinpath(name).read_text(encoding="utf-8"))
    kinds: defaultdict[str, list[Phrase]] = defaultdict(list)
    for language in languages.values():
        lists = {kind: value for kind, value in language.items() if isinstance(value, str)}
        for kind, phrases in language.items():
            if kind not in lists:
                kinds[kind] += [_phrase(phrase, lists) for phrase in phrases]
    return {kind: Phrases(phrases) for kind, phrases in kinds.items()}


def said(text: str) -> list[str]:
    """Return the words of a text without accents and capitals, and `STOP` for what ends a sentence or parts one."""
    found = _TOKEN.findall(folded(text))
    return [token if token[0].isalnum() else STOP for token in found] + [STOP]


def folded(text: str) -> str:
    """Return a text without capitals and accents, as many people leave them out."""
    return without_accents(text.strip(" \n\t¡¿").lower().replace("’", "'"))


def _ends(phrase: Phrase, words: Sequence[str], start: int) -> set[int]:
    reached = {start}
    for place in phrase:
        further = {end + 1 for end in reached if end < len(words) and words[end] in place.words}
        reached = further | reached if place.may_be_missing else further
    return reached - {start}


def _phrase(line: str, lists: Mapping[str, str]) -> Phrase:
    while (named := _NAME.search(line)) is not None:
        line = line.replace(named[0], lists[named[1]])
    return tuple(Place(frozenset(each.removesuffix("?").split("|")), each.endswith("?")) for each in line.split())
