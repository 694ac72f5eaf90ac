"""Answers kept for the callers that ask again.

A receipt is stored in the very transaction of its effect where the handler settles it there, so that after a crash
either both exist or neither. Which keys are being worked on is known in memory: one process owns an embedded
database. Where several share one, writes follow each other, and the second to settle a key is undone.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from litestar import Response

from serving.database import Database
from serving.erasing import Trail
from serving.errors import IdempotencyKeyReused, StillInFlight
from serving.tables import receipts


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of an Idempotency-Key: whose, which, for what request, until when."""

    caller: str
    key: str
    fingerprint: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went over the wire."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response[bytes]:
        """Return it as a response of a handler."""
        return Response(
            self.content, status_code=self.status, headers=dict(self.headers), media_type="application/json"
        )


class Receipt:
    """What a handler settles inside its transaction; without an Idempotency-Key it only carries the answer."""

    def __init__(self, claim: Claim | None = None) -> None:
        self._claim = claim
        self._answer: Answer | None = None
        self.stored = False

    @property
    def is_kept(self) -> bool:
        """Whether the answer will be repeated, so that it may say only what its transaction knows."""
        return self._claim is not None

    def settle(self, connection: sa.Connection, answer: Answer) -> None:
        """Keep the answer in the same transaction as the effect."""
        self._answer = answer
        if self._claim is not None:
            store(connection, self._claim, answer)
            self.stored = True

    def response(self) -> Response[bytes]:
        """Return the settled answer as the handler's response."""
        if self._answer is None:
            raise RuntimeError("response() before settle()")
        return self._answer.response()


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
    """The answers that are kept, and the keys that are being worked on."""

    def __init__(self, database: Database, kept: timedelta) -> None:
        self._database, self.kept = database, kept
        self._in_flight: set[tuple[str, str]] = set()
        self._guard = threading.Lock()

    def begin(self, claim: Claim) -> Answer | None:
        """Claim the key; return the kept answer if there is one, and then nothing is claimed.

        Raises `StillInFlight`: the first request with this key has not ended. Raises `IdempotencyKeyReused`:
        the key was used for another request.
        """
        with self._guard:
            if (claim.caller, claim.key) in self._in_flight:
                raise StillInFlight
            self._in_flight.add((claim.caller, claim.key))
        try:
            found = self._database.read(lambda connection: _find(connection, claim))
        except BaseException:
            self.end(claim)
            raise
        if found is None:
            return None
        self.end(claim)
        fingerprint, answer = found
        if fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused
        return answer

    def keep(self, claim: Claim, answer: Answer) -> None:
        """Store an answer whose handler did not settle it."""
        self._database.write(lambda connection: store(connection, claim, answer))

    def end(self, claim: Claim) -> None:
        """Let the key go: its request has ended."""
        with self._guard:
            self._in_flight.discard((claim.caller, claim.key))

    def forget(self, at: datetime) -> int:
        """Delete what has expired and return how many."""
        gone = receipts.delete().where(receipts.c.expires_at <= at)
        return self._database.write(lambda connection: connection.execute(gone).rowcount)


def erase(connection: sa.Connection, trail: Trail) -> None:
    """Drop the kept answers that name what was erased: asked again, such a request is a new one."""
    said = [each.encode() for each in sorted(trail.ids)]
    asked = sa.select(receipts.c.caller, receipts.c.key, receipts.c.content)
    for row in connection.execute(asked).all() if said else ():
        if any(each in row.content for each in said):
            this = sa.and_(receipts.c.caller == row.caller, receipts.c.key == row.key)
            trail.counts["receipts"] += connection.execute(receipts.delete().where(this)).rowcount


def _find(connection: sa.Connection, claim: Claim) -> tuple[str, Answer] | None:
    row = connection.execute(
        sa.select(receipts).where(
            receipts.c.caller == claim.caller, receipts.c.key == claim.key, receipts.c.expires_at > claim.at
        )
    ).one_or_none()
    return row and (row.fingerprint, Answer(row.status, row.content, row.headers))
