"""One declared field: what it looks for, how a value is checked, and whom to ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from triage.fields.amounts import amounts
from triage.fields.checksums import holds
from triage.fields.dates import dates
from triage.fields.dictionary import Dictionary
from triage.fields.error_codes import error_codes
from triage.fields.order_numbers import order_numbers
from triage.fields.places import Place
from triage.fields.versions import versions
from triage.tickets.attributes import Attributes, Conditions

BUILT_IN: Final[Mapping[str, Callable[[str], Iterator[Place]]]] = {
    "version": versions,
    "error_code": error_codes,
    "amount": amounts,
    "order_number": order_numbers,
}
KINDS: Final = ("pattern", "dictionary", *BUILT_IN, "date")
#: What stands before a value of a form, so that it is read as in a text.
_ANNOUNCED: Final = {"version": "version ", "error_code": "error ", "order_number": "order "}
_ABROAD: Final = timedelta(days=1)  # where a customer lives it may be tomorrow already
_DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True)
class Bounds:
    """Between which numbers or days a valid value lies; both ends count."""

    least: Decimal | None = None
    most: Decimal | None = None
    first: date | None = None
    last: date | None = None
    not_in_future: bool = False

    def problem(self, value: str, kind: str, today: date) -> str | None:
        """Return `range` or `future` where a value lies outside, None where it does not."""
        if self == _ANY:
            return None
        if kind == "date":
            day = date.fromisoformat(value)
            if self.not_in_future and day > today + _ABROAD:
                return "future"
            return "range" if day < (self.first or date.min) or day > (self.last or date.max) else None
        try:
            number = Decimal(value.partition(" ")[0])
        except InvalidOperation:
            return "range"
        if not number.is_finite():
            return "range"
        below = self.least is not None and number < self.least
        return "range" if below or (self.most is not None and number > self.most) else None


_ANY: Final = Bounds()


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """A declared field."""

    name: str
    kind: str
    labels: Mapping[str, str]
    pattern: re.Pattern[str] | None = None
    dictionary: Dictionary | None = None
    checksum: str | None = None
    bounds: Bounds = field(default=_ANY)
    month_first: bool = False
    store: bool = True
    required: Conditions | None = None  # of tickets that should have it; without conditions: of all
    most: int = 5  # values of one ticket

    def label(self, language: str | None = None) -> str:
        """Return the field's name for people who read a language, English where it has no other."""
        short = (language or _DEFAULT_LANGUAGE).lower().partition("-")[0]
        return self.labels.get(short) or self.labels[_DEFAULT_LANGUAGE]

    def places(self, text: str) -> Iterator[Place]:
        """Yield the values of a text with their places, in order."""
        if self.pattern is not None:
            return self._matches(self.pattern, text)
        if self.dictionary is not None:
            return self.dictionary.find(text)
        if self.kind == "date":
            return dates(text, month_first=self.month_first)
        return BUILT_IN[self.kind](text)

    def value_of(self, written: str) -> str | None:
        """Return the value that somebody typed into a form; None where it is none of this kind."""
        if self.pattern is not None:
            match = self.pattern.fullmatch(written)
            return match[self.pattern.groups] if match else None
        before = _ANNOUNCED.get(self.kind, "")
        found = next(self.places(before + written), None)
        return found.value if found and (found.start, found.end) == (len(before), len(before + written)) else None

    def problem(self, value: str, today: date) -> str | None:
        """Return what is wrong with a value, None where it is valid."""
        if self.checksum is not None and not holds(self.checksum, value):
            return "checksum"
        return self.bounds.problem(value, self.kind, today)

    def is_required_of(self, attributes: Attributes) -> bool:
        """Tell whether a ticket with these attributes should have it."""
        return self.required is not None and self.required.fit(attributes)

    @staticmethod
    def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Place]:
        for found in pattern.finditer(text):
            start, end = found.span(pattern.groups)
            if end > start >= 0:
                yield Place(start, end, text[start:end])
