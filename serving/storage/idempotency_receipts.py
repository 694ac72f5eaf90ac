"""Idempotency receipts: stored responses for retries with the same key.

A receipt is stored in the transaction of its change, so after a crash both exist or neither. A key is claimed while its
request runs, in memory and, with PostgreSQL, in the database, so that two requests do not work on it. A claim can be
lost, but the receipt decides: writes run one after another, and the second one to store a receipt for a key is rolled
back.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import anyio
import anyio.to_thread
import sqlalchemy as sa

from serving.erasure import ErasureTrail
from serving.storage.database import Database
from serving.storage.errors import IdempotencyKeyReused, StillInFlight
from serving.storage.tables import receipts


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of an Idempotency-Key: API key, idempotency key, request, and expiry."""

    caller: str
    key: str
    fingerprint: str
    at: datetime
    expires_at: datetime

    @property
    def name(self) -> str:
        """What is claimed while it is worked on."""
        return f"{self.caller} {self.key}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as a retry gets it."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def store(connection: sa.Connection, claim: Claim, answer: Answer) -> None:
    """Insert a receipt unless one is kept that has not expired: then another replica was first.

    Raises `StillInFlight`: there is one; whatever the transaction did is undone.
    """
    connection.execute(
        receipts.delete().where(
            receipts.c.caller == claim.caller, receipts.c.key == claim.key, receipts.c.expires_at <= claim.at
        )
    )
    if _find(connection, claim) is not None:
        raise StillInFlight
    connection.execute(
        receipts.insert().values(
            caller=claim.caller,
            key=claim.key,
            fingerprint=claim.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            content=answer.content,
            expires_at=claim.expires_at,
        )
    )


class Receipts:
    """Stored responses, and the idempotency keys in progress."""

    def __init__(self, database: Database, kept: timedelta) -> None:
        self._database, self.kept = database, kept
        self._in_flight: set[str] = set()
        self._guard = threading.Lock()

    def begin(self, claim: Claim) -> Answer | None:
        """Claim the key; return the kept answer if there is one, and then nothing is claimed.

        Raises `StillInFlight`: the first request with this key has not ended, here or in another process. Raises
        `IdempotencyKeyReused`: the key was used for another request.
        """
        held = self._hold(claim.name)
        try:
            found = self._database.read(lambda connection: _find(connection, claim))
        except BaseException:
            self._let_go(claim.name, held=held)
            raise
        if found is None and held:
            return None
        self._let_go(claim.name, held=held)
        if found is None:
            raise StillInFlight
        fingerprint, answer = found
        if fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused
        return answer

    async def end(self, claim: Claim) -> None:
        """Let the key go: its request has ended."""
        if not self._database.is_shared:  # in memory: no thread is needed for it
            self._let_go(claim.name, held=True)
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(partial(self._let_go, claim.name, held=True))

    def _hold(self, name: str) -> bool:
        with self._guard:
            if name in self._in_flight:
                return False
            self._in_flight.add(name)
        held = False
        try:
            held = self._database.claim(name)
        finally:
            if not held:
                self._in_flight.discard(name)
        return held

    def _let_go(self, name: str, *, held: bool) -> None:
        if held:
            self._database.disclaim(name)
            self._in_flight.discard(name)

    def forget(self, at: datetime) -> int:
        """Delete what has expired and return how many."""
        gone = receipts.delete().where(receipts.c.expires_at <= at)
        return self._database.write(lambda connection: connection.execute(gone).rowcount)


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Drop the kept answers that name what was erased or whom: asked again, such a request is a new one."""
    said, mention = [each.encode() for each in sorted(trail.ids)], trail.whose.mention
    if not said and mention is None:
        return
    asked = sa.select(receipts.c.caller, receipts.c.key, receipts.c.headers, receipts.c.content)
    for row in connection.execute(asked).all():
        named = mention is not None and any(mention.is_in(each) for each in (row.key, row.headers, row.content))
        if named or any(each in row.content for each in said):
            this = sa.and_(receipts.c.caller == row.caller, receipts.c.key == row.key)
            trail.counts["receipts"] += connection.execute(receipts.delete().where(this)).rowcount


def _find(connection: sa.Connection, claim: Claim) -> tuple[str, Answer] | None:
    row = connection.execute(
        sa.select(receipts).where(
            receipts.c.caller == claim.caller, receipts.c.key == claim.key, receipts.c.expires_at > claim.at
        )
    ).one_or_none()
    return row and (row.fingerprint, Answer(row.status, row.content, row.headers))
