"""Find characters with which a text shows something else than it says: bidi controls, invisible ones, look-alikes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from retrieval.answering.writing_scripts import EAST_ASIAN, script_of

#: Embeddings, overrides and isolates: what stands between them is shown in another order.
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LAYOUT: Final = frozenset("\n\t\r")
#: Latin-1 and Latin Extended-A: letters of everyday words that an answer may add, such as "für".
_EVERYDAY_LATIN: Final = 0x180
_WORD: Final = re.compile(r"[^\W\d_]+")


def deceives(text: str, spans: str) -> bool:
    """Tell whether a rephrasing has characters that deceive and that the article's spans do not have.

    Controls that reorder text deceive wherever they come from.
    """
    text, spans = unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", spans)
    if _REORDERING & set(text):
        return True
    if any(_is_deceptive(character) for character in set(text) - set(spans)):
        return True
    fresh = set(_WORD.findall(text)) - set(_WORD.findall(spans))
    return any(_is_mixed(word) for word in fresh)


def _is_deceptive(character: str) -> bool:
    if character.isascii():
        return not character.isprintable() and character not in _LAYOUT
    category = unicodedata.category(character)
    if category in _UNSEEN or category.startswith("M"):
        return True
    if category[0] not in "LN":
        return False
    return ord(character) >= _EVERYDAY_LATIN or unicodedata.normalize("NFKC", character) != character


def _is_mixed(word: str) -> bool:
    """Tell whether a word mixes scripts that look alike, or is one foreign letter that looks like another."""
    scripts = {script_of(letter) for letter in word} - EAST_ASIAN
    return len(scripts) > 1 or (len(word) == 1 and bool(scripts - {"LATIN"}))
