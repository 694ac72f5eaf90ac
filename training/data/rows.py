"""Rows out of the files that exports come in: JSON lines, CSV (either may be gzipped), Parquet.

A row that cannot be read is an `Unreadable` in the stream, so that one bad byte costs one row and not the file.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.errors import TicketsNotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LONGEST_FIELD = 10_000_000
_MARK = b"\xef\xbb\xbf"  # byte order mark that spreadsheets write


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is not even a record, and why."""

    reason: str


Row = tuple[int, "Mapping[str, Any] | Unreadable"]


def rows(path: Path) -> Iterator[Row]:
    """Yield the line number (for Parquet: the row's) and the record of each row. Raises `TicketsNotReadable`."""
    kinds = {".jsonl": _json_rows, ".ndjson": _json_rows, ".csv": _csv_rows, ".parquet": _parquet_rows}
    name = path.name.removesuffix(".gz")
    kind = next((kinds[suffix] for suffix in kinds if name.endswith(suffix)), None)
    if kind is None:
        raise TicketsNotReadable(path, "its name ends in none of .jsonl, .jsonl.gz, .csv, .csv.gz, .parquet")
    try:
        yield from kind(path)
    except (EOFError, zlib.error) as problem:
        raise TicketsNotReadable(path, f"the file is cut short or damaged ({problem})") from problem
    except OSError as problem:
        raise TicketsNotReadable(path, problem.strerror or str(problem)) from problem


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield number, line.removeprefix(_MARK) if number == 1 else line


def _json_rows(path: Path) -> Iterator[Row]:
    for number, line in _lines(path):
        if line.strip():
            yield number, _record(line)


def _record(line: bytes) -> Mapping[str, Any] | Unreadable:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError as problem:
        return Unreadable(f"is not UTF-8 (byte {problem.start + 1} of the line)")
    except (ValueError, RecursionError) as problem:
        return Unreadable(f"is not JSON ({problem})" if isinstance(problem, ValueError) else "is nested too deeply")
    return record if isinstance(record, dict) else Unreadable("is not a JSON object")


def _csv_rows(path: Path) -> Iterator[Row]:
    # What is not UTF-8 becomes lone surrogates, which are refused row by row.
    text = (line.decode("utf-8", "surrogateescape") for _, line in _lines(path))
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield from _csv_records(path, csv.reader(text, strict=True))
    finally:
        csv.field_size_limit(limit)


def _csv_records(path: Path, reader: Any) -> Iterator[Row]:  # noqa: ANN401 - csv's reader has no public type
    header = next(reader, None)
    if not header or len(set(header)) < len(header):
        raise TicketsNotReadable(path, "its first line must name each column, once")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield line, Unreadable(f"is not CSV ({problem})")
            continue
        if not cells:
            continue
        if len(cells) != len(header):
            yield line, Unreadable(f"has {len(cells)} columns, the first line names {len(header)}")
        elif any("\udc80" <= sign <= "\udcff" for cell in cells if not cell.isascii() for sign in cell):
            yield line, Unreadable("is not UTF-8")
        else:
            yield line, dict(zip(header, cells, strict=True))


def _parquet_rows(path: Path) -> Iterator[Row]:
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
