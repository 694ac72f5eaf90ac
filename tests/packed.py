"""Gzipped files that unpack to much more than they are."""

from __future__ import annotations

import gzip
from pathlib import Path

LINE = b" " * 999_999 + b"\n"


def bomb(path: Path, *, first: bytes = b"", lines: int = 100) -> Path:
    """Write a file of some 100 KB that unpacks to 100 MB of blank lines."""
    with gzip.open(path, "wb") as packed:
        packed.write(first)
        for _ in range(lines):
            packed.write(LINE)
    return path
