"""A row of a file, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is not even a record, and why."""

    reason: str


Row = tuple[int, Mapping[str, Any] | Unreadable]


def not_in(encoding: str, where: str = "") -> str:
    """Say that a text is not in the encoding of its file, and what to do."""
    return f'is not {encoding}{where}; save the file as UTF-8, or write encoding = "windows-1252" into the mapping'
