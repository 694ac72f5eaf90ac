"""Rows out of the files that exports come in: JSON lines, CSV (either may be gzipped), Parquet.

A row that cannot be read is an `Unreadable` in the stream, so that one bad byte costs one row and not the file.
"""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from training.data.column_mapping import ColumnMapping
from training.data.csv_rows import csv_rows
from training.data.unreadable_rows import JSON_LINES, PEEKED, Row, Unreadable, fault_of, not_in
from training.errors import TicketsNotReadable
from triage.errors import FileNotReadable
from triage.reading import bounded_files

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "\ufeff"  # byte order mark that spreadsheets write
#: The longest first: the mark of UTF-16 begins that of UTF-32.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PEEKED = 4
_UTF8 = "UTF-8"


def rows(path: Path, mapping: ColumnMapping | None = None) -> Iterator[Row]:
    """Yield the line number (for Parquet: the row's) and the record of each row. Raises `TicketsNotReadable`."""
    kinds = {
        ".jsonl": _json_rows, ".ndjson": _json_rows, ".csv": _csv_rows, ".tsv": _csv_rows, ".parquet": _parquet_rows,
    }  # fmt: skip
    name = path.name.lower().removesuffix(".gz")
    kind = next((kinds[suffix] for suffix in kinds if name.endswith(suffix)), None)
    if kind is None and name.endswith(".json"):
        raise TicketsNotReadable(path, JSON_LINES)
    if kind is None:
        told = "its name ends in none of .jsonl, .jsonl.gz, .csv, .csv.gz, .tsv, .parquet; save a spreadsheet as CSV"
        raise TicketsNotReadable(path, told)
    try:
        yield from kind(path, mapping or ColumnMapping())
    except FileNotReadable as problem:
        raise TicketsNotReadable(path, problem.problem) from problem
    except UnicodeDecodeError as problem:
        raise TicketsNotReadable(path, f"is not {problem.encoding}: {problem.reason}; save it as UTF-8") from problem
    except OSError as problem:
        raise TicketsNotReadable(path, problem.strerror or str(problem)) from problem


@contextmanager
def _opened(path: Path, mapping: ColumnMapping, *, is_json: bool = False) -> Iterator[tuple[IO[bytes], str]]:
    """Open a text file; also give the name of its encoding. Raises `TicketsNotReadable`: it is of another kind."""
    with bounded_files.opened(path) as file:
        start = file.peek(PEEKED)[:PEEKED]
        if fault := fault_of(start, is_json=is_json):
            raise TicketsNotReadable(path, fault)
        start = start[:_PEEKED]
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        yield file, mapping.encoding or marked or _guessed(start)


def _guessed(start: bytes) -> str:
    """Return the encoding of a file without a mark: every second byte of UTF-16 is NUL while the text is English."""
    if len(start) == _PEEKED and start[0] and start[2] and not start[1] and not start[3]:
        return "utf-16-le"
    if len(start) == _PEEKED and start[1] and start[3] and not start[0] and not start[2]:
        return "utf-16-be"
    return _UTF8


def _texts(file: IO[bytes], path: Path, encoding: str, newline: str) -> Iterator[str]:
    """Yield lines of text with their ends; what cannot be decoded becomes lone surrogates, to be refused by row."""
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    errors = "surrogatepass" if wide else "surrogateescape"
    with io.TextIOWrapper(file, encoding, errors, newline) as text:
        for number, line in enumerate(bounded_files.lines_of(text, path)):
            yield line.removeprefix(_MARK) if number == 0 else line


def _json_rows(path: Path, mapping: ColumnMapping) -> Iterator[Row]:
    with _opened(path, mapping, is_json=True) as (file, encoding):
        # As bytes where they are UTF-8: that says which byte of the line is bad.
        lines: Iterator[bytes] = (
            bounded_files.lines_of(file, path)
            if encoding == _UTF8
            else (line.encode("utf-8", "surrogatepass") for line in _texts(file, path, encoding, "\n"))
        )
        for number, line in enumerate(lines, start=1):
            plain = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if plain.strip():
                yield number, _record(plain, encoding)


def _record(line: bytes, encoding: str) -> Mapping[str, Any] | Unreadable:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError as problem:
        return Unreadable(not_in(encoding, f" (byte {problem.start + 1} of the line)" if encoding == _UTF8 else ""))
    except (ValueError, RecursionError) as problem:
        return Unreadable(f"is not JSON ({problem})" if isinstance(problem, ValueError) else "is nested too deeply")
    return record if isinstance(record, dict) else Unreadable("is not a JSON object")


def _csv_rows(path: Path, mapping: ColumnMapping) -> Iterator[Row]:
    with _opened(path, mapping) as (file, encoding):
        yield from csv_rows(path, _texts(file, path, encoding, ""), mapping, encoding)


def _parquet_rows(path: Path, _: ColumnMapping) -> Iterator[Row]:
    import pyarrow  # 170 MB that only Parquet needs
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=2_000):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
    except pyarrow.ArrowException as problem:
        raise TicketsNotReadable(path, f"is not Parquet ({problem})") from problem
