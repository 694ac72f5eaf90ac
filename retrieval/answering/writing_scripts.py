"""Detect the script a text is written in: an encoder cannot tell texts apart in a script that it never learnt."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

READ_AT_MOST: Final = 500
#: Written together in Japanese, and told apart from nothing else by it.
EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})


def script(text: str) -> str | None:
    """Return the script of most letters, as Unicode's names begin ("LATIN", "CYRILLIC"); None without letters."""
    beginning = text[:READ_AT_MOST]
    if beginning.isascii():
        return "LATIN" if any(map(str.isalpha, beginning)) else None
    counts = Counter[str]()
    for letter, times in Counter(beginning).items():
        if letter.isalpha():
            counts[script_of(letter)] += times
    if not counts:
        return None
    most = counts.most_common(1)[0][0]
    return "CJK" if most in EAST_ASIAN else most


@lru_cache(maxsize=1 << 14)
def script_of(letter: str) -> str:
    """Return the script of a letter."""
    return unicodedata.name(letter, "UNNAMED").split(" ")[0]


def written_in(passage: str, ours: str | None) -> bool:
    """Tell whether a passage is in a script; one without letters is in any, and None is a question without letters."""
    return ours is None or _script_of_beginning(passage[:READ_AT_MOST]) in (None, ours)


@lru_cache(maxsize=1 << 12)
def _script_of_beginning(passage: str) -> str | None:
    """Remember the script of a passage, which every question meets again; never that of a question."""
    return script(passage)
