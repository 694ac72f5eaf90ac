"""Put the values of an export into the terms of a closed ticket, and count what cannot be."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from training.data.column_mapping import ColumnMapping
from training.data.dates import read_instant
from triage.errors import BadClosedTicket
from triage.reading.label_lists import labels_in_cell
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.closed_ticket import TIMES, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PRIORITY = re.compile(r"^p([0-4])\b", re.IGNORECASE)  # "p1", "P1 - urgent"
_COMMA = re.compile(r"^-?\d+,\d+$")
_TRUE = frozenset({"y", "t", "on", "x", "ja", "oui", "si", "sí", "sim", "wahr", "vrai", "verdadero"})
_FALSE = frozenset({"n", "f", "off", "nein", "non", "no", "nee", "não", "falsch", "faux", "falso"})
_SHOWN = 5
_MISSING: Any = object()
_LONGEST = 40
_WANTED = {
    "priority": f"none of {', '.join(PRIORITIES)}",
    "csat": "not a number",
    "spam": "neither true nor false",
    "closed_at": "no time",
    "first_response_at": "no time",
}
_EXAMPLE = {"priority": '"P2"', "csat": "5", "spam": "true"}


@dataclass(frozen=True, slots=True)
class UnreadValue:
    """A value that nobody here understands; its rows are read without it."""

    field: str
    value: str
    rows: int
    line: int
    """Where it comes first."""


class CellValues:
    """Reads the values of one export, row by row."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._multi = frozenset(mapping.multi)
        self._mapping, self._fields, self._others = mapping, mapping.fields, frozenset(fields_of(()))
        self._unread: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int] = {}

    def of(self, row: Mapping[str, Any], line: int) -> dict[str, Any]:
        """Return the row with our names and values.

        Raises `BadClosedTicket`: a time cannot be read.
        """
        columns = self._mapping.columns
        used = {column.split(".", 1)[0] if column not in row else column for column in columns.values()}
        record = {key: value for key, value in row.items() if key not in used}
        record |= {name: value for name, column in columns.items() if (value := cell(row, column)) is not _MISSING}
        for name in self._fields:
            if name in record:
                several = name in self._multi
                record[name] = self._labels(name, record[name]) if several else self._value(name, record[name], line)
        for name in TIMES:
            if name in record:
                record[name] = self._instant(name, record[name], line)
        return record

    @property
    def unread(self) -> tuple[UnreadValue, ...]:
        """What could not be understood, the most frequent first."""
        found = ((name, value, n, self._first[name, value]) for (name, value), n in self._unread.most_common())
        return tuple(UnreadValue(*each) for each in found)

    def _value(self, name: str, value: object, line: int) -> object:
        if isinstance(value, float):
            if value != value:  # NaN is how pandas writes none
                return None
            value = int(value) if value.is_integer() and name not in TIMES else value  # and 7.0 a 7
        word = value.strip().casefold() if isinstance(value, str) else str(value) if _is_plain(value) else None
        meanings = self._mapping.values.get(name, {})
        if word is not None and word in meanings:
            value = meanings[word]
        elif word is not None and word in self._mapping.empty:
            return None
        understood = _understood(name, value, is_label=name not in self._others)
        if understood is None and value not in (None, ""):
            self._note(name, str(value), line)
        return understood

    def _labels(self, name: str, value: object) -> object:
        """Return the labels of a multi head, in the words of the mapping; what is no list comes back as it is."""
        found = labels_in_cell(value, self._mapping.separators.get(name))
        if not isinstance(found, list):
            return None if found != found else found  # NaN is how pandas writes none
        meanings = self._mapping.values.get(name, {})
        words = ((each, each.strip().casefold()) if isinstance(each, str) else (each, "") for each in found)
        return [meanings.get(word, each) for each, word in words if word not in self._mapping.empty]

    def _instant(self, name: str, value: object, line: int) -> datetime | None:
        """Read a time; one that a ticket can do without is left out where it cannot be read.

        Raises `BadClosedTicket`: it is the time of creation.
        """
        try:
            return read_instant(name, value, self._mapping)
        except BadClosedTicket:
            if name == "created_at":
                raise
            example = next((shown for field, shown in self._first if field == name), str(value))  # each row has another
            self._note(name, example, line)
            return None

    def _note(self, name: str, value: str, line: int) -> None:
        key = name, value.strip()[:_LONGEST]
        self._unread[key] += 1
        self._first.setdefault(key, line)


def cell(row: Mapping[str, Any], column: str) -> object:
    """Return a row's value, of nested JSON by its path (`via.channel`); `_MISSING` where it has none."""
    if column in row or "." not in column:
        return row.get(column, _MISSING)
    value: object = row
    for name in column.split("."):
        value = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def sentences(unread: Sequence[UnreadValue], mapping: ColumnMapping) -> list[str]:
    """Say for each field which values were left out, and what to write into the mapping."""
    return [
        _sentence(name, [each for each in unread if each.field == name], mapping) for name in _fields(unread, mapping)
    ]


def _fields(unread: Iterable[UnreadValue], mapping: ColumnMapping) -> list[str]:
    return [name for name in (*TIMES, *mapping.valued) if name in {each.field for each in unread}]


def _sentence(name: str, found: Sequence[UnreadValue], mapping: ColumnMapping) -> str:
    shown = ", ".join(f"{each.value!r} ({each.rows}, first in line {each.line})" for each in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} others" if len(found) > _SHOWN else ""
    column = mapping.column(name)
    said = name if column == name else f"{name} (column {column!r})"
    left_out = (
        f"{said}: {sum(each.rows for each in found)} values are {_WANTED[name]} and are left out: {shown}{more}. "
    )
    if name in TIMES:
        return left_out + "Say in the mapping (--mapping) how times are written (date_format), and --timezone."
    word = found[0].value.replace("\\", "").replace('"', "")
    return left_out + (
        f'Say in the mapping (--mapping) what they mean: [values.{name}] with lines such as "{word}" = '
        f'{_EXAMPLE[name]}, or "" for none.'
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, datetime)


def _understood(name: str, value: object, *, is_label: bool) -> object:
    """Return the value as a closed ticket takes it; None where it means nothing there."""
    if name == "priority" and isinstance(value, str):
        found = _PRIORITY.match(value.strip())
        return f"P{found[1]}" if found else None
    if name == "priority":
        return None
    if name == "csat":
        return _number(value)
    if name == "spam":
        return _flag(value)
    if is_label and isinstance(value, float):
        return str(value)
    return value


def _number(value: object) -> float | None:
    if isinstance(value, str) and _COMMA.match(value.strip()):
        value = value.strip().replace(",", ".")
    try:
        number = float(value) if isinstance(value, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e9 else None  # as ClosedTicket reads it


def _flag(value: object) -> bool | None:
    word = str(value).strip().casefold() if isinstance(value, str | int) else None
    if word in {"true", "1", "yes"} | _TRUE:
        return True
    return False if word in {"false", "0", "no"} | _FALSE else None
