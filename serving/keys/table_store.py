"""API keys in a database table that replicas share.

Keys are looked up in memory. All live keys are read again every two seconds, so a revoked key ends everywhere within
that time. During a database outage known keys stay valid for 15 minutes: nobody can revoke a key meanwhile, and
requests answered from memory need no database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from serving.changes.edit import Edit
from serving.clock import Clock
from serving.keys.api_keys import KeyRecord, Live
from serving.keys.file_store import KeyFile
from serving.storage.database import Database
from serving.storage.errors import StorageFault
from serving.storage.tables import keys

KNOWN_FOR = timedelta(minutes=15)  # without a word of the database


class KeyTable:
    """A key store in a table; keys from the file `earlier` are imported."""

    def __init__(self, database: Database, clock: Clock, earlier: KeyFile) -> None:
        self._database, self._clock, self._earlier = database, clock, earlier
        self._known: Live = {}
        self._known_at = float("-inf")
        self._fault: StorageFault | None = None

    def open(self) -> None:
        """Take over the earlier keys, and learn all."""
        if earlier := self._earlier.records():
            self._database.write(lambda connection: take_over(connection, earlier))
        self.refresh(self._clock.now())

    def refresh(self, at: datetime) -> None:  # noqa: ARG002 (every watch gets the instant)
        """Learn what other processes made and revoked.

        Raises `DatabaseUnavailable`: what is known stays, for a while.
        """
        asked_at = self._clock.monotonic()
        try:
            found = self._database.read(lambda connection: select(connection, keys.c.revoked_at.is_(None)))
        except StorageFault as fault:
            self._fault = fault
            raise
        self._known = {record.id: record for record in found}
        self._known_at, self._fault = asked_at, None

    def add(self, record: KeyRecord) -> None:
        """Keep a key."""
        self._database.write(lambda connection: connection.execute(sa.insert(keys).values(to_row(record))))

    def records(self) -> list[KeyRecord]:
        """Return every key, oldest first."""
        return self._database.read(select)

    def revoke(self, id_: str, edit: Edit) -> bool:
        """End a key; False when there is none, or it was revoked before."""
        said = {"revoked_at": edit.at, "revoked_by": edit.by, "revoked_because": edit.because}
        ended = sa.update(keys).where(keys.c.id == id_, keys.c.revoked_at.is_(None)).values(said)
        done = self._database.write(lambda connection: connection.execute(ended).rowcount) > 0
        self.refresh(edit.at)
        return done

    def reword(self, id_: str, said: Mapping[str, str]) -> None:
        """Replace who made or revoked a key and why: fields of `KeyRecord`."""
        self._database.write(
            lambda connection: connection.execute(sa.update(keys).where(keys.c.id == id_).values(said))
        )

    def live(self) -> Live:
        """Return the keys that are known here; none when that is too long ago."""
        heard = self._clock.monotonic() - self._known_at <= KNOWN_FOR.total_seconds()
        return self._known if heard else {}

    def look_up(self, id_: str) -> KeyRecord | None:
        """Ask the database for one live key, and know it from then on.

        Raises `DatabaseUnavailable`: it did not answer the last time that it was asked for all, or does not now.
        """
        if self._fault is not None:
            raise self._fault
        chosen = keys.c.id == id_, keys.c.revoked_at.is_(None)
        found = next(iter(self._database.read(lambda connection: select(connection, *chosen))), None)
        if found is not None:  # known from now on, until all are read again
            self._known = {**self._known, id_: found}
        return found


def select(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[KeyRecord]:
    """Return the keys of the table, oldest first."""
    rows = connection.execute(sa.select(keys).where(*where).order_by(keys.c.created_at, keys.c.id)).mappings()
    return [from_row(row) for row in rows]


def take_over(connection: sa.Connection, earlier: Iterable[KeyRecord]) -> None:
    """Bring keys into the table; one that was revoked in either place is revoked."""
    for record in earlier:
        this = keys.c.id == record.id
        if connection.scalar(sa.select(keys.c.id).where(this)) is None:
            connection.execute(sa.insert(keys).values(to_row(record)))
        elif record.revoked_at is not None:
            ended = sa.update(keys).where(this, keys.c.revoked_at.is_(None))
            said = {"revoked_at": record.revoked_at, "revoked_by": record.revoked_by}
            connection.execute(ended.values(said | {"revoked_because": record.revoked_because}))


def take_out(connection: sa.Connection) -> list[KeyRecord]:
    """Return all keys, and leave the table without them: for a database whose keys lie in a file."""
    found = select(connection)
    connection.execute(sa.delete(keys))
    return found


def to_row(record: KeyRecord) -> dict[str, Any]:
    """Return the columns of a key."""
    return asdict(record) | {"origins": " ".join(record.origins)}


def from_row(row: sa.RowMapping) -> KeyRecord:
    """Return the key of a row."""
    given = {
        "hash": bytes(row["hash"]),
        "origins": tuple(row["origins"].split()),
        "created_by": row["created_by"] or "",
    }
    return KeyRecord(**{**row, **given, "created_by": row["created_by"] or ""})
