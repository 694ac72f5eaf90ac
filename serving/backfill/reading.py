"""Read the tickets of an export, row by row: JSON Lines or CSV, gzipped or not."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from serving.backfill.errors import BackfillRefused
from triage.errors import FileNotReadable
from triage.reading import bounded_files

#: What is read of a row.
FIELDS: Final = ("id", "subject", "description", "channel", "language", "plan", "account")
#: Characters that a CSV's field may have.
LONGEST_FIELD: Final = 10_000_000
_KINDS: Final = (".jsonl", ".ndjson", ".csv", ".tsv")


class Row(NamedTuple):
    """One ticket, or why it cannot be read."""

    number: int
    """Of the row, from 1."""
    id: str | None
    fields: Mapping[str, str]
    problem: str | None = None


def kind_of(path: Path) -> str:
    """Return the kind of an export by its name. Raises `BackfillRefused`."""
    name = path.name.lower().removesuffix(".gz")
    kind = next((each for each in _KINDS if name.endswith(each)), None)
    if kind is None:
        raise BackfillRefused(path, f"its name ends in none of {', '.join(_KINDS)}, each with or without .gz")
    return kind


def read(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of an export.

    Parameters
    ----------
    path
        The export.
    columns
        Our field to the export's column, where they differ.

    Yields
    ------
    Row

    Raises
    ------
    BackfillRefused
        It is damaged, or no row can have a text, because it has no such column.
    """
    records = _json(path) if kind_of(path) in {".jsonl", ".ndjson"} else _csv(path, columns)
    try:
        for number, record in enumerate(records, start=1):
            yield _row(number, record, columns)
    except (FileNotReadable, OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BackfillRefused(path, str(problem)) from problem


def count(path: Path) -> int:
    """Return about how many rows an export has: its lines. Raises `BackfillRefused`."""
    lines = 0
    try:
        with bounded_files.opened(path) as file:
            while piece := file.read(1 << 20):
                lines += piece.count(b"\n")
    except (FileNotReadable, OSError) as problem:
        raise BackfillRefused(path, str(problem)) from problem
    return lines


def _json(path: Path) -> Iterator[Mapping[str, Any] | str]:
    for line in bounded_files.lines(path):
        if not line.strip():
            continue
        try:
            record = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError):
            yield "is not JSON"
            continue
        yield record if isinstance(record, dict) else "is not a JSON object"


def _csv(path: Path, columns: Mapping[str, str]) -> Iterator[Mapping[str, Any] | str]:
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        with bounded_files.opened(path) as file:
            text = io.TextIOWrapper(file, "utf-8-sig", newline="")
            first = text.readline(LONGEST_FIELD)
            delimiter = max(",;\t|", key=first.count)
            names = next(csv.reader([first], delimiter=delimiter), [])
            if not {columns.get(name, name) for name in ("subject", "description")} & set(names):
                said = ", ".join(names[:20])
                raise BackfillRefused(
                    path, f"no subject or description among its columns: {said}; use --column subject=NAME"
                )
            if missing := [name for name in columns.values() if name not in names]:
                raise BackfillRefused(path, f"it has no column {missing[0]}; its columns are {', '.join(names[:20])}")
            for values in csv.reader(text, delimiter=delimiter):
                if values:
                    yield dict(zip(names, values, strict=False))
    finally:
        csv.field_size_limit(limit)


def _row(number: int, record: Mapping[str, Any] | str, columns: Mapping[str, str]) -> Row:
    if isinstance(record, str):
        return Row(number, None, {}, problem=record)
    found = {name: _text(record.get(columns.get(name, name))) for name in FIELDS}
    found = {name: text for name, text in found.items() if text}
    id_ = found.pop("id", None)
    if not found.keys() & {"subject", "description"}:
        return Row(number, id_, found, problem="has neither subject nor description")
    return Row(number, id_, found)


def _text(value: object) -> str:
    """Return a value as text that can be written: JSON may hold half of a character (a lone surrogate)."""
    return str(value).strip().encode(errors="replace").decode() if isinstance(value, str | int) else ""
