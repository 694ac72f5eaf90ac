"""What finds one kind of personal data in a text: a pattern, a check, and a cheap reason not to look at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

DIGITS = tuple("0123456789")

Spans = Callable[[re.Match[str]], Iterable[tuple[int, int]]]
"""The places in the text that hold what the pattern looks for, in order; none when it is something else."""


def whole(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """Return the place of the group `it`."""
    return (match.span("it"),)


def where(length: Callable[[re.Match[str]], int]) -> Spans:
    """Return the place of the first characters of the group `it`: as many as `length` says, 0 for none."""

    def spans(match: re.Match[str]) -> Iterable[tuple[int, int]]:
        kept = length(match)
        return ((match.start("it"), match.start("it") + kept),) if kept else ()

    return spans


@dataclass(frozen=True)
class Finder:
    """Finds one form of one kind of personal data.

    Parameters
    ----------
    kind
        The placeholder's word: `email` for `[email]`.
    pattern
        Linear in the length of the text: bounded repeats, none inside another over the same characters.
    spans
        What of a match is personal data.
    words
        Words in small letters. A text without any of them is not searched.
    signs
        Strings. A text without any of them is not searched.
    """

    kind: str
    pattern: re.Pattern[str]
    spans: Spans = whole
    words: frozenset[str] = field(default=frozenset())
    signs: tuple[str, ...] = ()

    def worthwhile(self, text: str, words: frozenset[str]) -> bool:
        """Say whether a text of such words can hold what this finds."""
        if self.words and self.words.isdisjoint(words):
            return False
        for sign in self.signs:
            if sign in text:
                return True
        return not self.signs
