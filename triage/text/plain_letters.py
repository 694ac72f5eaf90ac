"""The plain letters of a text: without accents, as people type; without what nobody sees, as patterns need it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

UNSEEN: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
"""Characters that show nothing (Unicode's Default_Ignorable_Code_Point), for a class of a pattern."""
_ODD: Final = re.compile(rf"(?P<unseen>[{UNSEEN}])|[\uff01-\uff5e\U0001d400-\U0001d7ff]|(?![0-9])\d")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text that patterns read, and where it stands in the one that somebody wrote."""

    text: str
    at: Sequence[int] | None = None
    """Of each character its place in the original; None: both are the same."""

    def original(self, begin: int, end: int) -> tuple[int, int]:
        """Return the place of some characters in the original, with what stands unseen between them."""
        if self.at is None or begin >= end:
            return begin, end
        return self.at[begin], self.at[end - 1] + 1


def plain(text: str) -> PlainText:
    """Return the text without characters that show nothing, with ASCII for full-width and styled signs and digits."""
    if text.isascii():
        return PlainText(text)
    pieces: list[str] = []
    at: list[int] = []
    place = 0
    for found in _ODD.finditer(text):
        pieces.append(text[place : found.start()])
        at += range(place, found.start())
        place = found.end()
        if found["unseen"] is None:
            pieces.append(_ascii(found[0]))
            at.append(found.start())
    if not place:
        return PlainText(text)
    return PlainText("".join([*pieces, text[place:]]), [*at, *range(place, len(text))])


def _ascii(sign: str) -> str:
    """Return the one plain sign that this stands for."""
    digit = unicodedata.decimal(sign, None)
    letter = unicodedata.normalize("NFKC", sign) if digit is None else str(digit)
    return letter if len(letter) == 1 else sign


def without_accents(text: str) -> str:
    """Return the text with plain letters: `é` becomes `e`, `ß` becomes `ss`."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
