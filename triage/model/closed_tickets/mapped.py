"""Records and arrays that stay in a mapped file."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER: Final = 4096
_BLOCK: Final = 1 << 24
_LINE_END: Final = ord("\n")


class TicketLines(Sequence[Mapping[str, Any]]):
    """Records in JSON Lines, each parsed when it is asked for; all that is kept is where the lines begin."""

    def __init__(self, data: memoryview) -> None:
        """Take the file's content. Raises ValueError where the last line does not end."""
        if len(data) and data[-1] != _LINE_END:
            raise ValueError("its last record is cut off")
        self._data = data
        octets = np.frombuffer(data, np.uint8)
        ends = [
            np.flatnonzero(octets[start : start + _BLOCK] == _LINE_END) + start
            for start in range(0, len(octets), _BLOCK)
        ]
        self._starts = np.concatenate(([0], *(each + 1 for each in ends))).astype(np.int64)
        self._decoder = msgspec.json.Decoder(dict[str, Any])

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Mapping[str, Any], ...]: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, Any] | tuple[Mapping[str, Any], ...]:
        if isinstance(place, slice):
            return tuple(self[row] for row in range(*place.indices(len(self))))
        row = range(len(self))[place]
        return self._parsed(int(self._starts[row]), int(self._starts[row + 1]))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in range(0, len(self), _HEADER):
            starts = self._starts[row : row + _HEADER + 1].tolist()
            for start, end in itertools.pairwise(starts):
                yield self._parsed(start, end)

    def _parsed(self, start: int, end: int) -> Mapping[str, Any]:
        try:
            return self._decoder.decode(self._data[start:end])
        except msgspec.DecodeError as problem:
            raise ValueError(f"a record is not JSON: {problem}") from problem


def mapped_array(data: memoryview) -> NDArray[Any]:
    """Return the array of an `.npy` file over its bytes, without a copy. Raises ValueError where it is none."""
    head = io.BytesIO(data[:_HEADER])
    if np.lib.format.read_magic(head) != (1, 0):
        raise ValueError("an array of another format")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(head)
    if kind.hasobject or by_columns:
        raise ValueError("an array of another kind")
    return np.frombuffer(data, kind, count=math.prod(shape), offset=head.tell()).reshape(shape)
