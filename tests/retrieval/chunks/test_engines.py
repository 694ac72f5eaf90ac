"""Engines: the same results in the same order, few chunks on their way, and a process that dies costs nothing."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from retrieval.chunks.dask_cluster import Cluster
from retrieval.chunks.engine import AHEAD, Engine, Serial, done
from retrieval.chunks.errors import ClusterNotUsable, WorkersLost
from retrieval.chunks.opening import engine
from retrieval.chunks.processes import Processes
from tests.chunk_work import Squares, counted
from tests.dask_processes import dask_processes


class Counting:
    """Numbers, and how many were taken that no result has come of yet, at most."""

    def __init__(self, number: int) -> None:
        self._number, self.taken, self.given, self.most = number, 0, 0, 0

    def __iter__(self) -> Iterator[int]:
        for each in range(self._number):
            self.taken += 1
            self.most = max(self.most, self.taken - self.given)
            yield each


def all_of(chosen: Engine, work: Squares, number: int) -> tuple[list[int], int]:
    chunks, found = Counting(number), []
    for each in chosen.map(work, chunks):
        chunks.given += 1
        found.append(each)
    return found, chunks.most


@pytest.fixture(scope="module")
def two() -> Iterator[Processes]:
    with Processes(2) as processes:
        yield processes


def test_several_processes_give_what_one_gives_and_take_few_chunks_ahead(two: Processes, tmp_path: Path) -> None:
    expected, most = all_of(Serial(), Squares(tmp_path), 40)
    assert (expected, most) == ([each * each for each in range(40)], 1)
    found, most = all_of(two, Squares(tmp_path), 40)
    assert found == expected
    assert most <= AHEAD * 2
    assert 2 <= counted(tmp_path, "prepared") <= 3  # here once, and once in each process that had a chunk


def test_chunks_of_a_process_that_dies_are_done_again_and_every_result_comes_once(tmp_path: Path) -> None:
    with Processes(2) as mine:
        found, _ = all_of(mine, Squares(tmp_path, ends=7), 20)
    assert (tmp_path / "died").exists()
    assert found == [each * each for each in range(20)]


def test_a_chunk_that_kills_every_process_ends_the_run(tmp_path: Path) -> None:
    with Processes(2) as mine, pytest.raises(WorkersLost, match="died 3 times in a row"):
        all_of(mine, Squares(tmp_path, ends=3, always=True), 20)


def test_what_the_work_raises_is_raised_and_the_engine_goes_on(two: Processes, tmp_path: Path) -> None:
    for chosen in (Serial(), two):
        with pytest.raises(ValueError, match="-1 is less than nothing"):
            list(chosen.map(Squares(tmp_path), [1, -1, 2]))
    assert list(two.map(Squares(tmp_path), [3])) == [9]
    assert list(two.map(Squares(tmp_path), [])) == []


def test_a_process_keeps_few_works_prepared(tmp_path: Path) -> None:
    prepared = []

    class Noted(Squares):
        def prepare(self):
            prepared.append(self.key)
            return self.square

    for key in ("a", "b", "a", "c", "d", "a", "b"):
        assert done(Noted(tmp_path, key), 2) == 4
    assert prepared == ["a", "b", "c", "d", "b"]


@pytest.mark.parametrize("address", ["10.0.0.1:8786", "http://scheduler:8786", "tcp://scheduler", "scheduler.json", ""])
def test_only_an_explicit_address_of_a_scheduler_is_called(address: str) -> None:
    with pytest.raises(ClusterNotUsable, match="is neither tcp://HOST:PORT"):
        Cluster(address, 1)


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ClusterNotUsable, match=r"pip install 'firstline\[cluster\]'"), engine("local"):
        pass


def test_one_worker_is_this_process() -> None:
    with engine(None, 1) as chosen:
        assert isinstance(chosen, Serial)
    with engine(None, 3) as chosen:
        assert isinstance(chosen, Processes)
        assert chosen.workers == 3


@pytest.mark.slow
def test_a_cluster_gives_the_same_also_when_one_of_its_workers_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    (notes := tmp_path / "notes").mkdir()
    expected = [each * each for each in range(60)]
    with dask_processes(tmp_path) as dask, engine(dask.address) as chosen:
        found, most = all_of(chosen, Squares(notes), 60)
        assert found == expected
        assert most <= AHEAD * 2
        results = chosen.map(Squares(notes, key="slow", seconds=0.05), range(60))
        begun = [next(results) for _ in range(10)]
        dask.kill_one()
        assert begun + list(results) == expected
        with pytest.raises(ValueError, match="-1 is less than nothing"):
            list(chosen.map(Squares(notes), [1, -1, 2]))
        results = chosen.map(Squares(notes, key="slow", seconds=0.05), range(60))
        assert next(results) == 0
        dask.scheduler.kill()
        with pytest.raises(ClusterNotUsable, match="the connection to its scheduler was lost; run the same again"):
            list(results)


@pytest.mark.slow
def test_a_cluster_of_this_machine_is_started_and_ended(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    with engine("local", 2) as chosen:
        assert chosen.workers == 2
        assert all_of(chosen, Squares(tmp_path), 20)[0] == [each * each for each in range(20)]
        me = psutil.Process()
        listening = [
            where.laddr.ip
            for process in (me, *me.children(recursive=True))
            for where in process.net_connections("tcp")
            if where.status == psutil.CONN_LISTEN
        ]
    assert set(listening) == {"127.0.0.1"}  # nobody on the network reaches what unpickles


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    monkeypatch.setattr("retrieval.chunks.dask_cluster.PATIENCE", 1)
    with pytest.raises(ClusterNotUsable, match="no scheduler with a worker answers there"), engine("tcp://127.0.0.1:9"):
        pass


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_another_server_at_the_address_is_no_scheduler(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    monkeypatch.setattr("retrieval.chunks.dask_cluster.PATIENCE", 2)
    with socketserver.TCPServer(("127.0.0.1", 0), WebServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(ClusterNotUsable, match="no scheduler with a worker answers there"):
            Cluster(address, 1)
        server.shutdown()


class WebServer(socketserver.BaseRequestHandler):
    """Answers as a web server does."""

    def handle(self) -> None:
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 9)
