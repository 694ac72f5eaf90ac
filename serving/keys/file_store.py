"""API keys in a SQLite file of their own, in rollback-journal mode: `firstline keys create` may run beside the service.

The SQLite database has exactly one owning process, so what another process writes must be in another file.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from serving.changes.edit import Edit
from serving.keys.api_keys import SAID, KeyRecord, Live
from serving.storage.errors import KeyFileNotUsable
from serving.storage.file_systems import owner_only
from serving.storage.instants import from_text, to_text

_TABLE = """CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, origins TEXT NOT NULL,
    created_at TEXT NOT NULL, revoked_at TEXT)"""


class KeyFile:
    """A key store in a file, which it reads again after each change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: Live = {}
        self._seen: tuple[int, int, int] | None = None

    def open(self) -> None:
        """Begin: the file is made with the first key."""

    def refresh(self, at: datetime) -> None:
        """Learn nothing: each question looks at the file."""

    def add(self, record: KeyRecord) -> None:
        """Keep a key."""
        self.add_all([record])

    def add_all(self, records: Iterable[KeyRecord]) -> None:
        """Keep keys that are not kept yet."""
        with self._connected() as connection:
            places = ", ".join("?" * (7 + len(SAID)))
            connection.executemany(f"INSERT OR IGNORE INTO keys VALUES ({places})", map(_to_row, records))  # noqa: S608

    def records(self) -> list[KeyRecord]:
        """Return every key, oldest first."""
        if not self._path.is_file():
            return []
        with self._connected() as connection:
            rows = connection.execute("SELECT * FROM keys ORDER BY created_at, id").fetchall()
        return [
            KeyRecord(
                id_,
                hashed,
                scope,
                name,
                tuple(origins.split()),
                from_text(made),
                from_text(ended) if ended else None,
                made_by or "",
                *said,
            )
            for id_, hashed, scope, name, origins, made, ended, made_by, *said in rows
        ]

    def revoke(self, id_: str, edit: Edit) -> bool:
        """End a key; False when there is none, or it was revoked before."""
        ending = (
            "UPDATE keys SET revoked_at = ?, revoked_by = ?, revoked_because = ? WHERE id = ? AND revoked_at IS NULL"
        )
        with self._connected() as connection:
            ended = connection.execute(ending, (to_text(edit.at), edit.by, edit.because, id_))
        return ended.rowcount > 0

    def reword(self, id_: str, said: Mapping[str, str]) -> None:
        """Replace who made or revoked a key and why, and overwrite what stood there."""
        with self._connected() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for name in SAID:
                if name in said:
                    connection.execute(f"UPDATE keys SET {name} = ? WHERE id = ?", (said[name], id_))  # noqa: S608

    def live(self) -> Live:
        """Return the keys that are not revoked, read again when another process wrote the file."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._known, self._seen = {}, None
            return self._known
        if (seen := (found.st_mtime_ns, found.st_size, found.st_ino)) != self._seen:
            self._known = {record.id: record for record in self.records() if record.revoked_at is None}
            self._seen = seen
        return self._known

    def look_up(self, id_: str) -> None:
        """Find nothing: what the file holds is known."""

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(owner_only(self._path), timeout=5)) as connection, connection:
                connection.execute(_TABLE)
                there = {row[1] for row in connection.execute("PRAGMA table_info(keys)")}
                for name in SAID:  # older files get them
                    if name not in there:
                        connection.execute(f"ALTER TABLE keys ADD COLUMN {name} TEXT")
                yield connection
        except (sqlite3.DatabaseError, OSError) as problem:
            raise KeyFileNotUsable(self._path, str(problem)) from problem


def _to_row(record: KeyRecord) -> tuple[object, ...]:
    ended = to_text(record.revoked_at) if record.revoked_at else None
    origins = " ".join(record.origins)
    given = record.id, record.hash, record.scope, record.name, origins, to_text(record.created_at), ended
    return *given, *(getattr(record, name) for name in SAID)
