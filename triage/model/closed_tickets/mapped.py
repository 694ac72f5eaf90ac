"""Records and arrays that stay in a mapped file."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from triage.reading.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_HEADER: Final = 4096
_RECORD: Final = msgspec.json.Decoder(dict[str, Any])


def ticket_lines(data: memoryview) -> Lines[Mapping[str, Any]]:
    """Return the tickets of a file in JSON Lines. Raises ValueError where the last line does not end."""
    return Lines(data, _parsed)


def mapped_array(data: memoryview) -> NDArray[Any]:
    """Return the array of an `.npy` file over its bytes, without a copy. Raises ValueError where it is none."""
    head = io.BytesIO(data[:_HEADER])
    if np.lib.format.read_magic(head) != (1, 0):
        raise ValueError("an array of another format")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(head)
    if kind.hasobject or by_columns:
        raise ValueError("an array of another kind")
    return np.frombuffer(data, kind, count=math.prod(shape), offset=head.tell()).reshape(shape)


def _parsed(line: memoryview) -> Mapping[str, Any]:
    try:
        return _RECORD.decode(line)
    except msgspec.DecodeError as problem:
        raise ValueError(f"a record is not JSON: {problem}") from problem
