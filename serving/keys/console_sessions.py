"""Sessions of browsers that signed in to the console with a key.

The cookie holds a random token, and the table its hash: whoever reads the database cannot sign in. A session ends when
its browser signs out, after its hours, or with its key. The token of a brand's session begins with the brand's name, so
that the next request finds the brand; what the name says proves nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.keys.api_keys import Caller, KeyStore, Scope
from serving.storage.database import Database
from serving.storage.job_tables import console_sessions as rows

SIGN_IN = frozenset({Scope.AGENT, Scope.ADMIN})
LASTS = timedelta(hours=12)  # a working day: nobody stays signed in overnight
_BYTES = 32
_MARK = "."  # after a brand's name: what is random has none


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A browser that is signed in."""

    caller: Caller
    token: str

    @property
    def form_token(self) -> str:
        """What each form of this session carries: a page of another site cannot read it."""
        return hmac.digest(self.token.encode(), b"form", hashlib.sha256).hex()

    def has_form_token(self, given: str) -> bool:
        """Tell whether a form is from a page of this session."""
        return hmac.compare_digest(self.form_token.encode(), given.encode("utf-8", "surrogatepass"))


class ConsoleSessions:
    """Begins, finds and ends sessions."""

    def __init__(self, database: Database, keys: KeyStore, brand: str = "") -> None:
        self._database, self._keys, self._brand = database, keys, brand
        self.elsewhere: Callable[[str], ConsoleSessions | None] = lambda key: None  # noqa: ARG005 (no brand has a key)

    def begin(self, key: str, at: datetime) -> ConsoleSession | None:
        """Sign in with a key of scope agent or admin, into the brand that it belongs to; None for any other key."""
        if (other := self.elsewhere(key)) is not None:
            return other.begin(key, at)
        caller = self._keys.find(key) or self._keys.look_up(key)
        if caller is None or caller.scope not in SIGN_IN:
            return None
        session = ConsoleSession(caller, self._brand + _MARK * bool(self._brand) + secrets.token_urlsafe(_BYTES))
        row = {
            "token_hash": _hash(session.token),
            "key_id": caller.key_id,
            "created_at": at,
            "ends_at": at + LASTS,
        }
        self._database.write(lambda connection: connection.execute(rows.insert().values(row)))
        return session

    def find(self, token: str, at: datetime) -> ConsoleSession | None:
        """Return the session of a token, while it and its key live."""
        asked = sa.select(rows.c.key_id).where(rows.c.token_hash == _hash(token), rows.c.ends_at > at)
        key_id = self._database.read(lambda connection: connection.scalar(asked))
        caller = None if key_id is None else self._keys.holder(key_id)
        return None if caller is None else ConsoleSession(caller, token)

    def end(self, token: str) -> None:
        """Sign out."""
        gone = rows.delete().where(rows.c.token_hash == _hash(token))
        self._database.write(lambda connection: connection.execute(gone))

    def forget(self, at: datetime) -> None:
        """Delete the sessions that are over."""
        over = rows.delete().where(rows.c.ends_at <= at)
        self._database.write(lambda connection: connection.execute(over))


def brand_of(token: str) -> str:
    """Return the name of the brand that a token says it is for; empty: the deployment's own home."""
    return token.rpartition(_MARK)[0]


def _hash(token: str) -> str:
    """Hash a token: it has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
