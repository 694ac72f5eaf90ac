"""A text as it is searched, and where each of its characters stands in the original.

A tag between words is space, one within a word (`<b>4</b>9`) is nothing, as a browser shows it.
"""

from __future__ import annotations

import re
from typing import Final

from triage.text.cleaning import has_markup
from triage.text.markup import parts_words
from triage.text.plain_letters import PlainText, plain

LOOKED_AT: Final = 16_000  # characters of a text; what follows is not searched
_TAG: Final = re.compile(r"<(?:/?(?P<name>[a-zA-Z][a-zA-Z0-9]{0,15}+)|[/!a-zA-Z])[^<>]{0,4000}>")
_NOTHING: Final = "\u2060"
_HIDDEN: Final = re.compile(r"<(?:style|script|head)\b", re.IGNORECASE)
_HIDDEN_END: Final = re.compile(r"</(?:style|script|head)\b", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:nbsp|#160);")
_QUOTED: Final = re.compile(r"^>[^\n]*", re.MULTILINE)
_SEPARATOR: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b\ufeff]")
_GAP: Final = "\u2003"  # between words; none of the spaces that group the digits of a number


def masked(text: str) -> PlainText:
    """Return the text to search: without mark-up and quoted mail, with plain digits and letters."""
    text = text[:LOOKED_AT]
    if has_markup(text):
        text = _TAG.sub(_untagged, _blank(_ENTITY, _without_hidden(text)))
    if ">" in text:
        text = _blank(_QUOTED, text)
    if not text.isprintable():
        text = _SEPARATOR.sub(_GAP, text)
    return plain(text)


def _untagged(found: re.Match[str]) -> str:
    return (_NOTHING if found["name"] and not parts_words(found["name"]) else " ") * len(found[0])


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
