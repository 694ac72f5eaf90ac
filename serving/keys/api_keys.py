"""API keys, stored as hashes.

A `KeyBackend` stores them: a file beside the embedded database (`serving.keys.file_store`), or a
table of the database that several processes share (`serving.keys.table_store`).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from serving.changes.edit import Edit
from serving.errors import NotFound
from triage.text.mentions import Mention

SAME_ORIGIN = "self"  # the origin that a page served by this very process has

_NO_HASH = b"\0" * 32


class Scope(StrEnum):
    """What a key may do; admin may do everything."""

    ADMIN = "admin"
    AGENT = "agent"
    TAG = "tag"
    WIDGET = "widget"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller that a key identifies; a publishable key calls from a page of this origin."""

    key_id: str
    scope: Scope
    name: str = ""
    origins: tuple[str, ...] = ()
    origin: str | None = None

    @property
    def is_publishable(self) -> bool:
        """Whether everybody may know the key, so that it proves no more than the page."""
        return self.scope is Scope.WIDGET


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A stored key, without its secret."""

    id: str
    hash: bytes
    scope: str
    name: str
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    created_by: str = ""
    created_because: str | None = None
    revoked_by: str | None = None
    revoked_because: str | None = None

    def caller(self) -> Caller:
        """Return who shows it."""
        return Caller(self.id, Scope(self.scope), self.name, self.origins)


SAID: Final = ("created_by", "created_because", "revoked_by", "revoked_because")
"""The fields of a record that say who made and revoked it and why."""

Live = Mapping[str, KeyRecord]
"""Keys that are not revoked, by id."""


class KeyBackend(Protocol):
    """A store of keys."""

    def open(self) -> None:
        """Begin."""

    def refresh(self, at: datetime) -> None:
        """Learn what other processes made and revoked."""

    def add(self, record: KeyRecord) -> None:
        """Keep a key."""

    def records(self) -> list[KeyRecord]:
        """Return every key, oldest first."""

    def revoke(self, id_: str, edit: Edit) -> bool:
        """End a key; False when there is none, or it was revoked before."""

    def reword(self, id_: str, said: Mapping[str, str]) -> None:
        """Replace who made or revoked a key and why: fields of `KeyRecord`."""

    def live(self) -> Live:
        """Return the keys that are known here, without waiting for anything far away."""

    def look_up(self, id_: str) -> KeyRecord | None:
        """Look, however long it takes, for a live key that is not known here yet."""


class KeyStore:
    """Makes, lists, revokes and recognises keys."""

    def __init__(self, backend: KeyBackend) -> None:
        self._backend = backend
        self._lent: dict[str, KeyRecord] = {}
        self.open, self.refresh, self.list = backend.open, backend.refresh, backend.records

    def create(
        self, scope: Scope, *, at: datetime, name: str = "", origins: tuple[str, ...] = (), edit: Edit | None = None
    ) -> str:
        """Make a key and return it: the only time that its secret can be read."""
        key, record = _fresh(scope, at, name, origins)
        said = edit or Edit(at=at)
        self._backend.add(replace(record, created_by=said.by, created_because=said.because))
        return key

    def lend(
        self, scope: Scope, *, at: datetime, name: str = "", origins: tuple[str, ...] = (), drawn_from: bytes = b""
    ) -> str:
        """Make a key that is stored nowhere and dies with the process; of one secret it is always the same."""
        key, record = _fresh(scope, at, name, origins, drawn_from)
        self._lent[record.id] = record
        return key

    def revoke(self, id_: str, *, at: datetime, edit: Edit | None = None) -> None:
        """End a key; requests under way finish.

        Raises `NotFound`: no key has this id, or it was revoked before.
        """
        if not self._backend.revoke(id_, edit or Edit(at=at)):
            raise NotFound(kind="key", id=id_)

    def erase(self, person: Mention) -> int:
        """Take a person out of who made and revoked keys and why; return how many keys said something of them."""
        erased = 0
        for record in self._backend.records():
            said = {name: text for name in SAID if (text := getattr(record, name))}
            if changed := {name: new for name, text in said.items() if (new := person.erased_from(text)) != text}:
                self._backend.reword(record.id, changed)
                erased += 1
        return erased

    def find(self, key: str) -> Caller | None:
        """Return who shows the key, as far as it is known here; an unknown id takes as long as a wrong secret."""
        return _shown(key, self._record(id_of(key)))

    def holder(self, id_: str) -> Caller | None:
        """Return who has a key that is known here and lives."""
        record = self._record(id_)
        return record.caller() if record else None

    def look_up(self, key: str) -> Caller | None:
        """Return who shows a key that is not known here: another process may have made it a moment ago.

        Raises `DatabaseUnavailable`: nobody can tell now.
        """
        return _shown(key, self._backend.look_up(id_of(key)))

    def _record(self, id_: str) -> KeyRecord | None:
        return self._backend.live().get(id_) or self._lent.get(id_)

    def origins(self) -> frozenset[str]:
        """Return every origin that some live publishable key is bound to."""
        return frozenset(origin for record in self._backend.live().values() for origin in record.origins)


def _shown(key: str, record: KeyRecord | None) -> Caller | None:
    same = hmac.compare_digest(record.hash if record else _NO_HASH, _hash(key))
    return record.caller() if record and same else None


def _fresh(
    scope: Scope, at: datetime, name: str, origins: tuple[str, ...], drawn_from: bytes = b""
) -> tuple[str, KeyRecord]:
    kind = "pk" if scope is Scope.WIDGET else "sk"
    drawn = hmac.digest(drawn_from, name.encode(), "sha384") if drawn_from else secrets.token_bytes(38)
    id_ = f"{kind}_{drawn[:6].hex()}"
    key = f"{id_}_{urlsafe_b64encode(drawn[6:38]).rstrip(b'=').decode()}"
    return key, KeyRecord(id_, _hash(key), scope.value, name, origins, at)


def id_of(key: str) -> str:
    """Return the id of a key: what stands before its secret."""
    return "_".join(key.split("_", 2)[:2])


def _hash(key: str) -> bytes:
    """Hash the whole key: its secret has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
