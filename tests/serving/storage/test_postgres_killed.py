"""PostgreSQL dies under load: what was acknowledged is there, and the service comes back by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from serving.storage.errors import DatabaseUnavailable
from serving.storage.postgres import PostgresDatabase
from tests.postgres import HINT, Postgres, binaries
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

NOTE = sa.text("INSERT INTO notes (text) VALUES (:text)")


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server that syncs, because this test kills it."""
    found = binaries()
    if found is None:
        pytest.skip(HINT)
    own = Postgres(found, durable=True)
    yield own
    own.stop()


def _load(database: PostgresDatabase, name: str, done: threading.Event, acked: list[str]) -> None:
    for number in range(100_000):
        if done.is_set():
            return
        text = f"{name}-{number}"
        try:
            database.write(lambda connection, text=text: connection.execute(NOTE, {"text": text}))  # type: ignore[misc]
        except DatabaseUnavailable:
            done.wait(0.02)
        else:
            acked.append(text)


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.deep)])
def test_nothing_acknowledged_is_lost_however_often_it_is_killed(server: Postgres, kills: int) -> None:
    database = PostgresDatabase(server.url())
    database.open()
    database.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT UNIQUE)")))
    acked: list[str] = []
    done = threading.Event()
    writers = [threading.Thread(target=_load, args=(database, f"w{n}", done, acked)) for n in range(4)]
    for each in writers:
        each.start()

    def at_work(since: int) -> bool:
        assert any(each.is_alive() for each in writers)
        return len(acked) >= since + 20

    try:
        for _ in range(kills):
            before = len(acked)
            # It recovered, and is at work when it is killed.
            wait_until(lambda: at_work(since=before), "nothing is acknowledged any more", pause=0.01)  # noqa: B023
            server.kill()
            with pytest.raises(DatabaseUnavailable):
                database.read(lambda connection: connection.scalar(sa.text("SELECT 1")))
            server.start()
    finally:
        done.set()
        for each in writers:
            each.join()
    assert database.unreachable() is None
    stored = database.read(lambda connection: set(connection.scalars(sa.text("SELECT text FROM notes"))))
    database.close()
    assert set(acked) <= stored
    assert len(acked) >= 20 * kills


def test_a_server_that_is_gone_is_told_and_nothing_is_told_as_done(server: Postgres) -> None:
    database = PostgresDatabase(server.url())
    database.open()
    server.kill()
    assert database.unreachable() is not None
    with pytest.raises(DatabaseUnavailable) as refused:
        database.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT)")))
    assert refused.value.retry_after == 5
    server.start()
    assert database.unreachable() is None
    database.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT)")))
    database.close()
