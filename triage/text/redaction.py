"""Redact personal data before text is embedded, logged or stored for training.

Each pattern is linear in the length of the text (bounded repeats, no nesting), and what a pattern cannot decide a check
does: Luhn for cards, mod 97 for IBANs, the parser of the standard library for addresses on the network. Numbers that
support lives on (orders, versions, dates, error codes) stay; so do articles, which are the desk's own.

What no reader sees hides nothing: a text with invisible, full-width or styled signs is searched in plain ones, too.
HTML has to be made visible text before (`triage.text.cleaning.redacted`).

A placeholder names the kind of data ([email], [phone]), so that models can learn from it. Redacting a text twice
changes nothing more.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from triage.text import account_numbers, addresses, credentials, personal_names, phone_numbers, technical_credentials
from triage.text.finder import Finder
from triage.text.plain_letters import plain

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


Replaced = Callable[[Sequence[tuple[int, int, int]]], None]
"""Hears of what one finder replaces: where it begins and ends in the text as it stands, and how long it is then."""


class Redactor:
    """Redacts the texts of one ticket; a text that it has read already is not read again."""

    def __init__(self, known: Sequence[str | None] = ()) -> None:
        """Take what is known of the requester: e-mail address, name, account; replaced wherever they stand."""
        self._finders = (*_FINDERS, *personal_names.known_names(filter(None, known)), *personal_names.FINDERS)
        self._read = {"": Redacted("", {})}

    def redact(self, text: str) -> Redacted:
        """Replace personal data and credentials by their kind; see `redact`."""
        if text not in self._read:
            self._read[text] = self.run(text)
        return self._read[text]

    def run(self, text: str, hear: Replaced = lambda _: None) -> Redacted:
        """Replace them, whether or not the text was read before; `hear` is told of every place."""
        counts: Counter[str] = Counter()
        for _ in range(_ROUNDS):  # a placeholder may uncover what stands beside it
            found = counts.total()
            # In plain signs first: of what an unseen one cuts, the other search finds only a part.
            text = self._searched(self._searched_in_plain(text, counts, hear), counts, hear)
            if counts.total() == found:
                break
        return Redacted(text, dict(counts))

    def _searched_in_plain(self, text: str, counts: Counter[str], hear: Replaced) -> str:
        seen = plain(text)
        if seen.at is None:
            return text
        places = _Places()
        found = self._searched(seen.text, counts, places.replaced)
        spans = [seen.original(*each) for each in places.found]
        hear([(*span, end - begin) for span, (begin, end) in zip(spans, places.now, strict=True)])
        return _put(text, spans, [found[begin:end] for begin, end in places.now])

    def _searched(self, text: str, counts: Counter[str], hear: Replaced) -> str:
        words = frozenset(_WORD.findall(text.lower()))
        for finder in self._finders:
            if finder.worthwhile(text, words):
                text = _without(text, finder, counts, hear)
        return text


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


def removed(text: str, known: Sequence[str] = ()) -> list[tuple[int, int]]:
    """Return the places of a text that `redact` replaces, in order; neighbours may be one place."""
    places = _Places()
    Redactor(known).run(text, places.replaced)
    return places.found


def _without(text: str, finder: Finder, counts: Counter[str], hear: Replaced) -> str:
    placeholder = f"[{finder.kind}]"
    spans = [span for match in finder.pattern.finditer(text) for span in finder.spans(match)]
    if not spans:
        return text
    hear([(begin, end, len(placeholder)) for begin, end in spans])
    counts[finder.kind] += len(spans)
    return _put(text, spans, [placeholder] * len(spans))


def _put(text: str, spans: Sequence[tuple[int, int]], placeholders: Sequence[str]) -> str:
    """Return the text with placeholders in these places, which stand in order."""
    pieces, place = [], 0
    for (begin, end), placeholder in zip(spans, placeholders, strict=True):
        pieces += [text[place:begin], placeholder]
        place = end
    return "".join([*pieces, text[place:]])


@dataclass
class _Places:
    """Where the original text was replaced, while the text that is searched becomes another."""

    found: list[tuple[int, int]] = field(default_factory=list)  # in the original
    now: list[tuple[int, int]] = field(default_factory=list)  # the placeholders in the text as it stands

    def replaced(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Take over what one finder replaces."""
        fresh = [(self._original(begin, 0), self._original(end, 1), begin, end, size) for begin, end, size in spans]
        kept = [
            (*before, *now, now[1] - now[0])
            for before, now in zip(self.found, self.now, strict=True)
            if not _overlaps(now, spans)
        ]
        self.found, self.now, shift = [], [], 0
        for first, last, begin, end, size in sorted([*kept, *fresh]):
            self.found.append((first, last))
            self.now.append((begin + shift, begin + shift + size))
            shift += size - (end - begin)

    def _original(self, place: int, side: int) -> int:
        """Return a place of the text as it stands in the original; within a placeholder its begin or end."""
        number = bisect_right(self.now, place, key=lambda each: each[0]) - 1
        if number < 0:
            return place
        begin, end = self.now[number]
        if begin < place < end or (place == begin and side == 0):
            return self.found[number][side]
        if place == begin:  # what ends where a placeholder begins
            return self.found[number][0]
        return self.found[number][1] + place - end


def _overlaps(place: tuple[int, int], spans: Sequence[tuple[int, int, int]]) -> bool:
    """Tell whether one of some spans, which stand in order, has a character of this place."""
    after = bisect_left(spans, place[1], key=lambda each: each[0])
    return after > 0 and spans[after - 1][1] > place[0]
