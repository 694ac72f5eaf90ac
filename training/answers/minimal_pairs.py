"""A question beside questions that differ in a word and must not get its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Names that are put before what a question is about: no desk's own.
_OTHERS: Final = ("Netflix", "Salesforce", "Outlook", "Shopify", "Dropbox")
_OPPOSITES: Final = (
    ("turn on", "turn off"),
    ("switch on", "switch off"),
    ("enable", "disable"),
    ("start", "stop"),
    ("add", "remove"),
    ("create", "delete"),
    ("invite", "remove"),
    ("connect", "disconnect"),
    ("upgrade", "downgrade"),
    ("increase", "reduce"),
    ("show", "hide"),
    ("cancel", "keep"),
    ("lock", "unlock"),
)
_VERB: Final = re.compile(
    r"^(?:how (?:do|can) (?:i|we)|i want to|we want to|can i|can we|please)\s+(.+?)[?.!]*$", re.IGNORECASE
)
_THING: Final = re.compile(r"\b(my|our|your|the|a|an)\s+(?=\w)", re.IGNORECASE)


def minimal_pairs(question: str) -> Iterator[tuple[str, bool]]:
    """Yield a question, which its passage answers, and near ones that it does not: (text, whether it is answered)."""
    yield question, True
    other = _OTHERS[len(question) % len(_OTHERS)]
    yield _about(question, other), False
    asked = _VERB.match(question)
    if asked:
        yield f"I do not want to {asked[1]}", False
    for one, opposite in _OPPOSITES:
        for word, instead in ((one, opposite), (opposite, one)):
            swapped = re.sub(rf"\b{word}\b", instead, question, count=1, flags=re.IGNORECASE)
            if swapped != question:
                yield swapped, False
                return


def _about(question: str, other: str) -> str:
    """Name another product: before the first thing that is owned, else at the end."""
    named = _THING.sub(lambda found: f"{found[0]}{other} ", question, count=1)
    return named if named != question else f"{question.rstrip('?.! ')} in {other}?"
