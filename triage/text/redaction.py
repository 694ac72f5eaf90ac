"""Redact personal data before text is embedded, logged or stored for training.

Each pattern is linear in the length of the text (bounded repeats, no nesting), and what a pattern cannot decide a check
does: Luhn for cards, mod 97 for IBANs, the parser of the standard library for addresses on the network. Numbers that
support lives on (orders, versions, dates, error codes) stay; so do articles, which are the desk's own.

A placeholder names the kind of data ([email], [phone]), so that models can learn from it. Redacting a text twice
changes nothing more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.text import account_numbers, addresses, credentials, personal_names, phone_numbers, technical_credentials
from triage.text.finder import Finder

_FINDERS: tuple[Finder, ...] = (
    *credentials.FINDERS,
    *technical_credentials.FINDERS,
    *credentials.STATED,
    *addresses.FINDERS,
    *account_numbers.FINDERS,
    *addresses.MACHINES,
    *phone_numbers.FINDERS,
)
_WORD = re.compile(r"[^\W\d_]+")
_ROUNDS = 3


@dataclass(frozen=True)
class Redacted:
    """A redacted text, with counts by kind of personal data."""

    text: str
    counts: Mapping[str, int]


class Redactor:
    """Redacts the texts of one ticket; a text that it has read already is not read again."""

    def __init__(self, known: Sequence[str | None] = ()) -> None:
        """Take what is known of the requester: e-mail address, name, account; replaced wherever they stand."""
        self._finders = (*_FINDERS, *personal_names.known_names(filter(None, known)), *personal_names.FINDERS)
        self._read = {"": Redacted("", {})}

    def redact(self, text: str) -> Redacted:
        """Replace personal data and credentials by their kind; see `redact`."""
        if text not in self._read:
            self._read[text] = self._redacted(text)
        return self._read[text]

    def _redacted(self, text: str) -> Redacted:
        counts: Counter[str] = Counter()
        words = frozenset(_WORD.findall(text.lower()))
        for _ in range(_ROUNDS):  # a placeholder may uncover what stands beside it
            found = counts.total()
            for finder in self._finders:
                if finder.worthwhile(text, words):
                    text = _without(text, finder, counts)
            if counts.total() == found:
                break
        return Redacted(text, dict(counts))


def redact(text: str, known: Sequence[str] = ()) -> Redacted:
    """Replace personal data and credentials by their kind.

    Parameters
    ----------
    text
        With its line breaks: a signature is known by them.
    known
        The requester's e-mail address, name and account, as far as they are known: replaced wherever they stand.

    Returns
    -------
    Redacted
    """
    return Redactor(known).redact(text)


def _without(text: str, finder: Finder, counts: Counter[str]) -> str:
    pieces, place = [], 0
    for match in finder.pattern.finditer(text):
        for begin, end in finder.spans(match):
            pieces += [text[place:begin], f"[{finder.kind}]"]
            place = end
    if not pieces:
        return text
    counts[finder.kind] += len(pieces) // 2
    return "".join(pieces) + text[place:]
