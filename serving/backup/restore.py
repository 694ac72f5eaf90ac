"""`firstline restore`: a backup into a new home and, with PostgreSQL, into an empty database.

Everything is verified and prepared in a separate folder, then moved into place (`serving.backup.staged_home`); in
PostgreSQL it is one transaction. All or nothing is restored.
"""

import shutil
import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
import sqlalchemy as sa

from serving.backup.archive import Manifest, table_member, unpack
from serving.backup.backup import Told, number_of, tables_of
from serving.backup.errors import BackupRefused, PlaceOccupied
from serving.backup.staged_home import staged_home
from serving.keys import table_store as key_table
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from serving.storage.database import EmbeddedDatabase
from serving.storage.schema import known, migrate, newest
from triage.errors import BundleRefused
from triage.model.bundle_files import SealedFolder
from triage.model.registry import Registry

_ROWS = 500
_LONGEST_ROW = 64 << 20
#: What rows that are none do: broken JSON, other columns, numbers past 64 bits, texts where there are numbers.
_GARBAGE = (
    ValueError,
    TypeError,
    KeyError,
    RecursionError,
    OverflowError,
    sqlite3.DatabaseError,
    sa.exc.StatementError,
)


def restore(file: Path, settings: Settings, told: Told) -> Manifest:
    """Put a backup in place and return its manifest.

    Raises `BackupRefused`: the file is damaged, foreign or newer. Raises `PlaceOccupied`: the home or the database is
    not empty.
    """
    with staged_home(settings.home, settings.database_path.name) as folder, _garbage_refused(file):
        told("Verifying", 0, None)
        manifest = unpack(file, folder)
        if manifest.schema not in known():
            raise BackupRefused(file, f"its schema {manifest.schema} is not known here, the newest is {newest()}")
        _check_bundles(file, Registry(folder / settings.models_path.name, settings.signing_keys))
        keys = folder / settings.keys_path.name
        _check(file, keys)
        KeyFile(keys).records()  # they can be read
        load = _Loading(file, manifest, folder, told)
        if settings.database_url is None:
            _into_file(folder / settings.database_path.name, load, KeyFile(keys))
        else:
            _into_server(settings.database_url, load, KeyFile(keys))
            keys.unlink(missing_ok=True)
        shutil.rmtree(folder / "tables", ignore_errors=True)
    return manifest


@contextmanager
def _garbage_refused(file: Path) -> Iterator[None]:
    """Refuse a backup whose sums are right and whose rows or keys are none."""
    try:
        yield
    except sa.exc.OperationalError:  # a disk or a server, not the rows
        raise
    except _GARBAGE as error:
        raise BackupRefused(file, f"what it holds cannot be stored ({type(error).__name__})") from error


def _into_file(path: Path, load: "_Loading", keys: KeyFile) -> None:
    database = EmbeddedDatabase(path)
    database.open(load.manifest.schema)
    try:
        database.write(load)
    finally:
        database.close()
    database = EmbeddedDatabase(path)
    database.open()
    try:
        if shared := database.write(key_table.take_out):  # another process could not add to them there
            keys.add_all(shared)
    finally:
        database.close()
    path.with_suffix(".lock").unlink()
    _check(load.file, path)


def _into_server(url: str, load: "_Loading", keys: KeyFile) -> None:
    from serving.storage.postgres import loading

    with loading(url) as connection:
        if any(connection.scalar(sa.select(sa.exists().select_from(table))) for table in tables_of(connection)):
            raise PlaceOccupied("The PostgreSQL database")
        migrate(connection, load.manifest.schema)
        load(connection)
        migrate(connection, "head")
        key_table.take_over(connection, keys.records())


class _Loading:
    """Loads verified members into tables of the backup's schema."""

    def __init__(self, file: Path, manifest: Manifest, folder: Path, told: Told) -> None:
        self.file, self.manifest, self._folder, self._told = file, manifest, folder, told

    def __call__(self, connection: sa.Connection) -> None:
        tables = {table.name: table for table in tables_of(connection)}
        if set(tables) != set(self.manifest.tables):
            raise BackupRefused(self.file, "its tables are not those of its schema")
        for name, table in tables.items():
            kept, rows = self.manifest.tables[name], 0
            if set(kept.columns) != set(table.columns.keys()):
                raise BackupRefused(self.file, f"the columns of {name} are not those of its schema")
            for part in self._parts(name, kept.columns):
                connection.execute(sa.insert(table), part)
                rows += len(part)
                self._told(f"Restoring {name}", rows, kept.rows)
            if rows != kept.rows:
                raise BackupRefused(self.file, f"{name} has {rows} rows, and the manifest says {kept.rows}")
            _go_on_after(connection, table, kept.last)

    def _parts(self, name: str, columns: list[str]) -> Iterator[list[dict[str, object]]]:
        with (self._folder / table_member(name)).open("rb") as file:
            rows = iter(partial(file.readline, _LONGEST_ROW), b"")
            while lines := list(islice(rows, _ROWS)):
                yield [dict(zip(columns, map(_stored, msgspec.json.decode(line)), strict=True)) for line in lines]


def _stored(value: object) -> object:
    return b64decode(value["base64"]) if isinstance(value, dict) else value


def _go_on_after(connection: sa.Connection, table: sa.Table, last: int | None) -> None:
    """Let the table's next row have a number that no row ever had."""
    column = number_of(table)
    if column is None or not last:
        return
    facts = {"table": table.name, "last": last}
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), facts)
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), facts)
    else:
        connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, column.name), last)))


def _check_bundles(file: Path, registry: Registry) -> None:
    """Refuse bundles that nobody trusted signed, where signatures are asked for."""
    if not registry.trusted:
        return
    for version in registry.versions():
        try:
            SealedFolder.open(registry.path(version), registry.trusted)
        except BundleRefused as refusal:
            raise BackupRefused(file, f"of model {version}, {refusal.reason}") from refusal


def _check(file: Path, path: Path) -> None:
    """Let SQLite look at every page of a file that was built or copied."""
    if not path.is_file():
        return
    with closing(sqlite3.connect(path)) as connection:
        if (found := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise BackupRefused(file, f"{path.name} is not sound ({found})")
