"""`firstline backup`: a snapshot of the database and home folder in one file, while the service runs.

Rows are read in one snapshot, as stored, from the tables that the database has, so the format is the same for both
engines and for older schemas. They are written to plain files first and compressed after the snapshot ends.
"""

import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import sqlalchemy as sa

import serving.storage.job_tables
import serving.storage.model_tables  # noqa: F401 (and these)
from serving.backup.archive import KeptTable, Manifest, pack, table_member
from serving.backup.errors import BackupNotWritten
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.errors import SchemaNotKnown
from serving.storage.schema import known, newest, revision
from serving.storage.tables import metadata
from triage.model.registry import Registry
from triage.tickets.tombstones import FILE as ERASED

Told = Callable[[str, int, int | None], None]  # what is done, how much of it, of how many
_ROWS = 1_000


def back_up(settings: Settings, out: Path, at: datetime, told: Told, *, models: bool = True) -> Manifest:
    """Write the backup and return its manifest.

    Raises `DatabaseMissing`, `BackupNotWritten`: there is nothing to keep. Raises `SchemaNotKnown`: a newer Firstline
    wrote the database.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".firstline-backup-", dir=out.parent) as folder:
        members: dict[str, Path] = {}
        with read_only(settings.stored_in) as connection:
            manifest = _kept(connection, Path(folder), at, told)
        members |= {table_member(name): Path(folder) / table_member(name) for name in manifest.tables}
        if settings.keys_path.is_file():
            members["keys.db"] = _keys(settings.keys_path, Path(folder) / "keys.db")
        if (settings.home / ERASED).is_file():
            members[ERASED] = Path(shutil.copy(settings.home / ERASED, Path(folder) / ERASED))
        if models:
            members |= _models(Registry(settings.models_path), Path(folder))
        pack(out, manifest, members, lambda done: told("Compressing", done, len(members)))
    return manifest


def tables_of(connection: sa.Connection) -> list[sa.Table]:
    """Return our tables as the database has them, each after those that it refers to."""
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name in metadata.tables)
    return found.sorted_tables


def number_of(table: sa.Table) -> sa.Column[int] | None:
    """Return the column whose numbers the table gives out and never again, if it has one."""
    return next((column for column in metadata.tables[table.name].columns if column.autoincrement is True), None)


def _kept(connection: sa.Connection, folder: Path, at: datetime, told: Told) -> Manifest:
    schema = revision(connection)
    if schema is None:
        raise BackupNotWritten("the database has no tables yet: start the service once")
    if schema not in known():
        raise SchemaNotKnown(schema, newest())
    (folder / "tables").mkdir()
    tables = {str(table.name): _written(connection, table, folder, told) for table in tables_of(connection)}
    return Manifest(created_at=at, engine=connection.dialect.name, schema=schema, tables=tables)


def _written(connection: sa.Connection, table: sa.Table, folder: Path, told: Told) -> KeptTable:
    columns, rows = list(table.columns), 0
    query = sa.select(*columns).order_by(*table.primary_key.columns)
    encoder = msgspec.json.Encoder()
    with (folder / table_member(table.name)).open("wb") as file:
        for part in connection.execute(query, execution_options={"yield_per": _ROWS}).partitions():
            file.writelines(encoder.encode([_plain(value) for value in row]) + b"\n" for row in part)
            rows += len(part)
            told(f"Reading {table.name}", rows, None)
    return KeptTable([str(column.name) for column in columns], rows, _last(connection, table))


def _plain(value: object) -> object:
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def _last(connection: sa.Connection, table: sa.Table) -> int | None:
    """Return the last number given: rows that are gone had numbers, and readers of feeds remember them."""
    column = number_of(table)
    if column is None:
        return None
    if connection.dialect.name == "sqlite":
        row = connection.execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        return int(row.scalar() or 0)
    sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
    row = connection.execute(sa.text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"))  # noqa: S608 (the server's own name)
    return int(row.scalar_one())


def _keys(path: Path, copy: Path) -> Path:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _models(registry: Registry, folder: Path) -> dict[str, Path]:
    """Return the bundles that serve or served before, for a rollback, with the pointers to them as they are now."""
    members: dict[str, Path] = {}
    for name, version in (("current", registry.current_id()), ("previous", registry.previous_id())):
        if version is None or not (registry.folder / version).is_dir():
            continue
        files = [path for path in sorted((registry.folder / version).rglob("*")) if path.is_file()]
        members |= {f"models/{path.relative_to(registry.folder).as_posix()}": path for path in files}
        members[f"models/{name}"] = folder / name
        members[f"models/{name}"].write_text(f"{version}\n", encoding="ascii")  # a promotion may move it meanwhile
    return members
