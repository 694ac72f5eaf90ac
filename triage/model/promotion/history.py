"""Who changed which bundle serves, in `<home>/models/changes.jsonl`: a JSON line for each change, oldest first."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from triage.durable_files import locked, reworded, write_file

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "changes.jsonl"
_TAIL = 64_000  # bytes from the end that are read
Reword = Callable[[str], str]
What = Literal[
    "made_current", "rolled_back", "shadow_started", "shadow_stopped", "canary_started", "canary_stopped", "reloaded"
]


class Change(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change: what, of which bundle, by whom (the name and id of their key), and why."""

    at: str
    what: What
    version: str | None = None
    share: float | None = None
    by: str
    key_id: str | None = None
    because: str | None = None


def add(folder: Path, change: Change) -> None:
    """Add a change, and return when it is on the disk."""
    with locked(folder), (folder / _FILE).open("a+b") as file:  # several processes may share the folder
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        file.write(_begun(file.read()) + msgspec.json.encode(change) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def reword(folder: Path, words: Reword) -> int:
    """Put who made changes, and why, in other words; return how many changes that were made so.

    A reader, and a process that is killed, find the old file or the new one. What cannot be read is reworded as it is.
    """
    if not (folder / _FILE).exists():
        return 0
    with locked(folder):
        before = (folder / _FILE).read_bytes().splitlines(keepends=True)
        after = [_reworded(line, words) for line in before]
        if changed := sum(new != line for new, line in zip(after, before, strict=True)):
            write_file(folder / _FILE, b"".join(after))
    return changed


def _begun(before: bytes) -> bytes:
    """Return the end of a last line that a kill cut short, so that the next is one of its own."""
    return b"\n" if before and not before.endswith(b"\n") else b""


def _reworded(line: bytes, words: Reword) -> bytes:
    try:
        change = msgspec.json.decode(line, type=Change)
    except msgspec.MsgspecError:
        return reworded(line, words)
    because = None if change.because is None else words(change.because)
    new = msgspec.structs.replace(change, by=words(change.by), because=because)
    return line if new == change else msgspec.json.encode(new) + b"\n"


def last(folder: Path, most: int) -> list[Change]:
    """Return the last changes, newest first; a line that cannot be read is left out."""
    try:
        with (folder / _FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    found: list[Change] = []
    for line in reversed(lines):
        with suppress(msgspec.MsgspecError):
            found.append(msgspec.json.decode(line, type=Change))
        if len(found) == most:
            break
    return found
