"""Named advisory locks of PostgreSQL: one process holds a name among all replicas.

They need no rows to clean up. The server releases them when the process dies, and when its session is silent for half a
minute, so a lost machine or a stopped process holds a name no longer than that. Because a lock can be lost, it
guarantees nothing: a unique row in the transaction of the change decides what may happen only once.
"""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from serving.storage.errors import DatabaseUnavailable

SESSION = {  # what the server is told of it
    "idle_session_timeout": "30s",
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
}
_WAIT = 2.0  # seconds for a turn at the session


class AdvisoryLocks:
    """The database session that holds the locks; opened when needed and again when lost."""

    def __init__(self, engine: sa.Engine, is_open: Callable[[], bool]) -> None:
        self._engine, self._is_open, self._turn = engine, is_open, threading.Lock()
        self._connection: sa.Connection | None = None

    def take(self, name: str) -> bool:
        """Take a name; False while another process holds it.

        Raises `DatabaseUnavailable`: the server does not answer, or the database is closed.
        """
        if not self._turn.acquire(timeout=_WAIT):
            raise DatabaseUnavailable("every connection is busy")
        try:
            if not self._is_open():  # nobody would end a session that begins now
                raise DatabaseUnavailable("the database is closed")
            if self._connection is not None:
                with suppress(sa.exc.DBAPIError):  # an old session may have ended without a word: then a new one
                    return self._ask("pg_try_advisory_lock", name)
            return self._ask("pg_try_advisory_lock", name)
        finally:
            self._turn.release()

    def let_go(self, name: str) -> None:
        """Let a name go; where the session was lost the server has done it."""
        with self._turn, suppress(sa.exc.DBAPIError):
            if self._connection is not None:
                self._ask("pg_advisory_unlock", name)

    def close(self) -> None:
        """End the session."""
        with self._turn:
            self._drop()

    def _ask(self, function: str, name: str) -> bool:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        asked = sa.select(getattr(sa.func, function)(sa.cast(_number(name), sa.BigInteger)))
        try:
            return bool(self._connection.scalar(asked))
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _number(name: str) -> int:
    """Return the number of a name's lock: two names in 2**64 have the same, and then one waits for the other."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
