"""A backup gives back every row of every table, on both engines and from one to the other, or nothing at all."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from serving.backup.backup import back_up, number_of, tables_of
from serving.backup.errors import BackupNotWritten, BackupRefused, PlaceOccupied
from serving.backup.restore import restore
from serving.keys import table_store as key_table
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from serving.storage.database import Database, EmbeddedDatabase, migrate_file, read_only
from serving.storage.postgres import PostgresDatabase
from serving.storage.tables import metadata
from tests.fakes import MONDAY_MORNING
from tests.filled_database import ROWS, a_value, fill_every_table
from tests.postgres import Postgres
from triage.model.registry import Registry

KEYS = metadata.tables["keys"]
Rows = dict[str, list[tuple[Any, ...]]]


def quiet(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


def rows(connection: sa.Connection) -> Rows:
    return {
        table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in metadata.sorted_tables
    }


def insert_notice(connection: sa.Connection) -> int:
    """Open one more row of a table that numbers its rows, and return its number."""
    alerts = metadata.tables["account_alerts"]
    values = {column.name: a_value(column, 8) for column in alerts.columns if column.name != "id"}
    key = connection.execute(sa.insert(alerts).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


@pytest.fixture
def source(database: Database, tmp_path: Path) -> Settings:
    """Where a desk lies whose every table has rows, NULLs among them, and that numbered more rows than it has."""
    database.write(fill_every_table)
    url = None
    if isinstance(database, PostgresDatabase):
        url = database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Settings(home=tmp_path, database_url=url)


@pytest.fixture
def whole(source: Settings, tmp_path: Path) -> Path:
    """A backup of that desk."""
    KeyStore(KeyFile(source.keys_path)).create(Scope.AGENT, at=MONDAY_MORNING, name="kim")
    for name in ("b0", "b1", "b2"):
        (source.models_path / name / "heads").mkdir(parents=True)
        (source.models_path / name / "heads" / "team.npz").write_bytes(f"weights of {name}".encode())
        (source.models_path / name / "manifest.json").write_text("{}")
    registry = Registry(source.models_path)
    registry.make_current("b0")
    registry.make_current("b1")
    (tmp_path / "erased.jsonl").write_text('{"id": "tkt_1"}\n')
    out = tmp_path / "backups" / "desk.tar.gz"
    back_up(source, out, MONDAY_MORNING, quiet)
    return out


def repacked(file: Path, change: Callable[[str, tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]) -> Path:
    changed = file.with_name("changed.tar.gz")
    with tarfile.open(file) as old, tarfile.open(changed, "w:gz") as new:
        for entry in old.getmembers():
            content = old.extractfile(entry)
            assert content is not None
            for info, data in change(entry.name, entry, content.read()):
                new.addfile(info, io.BytesIO(data))
    return changed


def same_content(damaged: bytes, whole: bytes) -> bool:
    try:
        return gzip.decompress(damaged) == gzip.decompress(whole)
    except (gzip.BadGzipFile, zlib.error, EOFError):
        return False


def assert_refused(file: Path, home: Path, reason: str) -> None:
    before = sorted(home.parent.iterdir())
    with pytest.raises(BackupRefused, match=reason):
        restore(file, Settings(home=home), quiet)
    assert sorted(home.parent.iterdir()) == before, "nothing is left behind"


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_every_row_of_every_table_comes_back_on_either_engine(
    database: Database, whole: Path, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres").fresh() if target == "postgres" else None
    settings = Settings(home=tmp_path / "restored", database_url=url)

    restore(whole, settings, quiet)

    kept = database.read(rows)
    assert all(len(each) == ROWS for each in kept.values())
    with read_only(settings.stored_in) as connection:
        assert rows(connection) | {"keys": []} == kept | {"keys": []}
        shared = key_table.select(connection)
    found = {key.id: key for key in (shared if url else KeyFile(settings.keys_path).records())}
    assert url or not shared, "one place holds them"
    assert [key.name for key in found.values() if len(key.id) > 1] == ["kim"]
    assert found["1"] == database.read(lambda connection: key_table.select(connection, KEYS.c.id == "1"))[0]
    assert (settings.models_path / "current").read_text() == "b1\n"
    assert (settings.models_path / "b1" / "heads" / "team.npz").read_bytes() == b"weights of b1"
    assert (settings.home / "erased.jsonl").read_text() == '{"id": "tkt_1"}\n'
    names = {path.name for path in settings.home.iterdir()}
    assert names == {"erased.jsonl", "models"} | ({"firstline.db", "keys.db"} if url is None else set())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_rollback_after_a_restore_finds_the_model_of_before(whole: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "restored")
    restore(whole, settings, quiet)

    registry = Registry(settings.models_path)
    assert {*registry.versions()} == {"b0", "b1"}, "what neither serves nor served before is not kept"
    assert registry.rollback() == "b0"
    assert (registry.folder / "b0" / "heads" / "team.npz").read_bytes() == b"weights of b0"
    assert registry.rollback() == "b1", "and back again"


def opened(settings: Settings) -> Database:
    database: Database = (
        PostgresDatabase(settings.database_url) if settings.database_url else EmbeddedDatabase(settings.database_path)
    )
    database.open()
    return database


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_numbers_go_on_after_the_last_one_given_even_if_its_row_is_gone(
    database: Database, source: Settings, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Readers of feeds remember the number they have read up to."""
    alerts = metadata.tables["account_alerts"]
    if source.database_url:  # rows that were put with their numbers do not move a sequence
        database.write(lambda connection: connection.execute(sa.text("SELECT setval('account_alerts_id_seq', 3)")))
    gone = database.write(insert_notice)
    database.write(lambda connection: connection.execute(sa.delete(alerts)))
    back_up(source, tmp_path / "desk.tar.gz", MONDAY_MORNING, quiet)
    url = request.getfixturevalue("postgres").fresh() if target == "postgres" else None
    settings = Settings(home=tmp_path / "restored", database_url=url)

    restore(tmp_path / "desk.tar.gz", settings, quiet)

    restored = opened(settings)
    assert restored.write(insert_notice) == gone + 1
    restored.close()


def test_a_backup_of_an_older_schema_is_brought_to_the_newest(tmp_path: Path) -> None:
    old = Settings(home=tmp_path / "old")
    migrate_file(old.database_path, "0002")
    assert back_up(old, tmp_path / "old.tar.gz", MONDAY_MORNING, quiet).schema == "0002"
    settings = Settings(home=tmp_path / "restored")

    restore(tmp_path / "old.tar.gz", settings, quiet)

    with read_only(settings.stored_in) as connection:
        assert {table.name for table in tables_of(connection)} == set(metadata.tables)


def test_a_database_without_tables_is_not_kept(tmp_path: Path) -> None:
    migrate_file(tmp_path / "firstline.db", "base")
    with pytest.raises(BackupNotWritten):
        back_up(Settings(home=tmp_path), tmp_path / "out" / "desk.tar.gz", MONDAY_MORNING, quiet)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestRefused:
    def test_a_damaged_byte_anywhere_in_the_content(self, whole: Path, tmp_path: Path) -> None:
        content = whole.read_bytes()
        (tmp_path / "new").mkdir()
        for place in [*range(40, len(content), len(content) // 40), len(content) - 5]:
            damaged = bytearray(content)
            damaged[place] ^= 0x10
            if same_content(damaged, content):
                continue  # among the zeros of a .tar one run of deflate can stand for another
            whole.write_bytes(damaged)
            assert_refused(whole, tmp_path / "new" / "home", "Nothing was restored")

    def test_a_file_that_was_cut_off(self, whole: Path, tmp_path: Path) -> None:
        whole.write_bytes(whole.read_bytes()[:-9])
        assert_refused(whole, tmp_path / "restored", "damaged")

    def test_a_member_that_is_not_what_the_manifest_says(self, whole: Path, tmp_path: Path) -> None:
        changed = repacked(
            whole, lambda name, info, data: [(info, data.replace(b"fehl", b"FEHL") if "tickets" in name else data)]
        )
        assert_refused(changed, tmp_path / "restored", "tables/tickets.jsonl is damaged")

    def test_a_missing_member(self, whole: Path, tmp_path: Path) -> None:
        changed = repacked(whole, lambda name, info, data: [] if name == "tables/jobs.jsonl" else [(info, data)])
        assert_refused(changed, tmp_path / "restored", "tables/jobs.jsonl is missing")

    @pytest.mark.parametrize("name", ["../outside", "/outside", "models/b1/more", "keys.db"])
    def test_a_foreign_or_second_member(self, whole: Path, name: str, tmp_path: Path) -> None:
        def change(found: str, info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            return [(info, data)] + ([(tarfile.TarInfo(name), b"")] if found == "models/current" else [])

        assert_refused(repacked(whole, change), tmp_path / "restored", "no part of a backup or comes twice")

    def test_a_link_in_the_place_of_a_member(self, whole: Path, tmp_path: Path) -> None:
        def change(name: str, info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            if name == "keys.db":
                info.type, info.linkname, info.size, data = tarfile.SYMTYPE, "/etc/passwd", 0, b""
            return [(info, data)]

        assert_refused(repacked(whole, change), tmp_path / "restored", "keys.db")

    @pytest.mark.parametrize(
        ("was", "now", "reason"),
        [
            (b"firstline-backup/1", b"firstline-backup/9", "format"),
            (b'"schema":"0', b'"schema":"9', "schema"),
            (b'"name":"keys.db"', b"", "manifest cannot be read"),
            (b'"format":', b'"\xff":0,"format":', "manifest cannot be read"),
            (b'"format":', b'"more":' + b"[" * 100_000, "manifest cannot be read"),
            (b'"rows":3', b'"rows":4', "rows"),
            (b'"tables":{', b'"tables":{"more":{"columns":[],"rows":0,"last":null},', "tables"),
            (b'"keys.db":', b'"../keys.db":', "keys.db"),
        ],
    )
    def test_another_manifest(self, whole: Path, was: bytes, now: bytes, reason: str, tmp_path: Path) -> None:
        def change(name: str, info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            if name == "manifest.json":
                data = data.replace(was, now) if now else data[:-1]
                info.size = len(data)
            return [(info, data)]

        assert_refused(repacked(whole, change), tmp_path / "restored", reason)

    def test_what_is_no_archive(self, database: Database, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(b"a diary")
        assert_refused(tmp_path / "other", tmp_path / "restored", "no backup")
        (tmp_path / "other").write_bytes(gzip.compress(b"a diary"))
        assert_refused(tmp_path / "other", tmp_path / "restored", "damaged or no backup")

    def test_a_home_where_something_lies(self, whole: Path, tmp_path: Path) -> None:
        (tmp_path / "restored").mkdir()
        (tmp_path / "restored" / "diary").touch()
        with pytest.raises(PlaceOccupied):
            restore(whole, Settings(home=tmp_path / "restored"), quiet)
        assert [path.name for path in (tmp_path / "restored").iterdir()] == ["diary"]

    def test_a_server_whose_tables_have_rows(self, whole: Path, postgres: Postgres, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path / "first", database_url=postgres.fresh())
        restore(whole, settings, quiet)
        again = Settings(home=tmp_path / "second", database_url=settings.database_url)
        with pytest.raises(PlaceOccupied):
            restore(whole, again, quiet)
        assert not again.home.exists()

    def test_a_broken_restore_onto_a_server_leaves_no_table(
        self, whole: Path, postgres: Postgres, tmp_path: Path
    ) -> None:
        def change(name: str, info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            return [(info, data.replace(b'"rows":3', b'"rows":4') if name == "manifest.json" else data)]

        settings = Settings(home=tmp_path / "restored", database_url=postgres.fresh())
        with pytest.raises(BackupRefused, match="rows"):
            restore(repacked(whole, change), settings, quiet)
        with read_only(settings.stored_in) as connection:
            assert tables_of(connection) == []


def test_every_table_that_gives_numbers_is_known_by_its_column() -> None:
    numbered = {table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]}
    assert numbered == {table.name for table in metadata.sorted_tables if number_of(table) is not None}
