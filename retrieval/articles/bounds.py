"""Refuse a body that takes seconds to read, before it is read: by counts that one pass over its lines gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: Of an article: more than a book has. Each line costs the parser of Markdown about 30 µs.
MAX_HEADINGS: Final = 2_000  # as many as it may have passages
MAX_CELLS: Final = 20_000
MAX_LINES: Final = 20_000

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_RULE = re.compile(r"[ \t]*[|:-][|:\- \t]*$")
_HTML_HEADING = re.compile(r"<h[1-6][\s>]", re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh][\s>]", re.IGNORECASE)


def excess(body: str, form: str) -> str | None:
    """Say what a body has too much of to be read; None where it can be.

    Code in fences counts as lines only. Plain text is cheap to read, and so is HTML but for headings and cells.
    """
    if form == "text":
        return None
    lines = body.split("\n") if form == "markdown" else []
    outside = list(_outside_fences(lines))
    text = "\n".join(outside) if form == "markdown" else body
    if _headings(outside) + len(_HTML_HEADING.findall(text)) > MAX_HEADINGS:
        return f"{MAX_HEADINGS:,} passages (sections, or parts of long ones)"
    if _cells(outside) + len(_HTML_CELL.findall(text)) > MAX_CELLS:
        return f"{MAX_CELLS:,} table cells"
    if sum(bool(line.strip()) for line in lines) > MAX_LINES:
        return f"{MAX_LINES:,} lines"
    return None


def _outside_fences(lines: list[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        elif found:
            fence = found[1]
        else:
            yield line


def _headings(lines: list[str]) -> int:
    return sum(
        bool(_HEADING.match(line) or (before.strip() and _UNDERLINE.match(line)))
        for before, line in zip(["", *lines], lines, strict=False)
    )


def _cells(lines: list[str]) -> int:
    """Count cells: each row of a table is filled up to as many as the line below its head has."""
    cells = columns = 0
    for line in lines:
        if "|" in line and _RULE.match(line):
            columns = line.count("|") + 1
            cells += columns
        elif not line.strip():
            columns = 0
        cells += columns
    return cells
