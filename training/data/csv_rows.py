"""Rows of a CSV file, whatever divides its columns; a quotation mark that is never closed stops the reading."""

from __future__ import annotations

import csv
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from training.data.column_mapping import ColumnMapping
from training.data.unreadable_rows import Row, Unreadable, not_in
from training.errors import TicketsNotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_FEWEST = 3
"""Columns of a real export: an id, a text and a label."""
OTHER_DELIMITER = 'if another sign stands between the columns, write it into the mapping, such as delimiter = "|"'
LONGEST_FIELD = 10_000_000
DELIMITERS = ",;\t|"
_DELIMITER_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)  # as spreadsheets write it
_DIGITS = re.compile(r"[^\W_]*\d[^\W_]*")
_LETTERS = re.compile(r"[^\W\d_]+")


class Header(NamedTuple):
    """The columns of a file, and what divides them."""

    columns: Sequence[str | None]
    """None: a column that has no name, or the name of one before it."""
    delimiter: str
    id: int | None = None
    """Where the id stands."""
    created: int | None = None
    """Where the time of creation stands."""
    lists: Mapping[str, Sequence[int]] = MappingProxyType({})
    """Where the columns of a multi head stand that have one name, as Jira writes a column for each label."""


def csv_rows(path: Path, lines: Iterator[str], mapping: ColumnMapping, encoding: str) -> Iterator[Row]:
    """Yield the line number and the record of each row.

    Parameters
    ----------
    path
        For messages.
    lines
        With their ends; what could not be decoded is lone surrogates.
    mapping
        Names the columns that are read, and the delimiter where it must be said.
    encoding
        For messages.

    Yields
    ------
    tuple
        Line and record, or why the row is unreadable.

    Raises
    ------
    TicketsNotReadable
        The first line does not name the columns, or a row's quotation mark is not closed.
    """
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield from _Reading(path, lines, mapping, encoding).rows()
    finally:
        csv.field_size_limit(limit)


class _Reading:
    def __init__(self, path: Path, lines: Iterator[str], mapping: ColumnMapping, encoding: str) -> None:
        self._path, self._mapping, self._encoding = path, mapping, encoding
        self._marks = mapping.column("id"), mapping.column("created_at")
        self._taken: list[str] = []
        """The lines of the row that is being read."""
        self._above = 0
        """Lines above the header."""
        self._good: Sequence[str] = ()
        """The last row that was sound."""
        self._said: str | None = None
        """The delimiter that the file itself states."""
        self._lines = self._counted(lines)

    def rows(self) -> Iterator[Row]:
        """Read the header, then every row."""
        first = self._first_line()
        self._header = Header((), self._delimiter(first))
        reader = csv.reader(self._from(first), delimiter=self._header.delimiter, strict=True, skipinitialspace=True)
        self._header = self._read_header(reader)
        while True:
            line = self._above + reader.line_num + 1
            self._taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                self._stop_at_swallowed_rows(line, problem)
                yield line, Unreadable(f"is not CSV ({problem}); {OTHER_DELIMITER}")
                continue
            if cells:
                yield line, self._row(cells, line)

    def _row(self, cells: list[str], line: int) -> dict[str, Any] | Unreadable:
        names = self._header.columns
        self._stop_at_swallowed_rows(line)
        if len(cells) < len(names) or any(cells[len(names) :]):
            title = "; delete any title above the line that names the columns" if len(names) < _FEWEST else ""
            return Unreadable(f"has {len(cells)} columns, the first line names {len(names)}{title}")
        if any("\udc80" <= sign <= "\udcff" for cell in cells if not cell.isascii() for sign in cell):
            return Unreadable(not_in(self._encoding))
        self._good = cells
        record: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=False) if name is not None}
        for name, places in self._header.lists.items():
            record[name] = [label for place in places if (label := cells[place].strip())]
        return record

    def _counted(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self._taken.append(line)
            yield line

    def _first_line(self) -> str:
        for line in self._lines:
            if found := _DELIMITER_LINE.match(line):
                self._said = found[1]
            elif line.strip():
                return line
            self._above += 1
        raise TicketsNotReadable(self._path, "it is empty: its first line must name each column, once")

    def _from(self, first: str) -> Iterator[str]:
        yield first
        yield from self._lines

    def _delimiter(self, first: str) -> str:
        chosen = self._mapping.delimiter or self._said
        if chosen:
            return chosen

        def fitness(delimiter: str) -> tuple[int, int]:
            cells = _cells(first, delimiter)
            return len(self._mapping.read_columns & {cell.strip() for cell in cells}), len(cells)

        return max(DELIMITERS, key=fitness)

    def _read_header(self, reader: Any) -> Header:  # noqa: ANN401 - csv's reader has no public type
        try:
            names = [name.strip() for name in next(reader)]
        except (csv.Error, StopIteration) as problem:
            told = f"line {self._above + 1}: its first line must name each column, once ({problem})"
            raise TicketsNotReadable(self._path, told) from problem
        if any("\udc80" <= sign <= "\udcff" for name in names for sign in name):
            raise TicketsNotReadable(self._path, f"line {self._above + 1}: {not_in(self._encoding)}")
        several = {self._mapping.column(head) for head in self._mapping.multi}
        for name in names:
            if names.count(name) > 1 and name in self._mapping.read_columns - several:
                told = f"line {self._above + 1} names the column {name!r} {names.count(name)} times; name each once"
                raise TicketsNotReadable(self._path, told)
        known: dict[str, None] = {}
        columns: list[str | None] = []
        for name in names:
            columns.append(name if name and name not in known else None)
            known[name] = None
        id_, created = (names.index(each) if each in names else None for each in self._marks)
        lists = {name: [place for place, each in enumerate(names) if each == name] for name in several}
        lists = {name: places for name, places in lists.items() if len(places) > 1}
        return Header(columns, self._header.delimiter, id_, created, lists)

    def _stop_at_swallowed_rows(self, line: int, problem: csv.Error | None = None) -> None:
        """Stop where a row holds other rows within its quotation marks, or is open at the end of the file."""
        whole = len(self._header.columns)
        # Of a row that is broken anyway, the beginning of another is enough.
        sizes = range(2, whole + 1) if problem else range(whole, whole + 1)
        # The last line may be the end of this very row, and the time stand there.
        inner, last = self._taken[1:-1], self._taken[1:][-1:]
        if (
            "unexpected end" in str(problem)
            or any(self._is_row(each, sizes, (self._header.id, self._header.created)) for each in inner)
            or any(self._is_row(each, sizes, (self._header.id,)) for each in last)
        ):
            told = (
                f"line {line}: a quotation mark is opened in this row and not closed, so the rows behind it would be "
                'lost. Close it, or double it ("") where it belongs to the text'
            )
            raise TicketsNotReadable(self._path, told)

    def _is_row(self, line: str, sizes: range, marks: Sequence[int | None]) -> bool:
        """Tell whether a line has so many columns, and at one of these marks what has the form of a sound row's."""
        delimiter = self._header.delimiter
        if sizes.stop < 3 or line.count(delimiter) < sizes.start - 1:
            return False
        cells = _cells(line, delimiter)
        own = self._good or _cells(self._taken[0], delimiter)
        known = [i for i in marks if i is not None and i < min(len(own), len(cells)) and cells[i].strip()]
        return len(cells) in sizes and any(_form(own[i]) == _form(cells[i]) for i in known)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _form(cell: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", cell.strip()))
