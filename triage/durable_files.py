"""Writing so that a reader, a killed process and a power cut leave the old content or the new one, never half of it.

What is new is written beside its place, flushed to the disk and renamed, and then the folder that holds it is flushed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Final

#: The names that files and folders have until they are put in place.
UNFINISHED: Final = ".*.part"


def write_file(path: Path, content: bytes | Callable[[IO[bytes]], object], *, mode: int = 0o666) -> None:
    """Put a file in place whole; `content` is its bytes or writes them, `mode` is what the umask leaves of it."""
    unfinished = _beside(path)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(path.parent)


def reworded(content: bytes, words: Callable[[str], str]) -> bytes:
    """Return a text in other words, whatever it is: bytes that are no UTF-8 stay as they are."""
    return words(content.decode(errors="surrogateescape")).encode(errors="surrogateescape")


def reword_file(path: Path, words: Callable[[str], str]) -> bool:
    """Put a text file in other words; tell whether that changed it."""
    before = path.read_bytes()
    if is_other := (after := reworded(before, words)) != before:
        write_file(path, after)
    return is_other


@contextmanager
def new_folder(path: Path, *, mode: int = 0o777, clear: Callable[[], object] | None = None) -> Iterator[Path]:
    """Lend an empty folder that is put in place when the block ends, or goes away when it fails.

    `clear` makes the place free at the last moment; unless it is free or an empty folder, the system refuses.
    """
    unfinished = _beside(path.absolute())
    unfinished.mkdir(mode=mode)
    try:
        yield unfinished
        flush_tree(unfinished)
        if clear is not None:
            clear()
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    flush_folder(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no other process that asks for it change the files of a folder meanwhile: what is replaced has no lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Put everything in a folder on disk."""
    for path in folder.rglob("*"):
        if path.is_dir():
            flush_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Put the folder's entries on disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{token_hex(4)}.part")
