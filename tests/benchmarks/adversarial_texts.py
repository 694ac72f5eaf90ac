"""How long every pattern and parser takes for hostile texts of 16 kB and 100 kB: a table, the slowest first.

    python -m tests.benchmarks.adversarial_texts --most 50

Patterns are found by walking the modules; parsers and texts are those of `tests/test_linear_time.py`, which asserts
that times grow in proportion and stay below twice the target. Of each reader the pieces that are slowest at 16 kB are
measured at 100 kB too, the best of two. Times are CPU times in ms. Rows above `--most` are marked, and the exit code is
1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.hostile_texts import PIECES, hostile, is_only_matched, patterns, pieces_of
from tests.test_linear_time import PARSERS, SHORTENED, Read, reader_of, seconds

ROOT = Path(__file__).parents[2]
SHORT, LONG = 16_000, 100_000
KEPT = 3  # pieces of each reader that are measured at 100 kB


class Row(NamedTuple):
    """The worst that was found for a reader."""

    name: str
    piece: str
    short: float
    long: float


def worst(name: str, read: Read, pieces: Iterable[str]) -> Row:
    """Return the piece that takes longest at 100 kB, of those that take longest at 16 kB."""
    first = sorted(((seconds(read, text), piece) for piece, text in hostile(SHORT, pieces)), reverse=True)[:KEPT]
    rows = []
    for spent, piece in first:
        [(_, text)] = hostile(LONG, [piece])
        rows.append(Row(name, piece, 1000 * spent, 1000 * seconds(read, text, times=2)))
    return max(rows, key=lambda row: row.long)


def rows() -> list[Row]:
    """Measure all parsers and patterns."""
    packages = ("triage", "retrieval", "serving")
    sources = [path.read_text(encoding="utf-8") for package in packages for path in (ROOT / package).rglob("*.py")]
    readers: list[tuple[str, Read, Iterable[str]]] = [
        (f"parser: {name}", read, PIECES) for name, read in PARSERS.items()
    ]
    for pattern, name in patterns().items():
        read = reader_of(pattern, only_matched=is_only_matched(name, sources), most=SHORTENED.get(name))
        readers.append((f"{name} {pattern.pattern!r:.40}", read, [*PIECES, *pieces_of(pattern)]))
    return [worst(*reader) for reader in track(readers, console=Console(stderr=True))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=float, default=50.0, help="ms at 100 kB")
    parser.add_argument("--rows", type=int, default=40)
    options = parser.parse_args()
    found = sorted(rows(), key=lambda row: row.long, reverse=True)
    shown = Table(title=f"CPU ms on texts of {SHORT // 1000} kB and {LONG // 1000} kB; {len(found)} readers")
    for column in ("reader", "piece", "16 kB", "100 kB", ""):
        shown.add_column(column, overflow="fold")
    for row in found[: options.rows]:
        over = "over" if row.long > options.most else ""
        shown.add_row(row.name, repr(row.piece), f"{row.short:.1f}", f"{row.long:.1f}", over)
    Console(width=140).print(shown)
    sys.exit(int(any(row.long > options.most for row in found)))


if __name__ == "__main__":
    main()
