"""The parent of the workers, with workers that do nothing but say that they listen."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from serving.clock import SystemClock
from serving.peers.metrics import SharedMetrics
from serving.settings import Settings
from serving.supervising import supervisor as module
from serving.supervising.hangs import HangWatch
from serving.supervising.sockets import PortNotFree, listeners, reserve
from serving.supervising.supervisor import Supervisor
from serving.supervising.worker_process import Launch, WorkerProcess
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock
from tests.ports import free_port
from tests.waiting import wait_until

LISTENS = "import os, sys, time; os.write(int(sys.argv[1]), b'.'); time.sleep(60)"
BEATS = "import os, sys, time\nwhile True: os.write(int(sys.argv[1]), b'.'); time.sleep(0.1)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LISTENS
REFUSES = "import sys; sys.exit(3)"


@dataclass
class Launched:
    """Starts workers that run such a program, and keeps them."""

    folder: Path
    settings: Settings
    programs: list[str]
    number: int = 2
    files: str = "as they were"
    started: list[tuple[WorkerProcess, bool]] = field(default_factory=list)

    def start(self, *, joins: bool, at: float) -> WorkerProcess:
        program = self.programs[min(len(self.started), len(self.programs) - 1)]
        ours, its = socket.socketpair()
        with its:
            process = subprocess.Popen(
                [sys.executable, "-S", "-c", program, str(its.fileno())], pass_fds=[its.fileno()]
            )
        self.started.append((WorkerProcess(process, ours, at, self.files), joins))
        return self.started[-1][0]

    def running(self) -> list[WorkerProcess]:
        return [each for each, _ in self.started if each._process.returncode is None]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


Run = Callable[[Launched, Callable[[], object]], int]


@pytest.fixture
def run() -> Run:
    def running(launched: Launched, meanwhile: Callable[[], object]) -> int:
        """Run the parent in this thread and something else beside it, and then send the signal that ends it."""
        failed: list[BaseException] = []

        def beside() -> None:
            try:
                meanwhile()
            except BaseException as error:  # noqa: BLE001 (it is raised below)
                failed.append(error)
            os.kill(os.getpid(), signal.SIGTERM)

        other = threading.Thread(target=beside)
        parent = Supervisor(launched, SystemClock(), Telemetry())  # type: ignore[arg-type]
        other.start()
        code = parent.run()
        other.join()
        assert not failed, failed
        return code

    return running


@pytest.fixture
def launched(tmp_path: Path) -> Launched:
    return Launched(tmp_path, Settings(home=tmp_path, shutdown_seconds=1), [LISTENS])


def test_the_first_starts_alone_and_the_others_when_it_listens(launched: Launched, run: Run) -> None:
    launched.number = 3
    code = run(launched, lambda: wait_until(lambda: len(launched.started) == 3 and launched.started[-1][0].listens))
    assert (code, [joins for _, joins in launched.started]) == (0, [False, True, True])
    assert launched.running() == []


def test_one_that_dies_is_replaced(launched: Launched, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.1))

    def kill_both() -> None:
        for number in range(2):
            wait_until(lambda: len(launched.started) == 2 + number and launched.started[-1][0].listens)  # noqa: B023
            os.kill(launched.started[number][0].id, signal.SIGKILL)
        wait_until(lambda: len(launched.started) == 4 and launched.started[-1][0].listens)

    assert run(launched, kill_both) == 0


def test_a_service_whose_first_worker_cannot_start_ends_with_its_code(launched: Launched) -> None:
    launched.programs = [REFUSES]
    assert Supervisor(launched, SystemClock(), Telemetry()).run() == 3  # type: ignore[arg-type]
    assert len(launched.started) == 1


def test_one_that_cannot_start_beside_others_is_tried_again_later(
    launched: Launched, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.3))
    launched.programs = [LISTENS, REFUSES, REFUSES, LISTENS]
    began = time.monotonic()
    assert run(launched, lambda: wait_until(lambda: len(launched.started) == 4 and launched.started[3][0].listens)) == 0
    assert time.monotonic() - began > 0.6


def test_where_policies_changed_all_are_replaced_one_after_the_other(
    launched: Launched, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0, 0.0))
    fewest = []

    def change() -> None:
        wait_until(lambda: len(launched.started) == 2 and launched.started[1][0].listens)
        launched.files = "changed"
        os.kill(launched.started[0][0].id, signal.SIGKILL)
        wait_until(lambda: fewest.append(len(launched.running())) or len(launched.started) == 4)
        wait_until(lambda: launched.started[3][0].listens)
        time.sleep(0.2)

    assert run(launched, change) == 0
    assert [worker.read for worker, _ in launched.started] == ["as they were"] * 2 + ["changed"] * 2
    assert min(fewest) >= 1


def test_one_that_does_not_end_is_killed(launched: Launched, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KILL_AFTER", -1.5)  # so 0.5 seconds in all
    launched.programs = [STUBBORN]
    assert run(launched, lambda: wait_until(lambda: len(launched.started) == 2 and launched.started[1][0].listens)) == 0
    assert launched.running() == []


def test_one_that_falls_silent_is_killed_replaced_and_counted(
    launched: Launched, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HUNG_MAY_END", 0.3)
    launched.settings = replace(launched.settings, worker_hang_seconds=1.5)
    launched.programs = [BEATS, STUBBORN, BEATS]
    counted: list[bytes] = []

    def meanwhile() -> None:
        wait_until(lambda: len(launched.started) == 3 and launched.started[2][0].listens)
        counted.append(SharedMetrics(launched.folder, 1).text(CollectorRegistry()))
        time.sleep(2)

    assert run(launched, meanwhile) == 0
    assert len(launched.started) == 3
    assert [worker.hangs for worker, _ in launched.started] == [False, True, False]
    assert b'firstline_workers_replaced_total{reason="hung"} 1.0' in counted[0]
    assert b'firstline_workers_replaced_total{reason="ended"} 0.0' in counted[0]


def test_a_start_may_take_as_long_as_it_takes(launched: Launched, run: Run) -> None:
    launched.settings = replace(launched.settings, worker_hang_seconds=0.2)
    launched.programs = ["import time; time.sleep(60)"]
    assert run(launched, lambda: time.sleep(1.5)) == 0
    assert len(launched.started) == 1
    assert not launched.started[0][0].hangs


def test_nobody_hung_while_the_whole_machine_was_suspended(launched: Launched) -> None:
    clock, worker = FrozenClock(), launched.start(joins=False, at=0)
    worker.listens, watch = True, HangWatch(30, clock)
    clock.advance(timedelta(hours=1))
    assert watch.look([worker]) == []
    for _ in range(28):
        clock.advance(timedelta(seconds=1))
        assert watch.look([worker]) == []
    clock.advance(timedelta(seconds=1))
    assert watch.look([worker]) == [worker]
    worker.tell(signal.SIGKILL)
    assert watch.look([worker]) == []
    assert worker.end_of() == -signal.SIGKILL


def test_the_digest_of_files_changes_with_what_a_worker_reads(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "sla.toml").write_text("a = 1")
    launch = Launch(Settings(home=tmp_path, policies=policies), 2, 8000, tmp_path, [])
    before = launch.files()
    assert launch.files() == before
    (policies / "sla.toml").write_text("a = 2")
    assert launch.files() != before


def test_workers_share_an_address_that_nobody_else_gets() -> None:
    port = free_port()
    reserved, found = reserve("127.0.0.1", port)
    workers = [listeners("127.0.0.1", port)[0] for _ in range(2)]
    try:
        assert found == port
        with pytest.raises(ConnectionRefusedError):  # nobody listens yet
            socket.create_connection(("127.0.0.1", port)).close()
        for each in workers:
            each.listen()
        with pytest.raises(PortNotFree, match=f"cannot listen on 127.0.0.1:{port}.*Is the port in use"):
            reserve("127.0.0.1", port)
    finally:
        for each in (*reserved, *workers):
            each.close()
    with pytest.raises(PortNotFree, match="no-such-host"):
        reserve("no-such-host.invalid", port)
    with pytest.raises(PortNotFree, match="no name of a host"):
        listeners("help..example", port)
