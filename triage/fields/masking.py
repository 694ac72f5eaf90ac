"""A text as it is searched: character for character as long as the original, so that places in it are the same."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from triage.text.cleaning import has_markup

LOOKED_AT: Final = 16_000  # characters of a text; what follows is not searched
_TAG: Final = re.compile(r"<[/!a-zA-Z][^<>]{0,4000}>")
_HIDDEN: Final = re.compile(r"<(?:style|script|head)\b", re.IGNORECASE)
_HIDDEN_END: Final = re.compile(r"</(?:style|script|head)\b", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:nbsp|#160);")
_QUOTED: Final = re.compile(r"^>[^\n]*", re.MULTILINE)
_STYLED: Final = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\ufeff]")


def masked(text: str) -> str:
    """Return the text to search: without mark-up and quoted mail, with plain digits and letters."""
    text = text[:LOOKED_AT]
    if has_markup(text):
        text = _blank(_TAG, _blank(_ENTITY, _without_hidden(text)))
    if ">" in text:
        text = _blank(_QUOTED, text)
    if not text.isprintable():
        text = _UNPRINTABLE.sub("\u200b", text)
    return text if text.isascii() else _STYLED.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    letter = unicodedata.normalize("NFKC", found[0])
    return letter if len(letter) == 1 else found[0]


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: " " * len(found[0]), text)


def _without_hidden(text: str) -> str:
    """Return the text without styles and scripts; an element that is never closed goes on to the end."""
    pieces, place = [], 0
    while (begun := _HIDDEN.search(text, place)) is not None:
        ended = _HIDDEN_END.search(text, begun.end())
        end = ended.start() if ended else len(text)
        pieces += [text[place : begun.start()], " " * (end - begun.start())]
        place = end
    return "".join([*pieces, text[place:]])
