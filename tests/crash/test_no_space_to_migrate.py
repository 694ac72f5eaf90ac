"""A disk without room for a change of the schema: it is refused at start in words, and nothing is half done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from serving.storage.database import EmbeddedDatabase, migrate_file, read_only
from serving.storage.errors import SchemaNotWritten
from serving.storage.postgres import loading, migrate_server
from serving.storage.schema import newest, revision
from tests.crash.killable_service import assert_whole
from tests.crash.test_no_space import mounted_or_skipped, run
from tests.postgres import Postgres

TICKETS = 300
ROOMS = range(0, 1_600_000, 100_000)  # bytes left on the disk; what a change of the schema needs lies between
IN_WORDS = "could not be brought to another schema.*nothing was changed.*Make room"


@pytest.fixture
def tmpfs() -> Iterator[Path]:
    """A small disk in memory, which the server's user reaches.

    It does not lie in pytest's own folder: every run of the tests that begins closes that to other users.
    """
    with tempfile.TemporaryDirectory(prefix="small-disk-") as folder:
        Path(folder).chmod(0o711)
        place = Path(folder) / "disk"
        mounted_or_skipped(place, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
        yield place
        run("umount", str(place))


def leave(disk: Path, room: int) -> None:
    """Fill the disk up to so much room."""
    (disk / "ballast").unlink(missing_ok=True)
    free = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes(max(free.f_bavail * free.f_frsize - room, 0)))


def fill(connection: sa.Connection) -> None:
    """Open tickets as the first schema kept them, with a tag each."""
    for number in range(TICKETS):
        ticket = {"id": f"tkt_{number}", "version": 1, "status": "open", "channel": "web", "at": "2026-03-02T09:00:00Z"}
        connection.execute(
            sa.text(
                "INSERT INTO tickets (id, version, status, channel, created_at, updated_at)"
                " VALUES (:id, :version, :status, :channel, :at, :at)"
            ),
            ticket,
        )
        record = '{"tags": {"priority": {"label": "P1"}}, "because": "' + "x" * 2_000 + '"}'
        connection.execute(
            sa.text("INSERT INTO ticket_events VALUES (:id, 1, 'ticket_tagged', :at, :record)"),
            {"id": ticket["id"], "at": ticket["at"], "record": record},
        )


def kept(connection: sa.Connection) -> dict[str, Any]:
    """Return the whole schema and the rows."""
    columns = {
        name: [column["name"] for column in sa.inspect(connection).get_columns(name)]
        for name in sa.inspect(connection).get_table_names()
    }
    rows = {
        name: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {name}")).all()))
        for name in ("tickets", "ticket_events")
    }
    return {"revision": revision(connection), "columns": columns, "rows": rows}


def all_of(path: Path | str) -> dict[str, Any]:
    with read_only(path) as connection:
        return kept(connection)


def words_of_refusal(change: Callable[[], object]) -> str | None:
    """Return how a change of the schema was refused, None if it was made."""
    try:
        change()
    except SchemaNotWritten as refusal:
        return str(refusal)
    return None


def a_filled_file(path: Path, schema: str) -> Path:
    database = EmbeddedDatabase(path)
    database.open("0001")
    database.write(fill)
    database.close()
    migrate_file(path, schema)
    return path


@pytest.mark.parametrize(("begins", "to"), [("0001", newest()), (newest(), "0001")])
def test_a_filled_file_is_brought_to_a_schema_wholly_or_not_at_all(tmpfs: Path, begins: str, to: str) -> None:
    path = a_filled_file(tmpfs / "firstline.db", begins)
    before, refused = all_of(path), 0
    for room in ROOMS:
        leave(tmpfs, room)
        words = words_of_refusal(lambda: migrate_file(path, to))
        if words is None:
            break
        refused += 1
        assert re.search(IN_WORDS, words)
        leave(tmpfs, 200_000)  # a reader needs a little for the index of the log
        assert all_of(path) == before
    assert refused > 0, "the disk never was too small"
    (tmpfs / "ballast").unlink()
    assert migrate_file(path, to) == to
    with read_only(path) as connection:
        assert_whole(connection)


def test_a_new_home_on_a_full_disk_is_refused_in_words_and_begins_when_there_is_room(tmpfs: Path) -> None:
    refused = 0
    for room in (0, 4_096, 40_000, 80_000, 160_000):
        leave(tmpfs, room)
        asked = subprocess.run(
            [sys.executable, "-c", "from serving.cli import main; main()", "migrate", "--home", str(tmpfs / "home")],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode:
            refused += 1
            assert re.fullmatch("firstline: .*make room.*\n", asked.stderr, re.IGNORECASE)
    assert refused >= 3
    (tmpfs / "ballast").unlink()
    assert migrate_file(tmpfs / "home" / "firstline.db", "head") == newest()


@pytest.fixture
def small_server(postgres: Postgres, tmpfs: Path) -> Iterator[str]:
    """The address of a database whose files lie on the small disk."""
    os.chown(tmpfs, 65534, 65534)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{tmpfs}'".encode())
        connection.execute(b"CREATE DATABASE small TABLESPACE small")
    yield postgres.url("small")
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(b"DROP DATABASE small WITH (FORCE)")
        connection.execute(b"DROP TABLESPACE small")
        connection.execute(b"CHECKPOINT")


def test_a_filled_server_is_brought_to_a_schema_wholly_or_not_at_all(tmpfs: Path, small_server: str) -> None:
    migrate_server(small_server, "0001")
    with loading(small_server) as connection:
        fill(connection)
    before, refused = all_of(small_server), 0
    for room in ROOMS:
        leave(tmpfs, room)
        words = words_of_refusal(lambda: migrate_server(small_server, newest()))
        if words is None:
            break
        refused += 1
        assert re.search(IN_WORDS, words)
        assert all_of(small_server) == before
    assert refused > 0, "the disk never was too small"
    (tmpfs / "ballast").unlink()
    assert migrate_server(small_server, newest()) == newest()
