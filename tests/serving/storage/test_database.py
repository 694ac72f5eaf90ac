"""One writer, groups in one commit, snapshots for readers, one process for a file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.storage.database import EmbeddedDatabase, migrate_file, read_only
from serving.storage.errors import DatabaseMissing, HomeInUse, NestedWrite, SchemaNotKnown, StorageNotWritable
from serving.storage.schema import known, newest
from serving.storage.tables import metadata
from tests.fakes import MONDAY_MORNING

NOTE = sa.text("INSERT INTO notes (text) VALUES (:text)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "firstline.db"


@pytest.fixture
def database(path: Path) -> Iterator[EmbeddedDatabase]:
    opened = EmbeddedDatabase(path)
    opened.open()
    opened.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT UNIQUE)")))
    yield opened
    opened.close()


def add(database: EmbeddedDatabase, text: str) -> None:
    database.write(lambda connection: connection.execute(NOTE, {"text": text}))


def notes(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.text("SELECT text FROM notes ORDER BY text")))


def test_a_write_is_read_by_everybody_once_it_returned(database: EmbeddedDatabase) -> None:
    add(database, "a")
    assert database.read(notes) == ["a"]


def test_what_fails_is_undone_alone_and_raised_to_its_caller(database: EmbeddedDatabase) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(NOTE, {"text": "half"})
        raise LookupError("the other half")

    with pytest.raises(LookupError, match="the other half"):
        database.write(half)
    add(database, "whole")
    assert database.read(notes) == ["whole"]


def test_neighbours_in_one_commit_do_not_undo_each_other(database: EmbeddedDatabase) -> None:
    started, go = threading.Event(), threading.Event()

    def hold(connection: sa.Connection) -> None:
        started.set()
        assert go.wait(60)

    with ThreadPoolExecutor(12) as pool:
        holding = pool.submit(database.write, hold)
        assert started.wait(60)
        waiting = [pool.submit(add, database, text) for text in ("a", "b", "a", "c", "b")]
        while len(database._line) < len(waiting):
            pass
        go.set()
        holding.result()
        failed = [each for each in waiting if each.exception()]
    assert database.read(notes) == ["a", "b", "c"]
    assert [type(each.exception()) for each in failed] == [sa.exc.IntegrityError] * 2


def test_a_lone_write_runs_on_the_thread_that_asks_for_it(database: EmbeddedDatabase) -> None:
    assert database.write(lambda _: threading.get_ident()) == threading.get_ident()


def test_writes_that_come_together_share_a_commit_and_the_next_thread_leads(database: EmbeddedDatabase) -> None:
    started, go = threading.Event(), threading.Event()

    def hold(_: sa.Connection) -> None:
        started.set()
        assert go.wait(60)

    with ThreadPoolExecutor(8) as pool:
        before = database.commits
        holding = pool.submit(database.write, hold)
        assert started.wait(60)
        together = [pool.submit(database.write, lambda _: threading.get_ident()) for _ in range(5)]
        while len(database._line) < len(together):
            pass
        go.set()
        holding.result()
        assert len({each.result() for each in together}) == 1
    assert before is not None
    assert database.commits == before + 2


def test_a_write_that_comes_too_late_is_refused_instead_of_waiting_for_ever(path: Path) -> None:
    database = EmbeddedDatabase(path)
    database.open()
    database.close()
    with pytest.raises(StorageNotWritable):
        database.write(notes)


def test_many_threads_lose_nothing(database: EmbeddedDatabase) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: add(database, f"{number:03}"), range(300)))
    assert database.read(notes) == [f"{number:03}" for number in range(300)]


def test_a_reader_sees_one_snapshot_from_its_first_look_on(database: EmbeddedDatabase) -> None:
    add(database, "before")
    looked, written = threading.Event(), threading.Event()

    def twice(connection: sa.Connection) -> tuple[list[str], list[str]]:
        first = notes(connection)
        looked.set()
        assert written.wait(60)
        return first, notes(connection)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(database.read, twice)
        assert looked.wait(60)
        add(database, "after")
        written.set()
        assert reading.result() == (["before"], ["before"])


def test_a_reader_cannot_write(database: EmbeddedDatabase) -> None:
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        database.read(lambda connection: connection.execute(NOTE, {"text": "x"}))


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(database: EmbeddedDatabase) -> None:
    with pytest.raises(NestedWrite):
        database.write(lambda _: database.write(notes))
    with pytest.raises(NestedWrite):
        database.write(lambda _: database.read(notes))


def test_commits_are_counted_and_nothing_is_kept_that_was_read_during_one(database: EmbeddedDatabase) -> None:
    before, during = database.commits, []

    database.write(lambda _: during.append(database.commits))

    assert before is not None
    assert (during, database.commits) == ([None], before + 1)


def test_commits_reach_the_disk_and_only_the_writer_checkpoints(database: EmbeddedDatabase) -> None:
    def pragma(connection: sa.Connection, name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    written = database.write(lambda connection: [pragma(connection, name) for name in ("journal_mode", "synchronous")])
    read = database.read(lambda connection: [pragma(connection, name) for name in ("query_only", "wal_autocheckpoint")])
    assert (written, read) == (["wal", 2], [1, 0])


def test_nobody_writes_between_what_a_write_saw_and_what_it_makes_of_it(database: EmbeddedDatabase, path: Path) -> None:
    def meddle() -> str | None:
        with closing(sqlite3.connect(path, timeout=0)) as other:
            try:
                other.execute("INSERT INTO notes VALUES ('of another')")
                other.commit()
            except sqlite3.OperationalError as error:
                return str(error)
        return None

    def look_and_write(connection: sa.Connection) -> str | None:
        seen = notes(connection)
        said = meddle()
        connection.execute(NOTE, {"text": f"after {len(seen)}"})
        return said

    assert database.write(look_and_write) == "database is locked"
    assert database.read(notes) == ["after 0"]


def test_a_database_that_cannot_be_written_says_so_and_recovers(database: EmbeddedDatabase) -> None:
    add(database, "before")
    limit = "PRAGMA max_page_count = {}"
    pages = database.write(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
    database.write(lambda connection: connection.exec_driver_sql(limit.format(pages)).scalar())
    with pytest.raises(StorageNotWritable) as refused:
        add(database, "x" * 100_000)
    assert (refused.value.retry_after, "full" in refused.value.reason) == (5, True)
    assert database.read(notes) == ["before"]
    database.write(lambda connection: connection.exec_driver_sql(limit.format(1_000_000)).scalar())
    add(database, "now")
    assert database.read(notes) == ["before", "now"]


def test_another_process_is_refused_and_told_who_has_it(database: EmbeddedDatabase, path: Path) -> None:
    code = "import sys, pathlib, serving.storage.database as d; d.EmbeddedDatabase(pathlib.Path(sys.argv[1])).open()"
    other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert "serving.storage.errors.HomeInUse" in other.stderr
    with pytest.raises(HomeInUse, match=f"{path.parent} is in use by process \\d+"):
        EmbeddedDatabase(path).open()


def test_it_opens_again_after_it_was_closed_and_leaves_no_log_behind(path: Path) -> None:
    for _ in range(2):
        database = EmbeddedDatabase(path)
        database.open()
        database.close()
        assert not database.is_open
    assert not path.with_name("firstline.db-wal").exists() or path.with_name("firstline.db-wal").stat().st_size == 0


def test_another_process_may_read_beside_it(database: EmbeddedDatabase, path: Path) -> None:
    add(database, "a")
    with read_only(path) as connection:
        assert notes(connection) == ["a"]


def test_there_is_nothing_to_read_where_there_is_no_file(path: Path) -> None:
    with pytest.raises(DatabaseMissing, match="start the service once"), read_only(path):
        pass


class TestTheSchema:
    def test_of_the_migrations_is_the_one_that_the_tables_say(self, database: EmbeddedDatabase) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        def differences(connection: sa.Connection) -> list[object]:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            return [each for each in compare_metadata(context, metadata) if "notes" not in repr(each)]

        assert database.read(differences) == []

    def test_goes_down_to_nothing_and_up_again(self, path: Path) -> None:
        assert migrate_file(path, "head") == newest()
        assert migrate_file(path, "base") is None
        with sqlite3.connect(path) as connection:
            left = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        connection.close()
        assert {name for (name,) in left} <= {"alembic_version", "sqlite_sequence"}
        assert migrate_file(path, newest()) == newest()

    def test_of_a_newer_firstline_is_refused_before_anything_is_touched(self, path: Path) -> None:
        migrate_file(path, "head")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        with pytest.raises(SchemaNotKnown, match="9999"):
            EmbeddedDatabase(path).open()
        with pytest.raises(SchemaNotKnown):
            migrate_file(path, "base")

    def test_that_nobody_wrote_is_refused(self, path: Path) -> None:
        with pytest.raises(SchemaNotKnown, match="0815"):
            migrate_file(path, "0815")

    def test_has_steps_that_are_numbered_without_gaps(self) -> None:
        assert known() == [f"{number:04}" for number in range(1, len(known()) + 1)]

    def test_up_to_date_costs_no_import_of_alembic(self, path: Path) -> None:
        migrate_file(path, "head")
        code = (
            "import sys; from pathlib import Path; from serving.storage.database import EmbeddedDatabase;"
            "d = EmbeddedDatabase(Path(sys.argv[1])); d.open(); d.close(); print('alembic' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


def test_a_naive_instant_never_reaches_a_column(database: EmbeddedDatabase) -> None:
    from serving.storage.tables import receipts

    naive = receipts.delete().where(receipts.c.expires_at <= MONDAY_MORNING.replace(tzinfo=None))
    with pytest.raises(sa.exc.StatementError, match="naive instant"):
        database.write(lambda connection: connection.execute(naive))
