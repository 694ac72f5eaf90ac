"""Write the training file page by page: an interrupted export continues and gives the same file.

Until the file is complete, `.part` beside it has the rows so far and `.cursor` the position in the source. A row that
training would refuse is counted and left out; of a ticket that comes twice the last row is kept.
"""

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from triage.durable_files import write_file
from triage.errors import BadClosedTicket
from triage.tickets.closed_ticket import LABELS, from_record, to_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows, and the position in the source after them."""

    records: Sequence[Mapping[str, Any]]
    cursor: str
    more: bool
    heads: Sequence[str] = LABELS  # the fields that are labels
    multi: Sequence[str] = ()  # those of which a ticket has several


Source = Callable[[str | None], Page]
"""Gives the page at a cursor, the first for None."""


@dataclass(slots=True, kw_only=True)
class WriteProgress:
    """The state of the file; `bad` counts rows by what is wrong with them."""

    of: str
    cursor: str | None = None
    size: int = 0
    rows: int = 0
    bad: dict[str, int] = field(default_factory=dict)


def write(out: Path, source: Source, of: str, told: Callable[[int], None] | None = None) -> WriteProgress:
    """Write every page of a source, one JSON object a line, gzipped if the name ends so; the file appears whole.

    Parameters
    ----------
    out
        The file.
    source
        Where the rows come from.
    of
        Which question the source answers: an interrupted file of another one is begun anew.
    told
        Hears how many rows there are, after each page.

    Returns
    -------
    Written
        With the number of tickets in the file and of rows that were left out.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part, mark = out.with_name(out.name + ".part"), out.with_name(out.name + ".cursor")
    written = _resume(mark, part, hashlib.sha256(of.encode()).hexdigest())
    page = source(written.cursor)  # before anything lies there: a source that refuses leaves nothing behind
    with part.open("r+b" if part.exists() else "w+b") as file:
        file.truncate(written.size)
        file.seek(written.size)
        while True:
            _append(file, page, written)
            written.cursor = page.cursor
            if not page.more:
                break
            _keep(mark, written)
            if told is not None:
                told(written.rows)
            page = source(written.cursor)
    written.rows = _finish(part, out)
    part.unlink()
    mark.unlink(missing_ok=True)
    return written


def _append(file: IO[bytes], page: Page, written: WriteProgress) -> None:
    bad = Counter(written.bad)
    for record in page.records:
        try:
            row = to_record(from_record(record, page.heads, page.multi))
        except BadClosedTicket as refused:
            bad[str(refused)] += 1
            continue
        written.size += file.write(msgspec.json.encode(row) + b"\n")
        written.rows += 1
    written.bad = dict(bad)
    file.flush()
    os.fsync(file.fileno())


def _resume(mark: Path, part: Path, of: str) -> WriteProgress:
    try:
        found = WriteProgress(**json.loads(mark.read_text(encoding="utf-8")))
        if found.of == of and part.stat().st_size >= found.size:
            return found
    except (OSError, ValueError, TypeError):
        pass  # nothing to go on with: from the beginning
    return WriteProgress(of=of)


def _keep(mark: Path, written: WriteProgress) -> None:
    write_file(mark, json.dumps({name: getattr(written, name) for name in WriteProgress.__slots__}).encode())


def _finish(part: Path, out: Path) -> int:
    """Write the last row of each ticket, in the order of the rows, and return how many there are."""
    last = {json.loads(line)["id"]: number for number, line in enumerate(_lines(part))}
    keep = set(last.values())
    rows = (line for number, line in enumerate(_lines(part)) if number in keep)

    def fill(file: IO[bytes]) -> None:
        if out.suffix == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
                packed.writelines(rows)
        else:
            file.writelines(rows)

    write_file(out, fill, mode=0o600)  # what customers wrote
    return len(keep)


def _lines(part: Path) -> Iterator[bytes]:
    with part.open("rb") as lines:
        yield from lines
