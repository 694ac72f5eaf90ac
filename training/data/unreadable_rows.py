"""A row of a file, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PEEKED: Final = 200
"""Bytes from the beginning by which they are known."""
JSON_LINES: Final = (
    "it is one JSON document; a line for each ticket is read, which `jq -c '.[]' FILE > tickets.jsonl` makes of an "
    "array (and '.tickets[]' where the array stands under that name)"
)
_WORKBOOK: Final = "it is a workbook or an archive with another name; open it in a spreadsheet and save it as CSV UTF-8"
_PAGE: Final = (
    "it is a web page or XML, such as the page that asks you to sign in; download the export again, as CSV or JSON"
)
_BEGINNINGS: Final = {b"PK\x03\x04": _WORKBOOK, b"\xd0\xcf\x11\xe0": _WORKBOOK, b"%PDF": _WORKBOOK}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is not even a record, and why."""

    reason: str


Row = tuple[int, Mapping[str, Any] | Unreadable]


def not_in(encoding: str, where: str = "") -> str:
    """Say that a text is not in the encoding of its file, and what to do."""
    return f'is not {encoding}{where}; save the file as UTF-8, or write encoding = "windows-1252" into the mapping'


def fault_of(start: bytes, *, is_json: bool) -> str | None:
    """Say why a file that begins so cannot be an export, and what to do; None where it may be one."""
    for beginning, fault in _BEGINNINGS.items():
        if start.startswith(beginning):
            return fault
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:5].lower() in {b"<html", b"<?xml", b"<!doc", b"<head", b"<tabl"}:
        return _PAGE
    first = text.split(b"\n", 1)[0].rstrip()
    inside = first.removeprefix(b"[").lstrip()
    is_document = first in {b"[", b"{"} or (inside != first and inside.startswith(b"{"))
    return JSON_LINES if is_json and is_document else None
