"""Find the declared fields in a ticket's text, and read what somebody typed into a form.

What redaction removes is never a value: cards, accounts, credentials, addresses, names.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Final

from triage.fields.declaration import TicketFields
from triage.fields.masking import LOOKED_AT, masked
from triage.fields.places import Place
from triage.fields.rules import FieldRule
from triage.text.cleaning import has_markup, redacted
from triage.text.markup import visible
from triage.text.plain_letters import PlainText
from triage.text.redaction import redact, removed
from triage.tickets.fact_values import FieldValue

SUBJECT, DESCRIPTION, FORM = "subject", "description", "form"
_LOOKED_AT: Final = 50  # values of one field that redaction may hide
_SHORT: Final = 4_000  # characters of a text of which models read everything
LONGEST_GIVEN: Final = 200  # characters of what is typed into a form
_JOINERS: Final = "\u200c\u200d"
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Cs"})
_PLACEHOLDERS: Final = "[email] [phone] [card] [iban] [ip] [secret] [name] [attachment] [erased]"


@dataclass(frozen=True)
class WrittenText:
    """What a customer wrote.

    `known` is what is known of them (address, account), which redaction replaces. `redacted` is what redaction left of
    subject and description, where that is at hand: most values then need no other look.
    """

    subject: str
    description: str
    known: Sequence[str | None] = ()
    redacted: str | None = None


def found(fields: TicketFields, written: WrittenText, today: date, *, stored: bool = False) -> tuple[FieldValue, ...]:
    """Return the values of a text, each once a field, in the order of fields and places.

    With `stored` only those of fields that may be stored.
    """
    values: list[FieldValue] = []
    texts = [_Searched(name, text, written) for name, text in _texts(written) if text]
    for rule in fields.rules:
        if stored and not rule.store:
            continue
        seen: set[str] = set()
        for text, place in islice(_places(rule, texts), _LOOKED_AT):
            if place.value in seen or text.hides(place):
                continue
            seen.add(place.value)
            start, end = text.masked.original(place.start, place.end)
            values.append(
                FieldValue(
                    name=rule.name,
                    value=place.value,
                    source=text.name,
                    start=start,
                    end=end,
                    as_written=text.original[start:end],
                    problem=rule.problem(place.value, today),
                )
            )
            if len(seen) >= rule.most:
                break
    return tuple(values)


def given(
    rule: FieldRule, written: str, today: date, *, known: Iterable[str | None] = (), source: str = FORM
) -> FieldValue | None:
    """Return what was typed for a field; None where nothing was, or where redaction removes it.

    What is no value of this kind is kept as it was typed, and its problem is `format`.
    """
    written = " ".join(_shown(written).split())[:LONGEST_GIVEN]
    said = f"{rule.label()}: {written}"
    if not written or redact(said, [each for each in known if each]).text != said:
        return None
    value = rule.value_of(written)
    problem = "format" if value is None else rule.problem(value, today)
    return FieldValue(name=rule.name, value=value or written, source=source, as_written=written, problem=problem)


def _shown(written: str) -> str:
    """Return what is typed without what turns or hides letters; joiners stay, with which some scripts are written."""
    return "".join(
        letter
        for letter in written
        if letter in _JOINERS or letter.isspace() or unicodedata.category(letter) not in _NOT_SHOWN
    )


def together(read: Sequence[FieldValue], typed: Sequence[FieldValue]) -> tuple[FieldValue, ...]:
    """Return the values of a text with those of a form, which stand for theirs."""
    names = {each.name for each in typed}
    return (*(each for each in read if each.name not in names), *typed)


def missing(rules: Sequence[FieldRule], values: Iterable[FieldValue]) -> list[FieldRule]:
    """Return the fields without a valid value."""
    there = {each.name for each in values if each.problem is None}
    return [rule for rule in rules if rule.name not in there]


def _texts(written: WrittenText) -> list[tuple[str, str]]:
    return [(SUBJECT, written.subject), (DESCRIPTION, written.description)]


def _places(rule: FieldRule, texts: Sequence[_Searched]) -> Iterator[tuple[_Searched, Place]]:
    for text in texts:
        for place in rule.places(text.masked.text):
            yield text, place


@dataclass(frozen=True)
class _Searched:
    """Subject or description, and what of it must not be returned."""

    name: str
    original: str
    written: WrittenText

    @cached_property
    def masked(self) -> PlainText:
        return masked(self.original)

    def hides(self, place: Place) -> bool:
        """Tell whether redaction removes a value.

        What the redacted text still has as often is looked at no further. Else the places count that are removed.
        """
        value, written = self.masked.text[place.start : place.end], self.written
        is_short = len(written.subject) + len(written.description) < _SHORT
        if written.redacted is not None and is_short and value not in _PLACEHOLDERS:
            often = written.subject.count(value) + written.description.count(value)
            if often and written.redacted.count(value) >= often:
                return False
        after = bisect_left(self._removed, place.end, key=lambda each: each[0])
        if after and self._removed[after - 1][1] > place.start:
            return True
        return self._is_markup and self._seen.count(value) > self._left.count(value)

    @property
    def _known(self) -> list[str]:
        return [each for each in self.written.known if each]

    @cached_property
    def _is_markup(self) -> bool:
        return has_markup(self._beginning)

    @property
    def _beginning(self) -> str:
        return self.original[:LOOKED_AT]

    @cached_property
    def _removed(self) -> list[tuple[int, int]]:
        return removed(self.masked.text, self._known)

    @cached_property
    def _seen(self) -> str:
        return visible(self._beginning)

    @cached_property
    def _left(self) -> str:
        return redacted(self._beginning, self._known)
