"""The mapping file: how a foreign export names its columns and writes its values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from training.errors import ConfigRefused
from triage.taxonomy.heads import MULTI, SHIPPED, Head, multis_of, names_of
from triage.tickets.closed_ticket import TIMES, fields_of

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = (
    "n/a",
    "na",
    "#n/a",
    "n.a.",
    "nan",
    "null",
    "(null)",
    "<null>",
    "none",
    "(none)",
    "nil",
    "\\n",
    "-",
    "--",
    "–",
    "—",
)
"""What exports write where they have no value."""
_NOT_VALUED = frozenset({"id", "subject", "description", "resolution", *TIMES})
_TEXTS = ("timezone", "date_format", "delimiter", "encoding")
_EXPECTED = (
    'a mapping has tables [columns] (description = "Body"), [values.FIELD] (Urgent = "P1") and [separators] '
    '(topics = "|"), and above them '
    "timezone, date_format, delimiter, encoding and empty"
)

Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """How to read an export."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our field to the export's column."""
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Our field to what its values mean; the export's values in lower case."""
    empty: frozenset[str] = frozenset(EMPTY)
    """Values that mean none, in lower case."""
    zone: ZoneInfo | None = None
    """The time zone of times that name none."""
    date_format: str | None = None
    """How times are written, as for `strptime`."""
    delimiter: str | None = None
    """What separates the columns of a CSV; None: found out from its first line."""
    encoding: str | None = None
    """The encoding of a text file; None: UTF-8, or what its byte order mark says."""
    heads: tuple[Head, ...] = SHIPPED
    """The label fields of the desk."""
    separators: Mapping[str, str] = field(default_factory=dict)
    """Multi head to what stands between its labels in a cell, where it is none of comma, semicolon and space."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns that hold one label a ticket."""
        return names_of(head for head in self.heads if head.kind != MULTI)

    @property
    def multi(self) -> tuple[str, ...]:
        """The columns that hold any number of labels a ticket."""
        return multis_of(self.heads)

    @property
    def fields(self) -> tuple[str, ...]:
        """Our names of all columns that are read."""
        levels = (level for head in self.heads for level in head.levels)
        return fields_of(tuple(dict.fromkeys((*names_of(self.heads), *levels))))

    @property
    def valued(self) -> tuple[str, ...]:
        """Fields whose values can be mapped."""
        return tuple(name for name in self.fields if name not in _NOT_VALUED)

    def column(self, name: str) -> str:
        """Return the export's column for a field."""
        return self.columns.get(name, name)

    @property
    def read_columns(self) -> frozenset[str]:
        """The columns that are read where the export has them."""
        return frozenset(map(self.column, self.fields))


def read_mapping(path: Path | None, timezone: str | None = None, heads: tuple[Head, ...] = SHIPPED) -> ColumnMapping:
    """Read a mapping file.

    Parameters
    ----------
    path
        A TOML file; None: every column has our name.
    timezone
        The time zone of times that name none; goes before the file's.
    heads
        The label fields of the desk.

    Returns
    -------
    ColumnMapping
        Checked.

    Raises
    ------
    ConfigRefused
        The file is not TOML, or holds what a mapping does not have.
    """
    record = _record(path) if path else {}
    place = path or "--timezone"
    if unknown := set(record) - {"columns", "values", "separators", "empty", *_TEXTS}:
        raise ConfigRefused(place, f"{min(unknown)} is not known: {_EXPECTED}")
    texts = {name: record.get(name) for name in _TEXTS}
    for name, text in texts.items():
        if text is not None and not (isinstance(text, str) and text):
            raise ConfigRefused(place, f"{name} must be text")
    delimiter = texts["delimiter"]
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ConfigRefused(place, 'delimiter must be one character, such as ";"')
    known = ColumnMapping(heads=heads)
    return ColumnMapping(
        columns=_columns(record.get("columns", {}), place, known.fields),
        values=_values(record.get("values", {}), place, known.valued),
        empty=_empty(record.get("empty", list(EMPTY)), place),
        zone=_zone(timezone or texts["timezone"], place),
        date_format=texts["date_format"],
        delimiter=delimiter,
        encoding=_encoding(texts["encoding"], place),
        heads=heads,
        separators=_separators(record.get("separators", {}), place, known.multi),
    )


def _record(path: Path) -> Mapping[str, Any]:
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigRefused(path, str(problem)) from problem
    if not record:
        raise ConfigRefused(path, f"it is empty: {_EXPECTED}")
    return record


def _columns(columns: object, place: Path | str, fields: Sequence[str]) -> Mapping[str, str]:
    if not isinstance(columns, dict):
        raise ConfigRefused(place, _EXPECTED)
    for name, column in columns.items():
        if name not in fields or not isinstance(column, str):
            raise ConfigRefused(place, f"{name} = {column!r}: fields are {', '.join(fields)}; columns are text")
    return columns


def _values(values: object, place: Path | str, valued: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
    if not isinstance(values, dict):
        raise ConfigRefused(place, _EXPECTED)
    for name, meanings in values.items():
        if name not in valued or not isinstance(meanings, dict):
            raise ConfigRefused(place, f"values.{name}: a table for one of {', '.join(valued)}")
        for word, meaning in meanings.items():
            if not isinstance(meaning, str | int | float):
                raise ConfigRefused(place, f'values.{name}, {word}: write text, a number, true or false; "" for none')
    return folded(values)


def folded(values: Mapping[str, Mapping[str, Value]]) -> Mapping[str, Mapping[str, Value]]:
    """Return what the values of each field mean, the export's words as `CellValues` looks them up."""
    return {
        name: {word.strip().casefold(): meaning for word, meaning in meanings.items()}
        for name, meanings in values.items()
    }


def _separators(separators: object, place: Path | str, multi: Sequence[str]) -> Mapping[str, str]:
    if not isinstance(separators, dict):
        raise ConfigRefused(place, _EXPECTED)
    for name, separator in separators.items():
        if name not in multi or not isinstance(separator, str) or not separator:
            known = ", ".join(multi) or "no head of the taxonomy"
            raise ConfigRefused(place, f'separators: {name} = {separator!r}: {known} is of kind "multi"; write text')
    return separators


def _empty(words: object, place: Path | str) -> frozenset[str]:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigRefused(place, 'empty must be a list of words, such as ["-", "unknown"]')
    return frozenset(word.strip().casefold() for word in words)


def _zone(name: str | None, place: Path | str) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as problem:
        raise ConfigRefused(place, f"{name!r} is no time zone; write Europe/Berlin or UTC") from problem


def _encoding(name: str | None, place: Path | str) -> str | None:
    try:
        "a".encode(name or "utf-8")  # refuses what encodes bytes (base64, zip)
    except LookupError as problem:
        raise ConfigRefused(place, f"{name!r} is no encoding; write windows-1252 or utf-16") from problem
    return name
