"""Every revision, down and up, on a desk whose every table has rows, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from serving.backup.backup import tables_of
from serving.process import database_of, migrated
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.schema import known
from serving.storage.tables import metadata
from tests.filled_database import ROWS, fill_every_table

Kept = dict[str, list[dict[str, Any]]]
COUNTED_ANEW = {"tickets": {"version"}, "ticket_events": {"number"}}  # where facts went that 0001 cannot read


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Where a desk lies that the newest Firstline filled."""
    url = request.getfixturevalue("postgres").fresh() if request.param == "postgres" else None
    settings = Settings(home=tmp_path, database_url=url)
    database = database_of(settings)
    database.open()
    database.write(fill_every_table)
    database.close()
    return settings


def kept(settings: Settings) -> Kept:
    """Return every row as the database itself has it now."""
    with read_only(settings.stored_in) as connection:
        return {table.name: _rows(connection, table) for table in tables_of(connection)}


def _rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    found = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
    return [{str(name): _told(table, str(name), value) for name, value in row.items()} for row in found]


def _told(table: sa.Table, name: str, value: object) -> object:
    """Return a value without what may be told otherwise: the spaces of JSON, the engine's kinds of bytes."""
    if (table.name, name) == ("ticket_events", "record"):
        return json.loads(str(value))
    return bytes(value) if isinstance(value, memoryview) else value


def alike(first: Kept, second: Kept, *, besides: dict[str, set[str]]) -> bool:
    """Tell whether rows of two schemas are the same in the tables and columns that both have."""
    return all(
        [{key: row[key] for key in shared} for row in first[name]]
        == [{key: row[key] for key in shared} for row in second[name]]
        for name in first.keys() & second.keys()
        for shared in [first[name][0].keys() & second[name][0].keys() - besides.get(name, set())]
    )


def test_every_step_down_and_up_keeps_every_row_of_what_both_schemas_have(desk: Settings) -> None:
    before = kept(desk)
    assert before.keys() == metadata.tables.keys()
    for revision in reversed(known()[:-1]):
        assert migrated(desk, revision) == revision
        after = kept(desk)
        assert {len(each) for each in after.values()} == {ROWS}
        assert alike(before, after, besides=COUNTED_ANEW if revision == "0001" else {})
        before = after
    for revision in known()[1:]:
        assert migrated(desk, revision) == revision
        after = kept(desk)
        old = {name: each for name, each in after.items() if name in before}
        assert before.keys() == old.keys()
        assert alike(before, old, besides={})
        before = old
    assert after.keys() == metadata.tables.keys()
    assert migrated(desk, "base") is None
