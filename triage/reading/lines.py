"""Many records, a line each, that stay in one piece of memory or a mapped file until they are asked for."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")

_LINE_END = re.compile(rb"\n")


class Lines(Sequence[T], Generic[T]):
    """The records of a file, each parsed when it is asked for; all that is kept of them is where they begin."""

    def __init__(self, data: memoryview, parse: Callable[[memoryview], T]) -> None:
        """Take the file's content, and what makes a record of a line. Raises ValueError where the last line is cut."""
        self._data, self._parse = data, parse
        self._starts = array("q", [0])
        self._starts.extend(end.end() for end in _LINE_END.finditer(data))
        if self._starts[-1] != len(data):
            raise ValueError("its last record is cut off")

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(self[row] for row in range(*place.indices(len(self))))
        row = range(len(self))[place]
        return self._parse(self._data[self._starts[row] : self._starts[row + 1]])

    def __iter__(self) -> Iterator[T]:
        return (self[row] for row in range(len(self)))


class Chosen(Sequence[T], Generic[T]):
    """Some of many records, by their places; each is read when it is asked for."""

    def __init__(self, records: Sequence[T], places: Sequence[int]) -> None:
        self._records, self._places = records, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(self._records[each] for each in self._places[place])
        return self._records[self._places[place]]
