"""What lets several processes use one SQLite file: one writes at a time, one holds a name, and death lets both go."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.peers import sqlite_driver
from serving.peers.crew import Crew
from serving.peers.sharing import Sharing
from serving.peers.sqlite_driver import SqliteTooOld
from serving.settings import Settings
from serving.storage.database import EmbeddedDatabase, read_only
from serving.supervising.numbers import how_many, share_of

HOLDS = """
import sys
from pathlib import Path
from serving.peers.crew import Crew
from serving.peers.sharing import Sharing
sharing = Sharing.of(Crew(Path(sys.argv[1]), 2, joins=True))
assert sharing.names.take("a name")
with sharing.turn:
    print("holds", flush=True)
    sys.stdin.read()
"""
WRITES = """
import sys
from pathlib import Path
import sqlalchemy as sa
from serving.peers.crew import Crew
from serving.peers.sharing import Sharing
from serving.storage.database import EmbeddedDatabase
folder, number = Path(sys.argv[1]), int(sys.argv[2])
database = EmbeddedDatabase(folder / "d.db", sharing=Sharing.of(Crew(folder, 3, joins=True)))
database.open()
add = sa.text("UPDATE counted SET n = n + 1")
for _ in range(number):
    database.write(lambda connection: connection.execute(add))
database.close()
"""

needs_driver = pytest.mark.skipif(sqlite_driver.shared_driver() is None, reason="no SQLite here may be shared")


@pytest.fixture
def sharing(tmp_path: Path) -> Sharing:
    return Sharing.of(Crew(tmp_path, 2, joins=False))


@needs_driver
def test_a_name_and_the_turn_go_with_the_process_that_has_them(sharing: Sharing, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"holds\n"
        assert [sharing.names.take(name) for name in ("a name", "another", "another")] == [False, True, True]
        entered = threading.Event()

        def enter() -> None:
            with sharing.turn:
                entered.set()

        with ThreadPoolExecutor(1) as pool:
            entering = pool.submit(enter)
            assert not entered.wait(0.2)
            other.kill()
            entering.result(60)
    assert sharing.names.take("a name")


@needs_driver
def test_what_several_processes_write_at_once_is_all_there(sharing: Sharing, tmp_path: Path) -> None:
    database = EmbeddedDatabase(tmp_path / "d.db", sharing=sharing)
    database.open()
    assert (database.is_shared, database.commits) == (True, None)

    def make(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE counted (n INTEGER)"))
        connection.execute(sa.text("INSERT INTO counted VALUES (0)"))

    database.write(make)
    others = [subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path), "200"]) for _ in range(2)]
    add = sa.text("UPDATE counted SET n = n + 1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: database.write(lambda connection: connection.execute(add)), range(200)))
    assert [other.wait(120) for other in others] == [0, 0]
    assert database.read(lambda connection: connection.scalar(sa.text("SELECT n FROM counted"))) == 600
    assert database.purge()
    database.close()
    with read_only(tmp_path / "d.db") as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"


class TestWithAnOldSqlite:
    @pytest.fixture(autouse=True)
    def old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite_driver, "NEEDED", (99, 0, 0))

    def test_several_workers_are_refused_with_what_to_do(self) -> None:
        with pytest.raises(SqliteTooOld, match=r"2 workers share one database.*pysqlite3.*--workers 1"):
            how_many(Settings(workers=2))

    def test_one_serves_where_nobody_asked_for_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Settings, "processors", property(lambda _: 8))
        number, remark = how_many(Settings())
        assert number == 1
        assert remark is not None
        assert remark.startswith("One worker serves. 4 workers share one database")

    def test_postgresql_needs_none(self) -> None:
        assert how_many(Settings(workers=3, database_url="postgresql://x@y/z")) == (3, None)


@needs_driver
@pytest.mark.parametrize(("processors", "workers"), [(1, 1), (2, 2), (16, 4)])
def test_by_default_there_are_as_many_as_processors_but_at_most_four(
    processors: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "processors", property(lambda _: processors))
    assert how_many(Settings()) == (workers, None)
    assert how_many(Settings(workers=6)) == (6, None)


def test_workers_share_out_the_threads() -> None:
    share = share_of(Settings(worker_threads=4, handoff_threads=4, request_threads=6), 3)
    assert (share.worker_threads, share.handoff_threads, share.request_threads, share.workers) == (2, 2, 2, 3)
