"""PostgreSQL is there and says nothing: nobody waits for it without end, and afterwards all is well by itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.storage.errors import DatabaseUnavailable
from serving.storage.postgres import PostgresDatabase
from serving.storage.postgres_connections import _Line
from tests.crash.proxy import FaultProxy, proxied
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

NOTE = sa.text("INSERT INTO notes (text) VALUES (:text)")


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[FaultProxy]:
    with proxied(postgres.port) as between:
        yield between


@pytest.fixture
def database(postgres: Postgres, proxy: FaultProxy) -> Iterator[PostgresDatabase]:
    url = postgres.fresh().replace(f":{postgres.port}/", f":{proxy.port}/")
    opened = PostgresDatabase(url, patience=2)
    opened.open()
    opened.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT UNIQUE)")))
    yield opened
    opened.close()


def add(database: PostgresDatabase, text: str) -> None:
    database.write(lambda connection: connection.execute(NOTE, {"text": text}))


def notes(database: PostgresDatabase) -> list[str]:
    return database.read(lambda connection: list(connection.scalars(sa.text("SELECT text FROM notes ORDER BY text"))))


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def backends(database: PostgresDatabase) -> list[int]:
    """Return the process that serves the one connection of the pool, and its parent, which takes new ones."""
    pid: int = database.read(lambda connection: connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
    return [pid, int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])]


def insist_on_a_word(database: PostgresDatabase) -> None:
    with pytest.raises(DatabaseUnavailable):
        add(database, "unheard")
    with pytest.raises(DatabaseUnavailable):
        notes(database)
    assert database.unreachable() is not None


def test_a_server_behind_a_broken_network_is_given_up_and_taken_again(
    database: PostgresDatabase, proxy: FaultProxy
) -> None:
    add(database, "before")
    proxy.set(partition=True)
    insist_on_a_word(database)
    proxy.set()
    assert database.unreachable() is None
    add(database, "after")
    assert {"before", "after"} <= set(notes(database)) <= {"before", "after", "unheard"}


def test_a_server_whose_processes_hang_is_given_up_and_taken_again(database: PostgresDatabase) -> None:
    add(database, "before")
    with stopped(backends(database)):
        insist_on_a_word(database)
    assert database.unreachable() is None
    add(database, "after")
    assert {"before", "after"} <= set(notes(database)) <= {"before", "after", "unheard"}


def test_a_connection_that_falls_silent_within_a_write_is_not_told_as_done(
    database: PostgresDatabase, proxy: FaultProxy
) -> None:
    def silenced(act: Callable[[], None]) -> Callable[[sa.Connection], None]:
        def operation(connection: sa.Connection) -> None:
            connection.execute(NOTE, {"text": "half"})
            act()

        return operation

    with pytest.raises(DatabaseUnavailable):
        database.write(silenced(lambda: proxy.set(partition=True)))
    proxy.set()
    add(database, "after")
    assert "after" in notes(database)


def test_to_hang_up_on_a_line_that_the_server_ended_in_this_instant_is_nothing(postgres: Postgres) -> None:
    """Raised, it would end the thread that looks whether the server is there, which then is away for ever."""
    line = _Line.connect(postgres.url())
    line._waits = True
    line.pgconn.finish()
    line.hang_up()
    assert line.closed
