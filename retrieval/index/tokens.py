"""Tokenise texts for lexical search: folded, without stop words, endings cut."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from triage.text.short_text_cache import cached_if_short

MAX_CHARACTERS: Final = 4_000

_WORD = re.compile(r"\w+")
_STOP: Final = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does doing
    don for from get got had has have having he her here him his how i if in into is it its just me more most my no not
    now of on once only or other our out over please she so some such than that the their them then there these they
    this those through to too under up us very was we were what when where which while who why will with would you your
    hi hello thanks thank
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)
#: Endings and what stands in their place, longest first; a word must keep four letters.
_ENDINGS: Final = (
    ("ations", "at"), ("ation", "at"), ("ingly", ""), ("ities", "ity"), ("ments", ""), ("ment", ""), ("ings", ""),
    ("ing", ""), ("ies", "y"), ("ied", "y"), ("edly", ""), ("ed", ""), ("es", ""), ("ly", ""), ("s", ""), ("e", ""),
)  # fmt: skip


def words(text: str) -> list[str]:
    """List the words of a text that can tell it from another, in order, with repeats."""
    return list(_words(text))


@cached_if_short(1 << 10, 400)
def _words(text: str) -> tuple[str, ...]:
    """Remember the words of questions and headings: a question is compared with many things."""
    folded = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].lower())
    if not folded.isascii():
        folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return tuple(stem(word) for word in _WORD.findall(folded) if len(word) > 1 and word not in _STOP)


@cached_if_short(1 << 13, 40)
def stem(word: str) -> str:
    """Cut an English ending off, so that exports, exported and exporting meet in export."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 4 and not word.endswith("ss"):
            return _undouble(word[: -len(ending)] + instead)
    return word


def _undouble(word: str) -> str:
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] in "bdgmnprt" else word
