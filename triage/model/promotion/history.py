"""Who changed which bundle serves, in `<home>/models/changes.jsonl`: one JSON line a change, only ever added to."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "changes.jsonl"
_TAIL = 64_000  # bytes from the end that are read
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
    with (folder / _FILE).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several processes may share the folder
        file.write(msgspec.json.encode(change) + b"\n")
        file.flush()
        os.fsync(file.fileno())


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
