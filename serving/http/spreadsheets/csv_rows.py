"""Rows as CSV."""

import csv
import io
from collections.abc import Iterable

MEDIA_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None


def written(columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Return rows as CSV; no cell of them is run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_safe(each) for each in row] for row in rows)
    return text.getvalue()


def _safe(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs as a formula: names of channels and labels come from outside."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
