"""Leaving out accents, as many people do when they type."""

from __future__ import annotations

import unicodedata


def without_accents(text: str) -> str:
    """Return the text with plain letters: `é` becomes `e`, `ß` becomes `ss`."""
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
