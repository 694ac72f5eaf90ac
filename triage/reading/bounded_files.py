"""Read files that somebody hands in, gzipped or not, piece by piece and within bounds."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, AnyStr, Final

from triage.errors import FileNotReadable

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer

#: Texts pack to a tenth; what grows more, past the first bytes, was made for it. gzip packs to a thousandth at most.
MAX_RATIO: Final = 100
SMALL: Final = 64_000_000
LONGEST_LINE: Final = 32_000_000
_BUFFER: Final = 1 << 16


def is_gzip(path: Path) -> bool:
    """Tell by its name whether a file is gzipped."""
    return path.suffix.lower() == ".gz"


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file whose name says whether it is gzipped; reading raises `FileNotReadable`, as `unpacked` does."""
    with unpacked(path) if is_gzip(path) else path.open("rb") as file:
        yield file


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader]:
    """Open a gzipped file.

    Reading raises `FileNotReadable`: it is damaged, or unpacks to more than `SMALL` plus `MAX_RATIO` times its size.
    """
    with gzip.open(path) as packed:
        yield io.BufferedReader(_Bounded(path, packed), _BUFFER)


def lines(path: Path, *, most: int | None = None) -> Iterator[bytes]:
    """Yield the lines of a file, gzipped or not.

    Raises `FileNotReadable`: as `unpacked` does, or for a line longer than `LONGEST_LINE`, or more than `most` bytes.
    """
    with opened(path) as file:
        size = 0
        for line in lines_of(file, path):
            size += len(line)
            if most is not None and size > most:
                raise FileNotReadable(path, f"it unpacks to more than {most:,} bytes")
            yield line


def lines_of(file: IO[AnyStr], path: Path) -> Iterator[AnyStr]:
    """Yield the lines of an open file. Raises `FileNotReadable`: one is longer than `LONGEST_LINE`."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise FileNotReadable(path, f"line {number} is longer than {LONGEST_LINE:,} bytes")
        yield line


class _Bounded(io.RawIOBase):
    """A stream that ends in a refusal when it grows out of proportion to its file."""

    def __init__(self, path: Path, packed: gzip.GzipFile) -> None:
        self._path, self._packed = path, packed
        self._left = SMALL + MAX_RATIO * path.stat().st_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        try:
            size = self._packed.readinto(buffer)
        except gzip.BadGzipFile as problem:
            told = f"its name ends in .gz, but it is plain text or a damaged gzip file ({problem})"
            raise FileNotReadable(self._path, told) from problem
        except (EOFError, zlib.error) as problem:
            raise FileNotReadable(self._path, f"a damaged gzip file: {problem}") from problem
        self._left -= size
        if self._left < 0:
            raise FileNotReadable(self._path, f"it unpacks to more than {MAX_RATIO} times its size")
        return size
