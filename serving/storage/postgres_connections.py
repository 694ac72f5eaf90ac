"""Connections to PostgreSQL with bounded waiting.

Neither server timeouts nor TCP timeouts help if a stopped process or a broken proxy acknowledges bytes and sends
nothing. So every response has a time limit here.
"""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import psycopg
import sqlalchemy as sa

SAID_SOON = 2.0  # seconds that a server has to say that it is there


class _Line(psycopg.Connection[Any]):
    """A connection that is abandoned when a response takes too long, or when the health probe finds the server gone."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 (as psycopg has it)
        super().__init__(*given, **named)
        self.patience = SAID_SOON
        self._waits, self._leaving = False, threading.Lock()

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401 (as psycopg has it)
        """Wait for an answer; a connection without one is closed, as nobody knows in which state it is."""
        self._waits = True
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError as error:
            self._leave()
            if error.sqlstate is None:  # not a word of the server
                self.pgconn.finish()
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._leaving:
            self._waits = False

    def hang_up(self) -> None:
        """End the wait of another thread, as if the server had hung up; nothing where none waits."""
        with self._leaving, suppress(OSError, psycopg.Error):  # the server may have ended it in this instant
            if self._waits:  # then its thread cannot close it meanwhile, and the number is this connection's
                with socket.socket(fileno=os.dup(self.fileno())) as line:
                    line.shutdown(socket.SHUT_RDWR)


class ServerLines:
    """The connections of one engine: each response has `patience` seconds, and idle ones are tested soon.

    A pool that ends forgets the connections that it lent: once it is not open, they are closed when they come back.
    """

    def __init__(self, engine: sa.Engine, patience: float, is_open: Callable[[], bool] = lambda: True) -> None:
        self._patience, self._is_open = patience, is_open
        self._lines: WeakSet[_Line] = WeakSet()
        self._guard = threading.Lock()
        sa.event.listen(engine, "do_connect", self._connect)
        sa.event.listen(engine, "checkout", self._lent)
        sa.event.listen(engine, "checkin", self._kept)

    def hang_up(self) -> None:
        """Tell everybody who waits that no answer will come."""
        with self._guard:
            lines = list(self._lines)
        for line in lines:
            line.hang_up()

    def _connect(self, dialect: object, record: object, given: Any, named: Any) -> _Line:  # noqa: ANN401, ARG002
        line = _Line.connect(*given, **named)
        with self._guard:
            self._lines.add(line)
        return line

    def _lent(self, line: _Line, record: object, proxy: object) -> None:  # noqa: ARG002
        line.patience = self._patience

    def _kept(self, line: _Line | None, record: object) -> None:  # noqa: ARG002
        if line is None:
            return
        line.patience = min(SAID_SOON, self._patience)  # the next word is to the question whether it still stands
        if not self._is_open():
            line.close()
