"""The keys that callers show, kept as hashes.

They live in a file of their own in rollback-journal mode, so that `firstline keys create` may run beside the service:
the database of tickets has exactly one owning process.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from serving.errors import NotFound
from serving.instants import from_text, to_text

SAME_ORIGIN = "self"  # the origin that a page served by this very process has

_TABLE = """CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, origins TEXT NOT NULL,
    created_at TEXT NOT NULL, revoked_at TEXT)"""
_NO_HASH = b"\0" * 32


class Scope(StrEnum):
    """What a key may do; admin may do everything."""

    ADMIN = "admin"
    AGENT = "agent"
    TAG = "tag"
    WIDGET = "widget"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who shows a key."""

    key_id: str
    scope: Scope
    name: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is listed: without the secret, which nobody can read again."""

    id: str
    scope: str
    name: str
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


class KeyStore:
    """Makes, lists, revokes and recognises keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lent: dict[str, tuple[bytes, Caller]] = {}
        self._known: Mapping[str, tuple[bytes, Caller]] = {}
        self._seen: tuple[int, int, int] | None = None

    def create(self, scope: Scope, *, at: datetime, name: str = "", origins: tuple[str, ...] = ()) -> str:
        """Make a key and return it: the only time that its secret can be read."""
        key, id_, hashed = _fresh(scope)
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (id_, hashed, scope.value, name, " ".join(origins), to_text(at)),
            )
        return key

    def lend(self, scope: Scope, *, name: str = "", origins: tuple[str, ...] = ()) -> str:
        """Make a key that is stored nowhere and dies with the process."""
        key, id_, hashed = _fresh(scope)
        self._lent[id_] = (hashed, Caller(id_, scope, name, origins))
        return key

    def list(self) -> list[KeyRecord]:
        """Return every key, oldest first."""
        with self._connected() as connection:
            rows = connection.execute("SELECT * FROM keys ORDER BY created_at, id").fetchall()
        return [
            KeyRecord(id_, scope, name, tuple(origins.split()), from_text(made), from_text(ended) if ended else None)
            for id_, _, scope, name, origins, made, ended in rows
        ]

    def revoke(self, id_: str, *, at: datetime) -> None:
        """End a key; requests under way finish.

        Raises `NotFound`: no key has this id, or it was revoked before.
        """
        with self._connected() as connection:
            ended = connection.execute(
                "UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (to_text(at), id_)
            )
        if not ended.rowcount:
            raise NotFound(kind="key", id=id_)

    def find(self, key: str) -> Caller | None:
        """Return who shows the key; an unknown id takes as long as a wrong secret."""
        id_ = _id_of(key)
        self._refresh()
        hashed, caller = self._known.get(id_) or self._lent.get(id_) or (_NO_HASH, None)
        return caller if hmac.compare_digest(hashed, _hash(key)) else None

    def origins(self) -> frozenset[str]:
        """Return every origin that some live publishable key is bound to."""
        self._refresh()
        return frozenset(origin for _, caller in self._known.values() for origin in caller.origins)

    def _refresh(self) -> None:
        """Read the file again when another process wrote it."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._known, self._seen = {}, None
            return
        if (seen := (found.st_mtime_ns, found.st_size, found.st_ino)) != self._seen:
            with self._connected() as connection:
                rows = connection.execute("SELECT id, hash, scope, name, origins FROM keys WHERE revoked_at IS NULL")
                self._known = {
                    id_: (hashed, Caller(id_, Scope(scope), name, tuple(origins.split())))
                    for id_, hashed, scope, name, origins in rows
                }
            self._seen = seen

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=5)) as connection, connection:
            connection.execute(_TABLE)
            yield connection


def _fresh(scope: Scope) -> tuple[str, str, bytes]:
    kind = "pk" if scope is Scope.WIDGET else "sk"
    id_ = f"{kind}_{secrets.token_hex(6)}"
    key = f"{id_}_{secrets.token_urlsafe(32)}"
    return key, id_, _hash(key)


def _id_of(key: str) -> str:
    return "_".join(key.split("_", 2)[:2])


def _hash(key: str) -> bytes:
    """Hash the whole key: its secret has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
