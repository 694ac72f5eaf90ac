"""docs/privacy.md lists every place where text lies: compared with the tables themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import serving.app
import serving.composition  # noqa: F401 (with it, whatever module defines tables)
from serving.privacy.mentions_in_tables import NOT_SEARCHED, text_columns
from serving.storage.tables import metadata

PAGE = Path(__file__).parents[3] / "docs/privacy.md"
HEAD = "| table | text or identity | ids, labels, hashes | kept for | when a person is erased |"
LINES = PAGE.read_text("utf-8").partition(HEAD)[2].partition("\n\n")[0].splitlines()[2:]
CELLS = [line.strip("|").split(" | ") for line in LINES]
ROWS = {name.strip("` "): cells for name, *cells in CELLS}


def listed(table: str) -> set[str]:
    text, ids, *_ = ROWS[table]
    return {name for name in re.findall(r"`(\w+)`", f"{text} {ids}") if name in metadata.tables[table].columns}


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_column_that_holds_text_is_on_the_page(table: str) -> None:
    assert table in ROWS, (
        f"Table {table} has no line in docs/privacy.md under 'Where text lies'. Add one: its columns with text or "
        f"identity, its columns with ids, how long rows are kept, and what an erasure does to them. If it holds what "
        f"customers wrote, its slice needs an `erase` (serving/erasure.py)."
    )
    lacking = sorted({column.name for column in text_columns(metadata.tables[table])} - listed(table))
    assert lacking == [], (
        f"docs/privacy.md does not list these columns of {table}: {', '.join(lacking)}. Add each to the table's line "
        f"under 'Where text lies': in the second cell if it may hold words or the identity of a person, else in the "
        f"third. If customers' words can be in it, the slice's `erase` has to empty it."
    )


def test_the_page_lists_no_table_or_column_that_is_gone() -> None:
    assert sorted(set(ROWS) - set(metadata.tables)) == []
    for table, (text, ids, *_) in ROWS.items():
        columns = set(re.findall(r"`(\w+)`", ids)) | set(re.findall(r"(?:^|, |; )`(\w+)`", text))
        assert sorted(columns - set(metadata.tables[table].columns.keys())) == [], table


def test_every_line_says_how_long_rows_are_kept_and_what_an_erasure_does() -> None:
    assert [table for table, row in ROWS.items() if len(row) != 4 or not all(cell.strip(" |") for cell in row)] == []


def test_the_page_says_which_tables_are_not_searched() -> None:
    """Receipts are: the ones that mention a person are deleted."""
    assert {table for table, row in ROWS.items() if "not searched" in row[3]} == set(NOT_SEARCHED) - {"receipts"}
