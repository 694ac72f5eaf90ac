"""A Dask scheduler with workers, each a process of its own that a test may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class DaskProcesses:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def kill_one(self) -> None:
        self.workers[0].send_signal(signal.SIGKILL)
        self.workers[0].wait()


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def dask_processes(folder: Path, number: int = 2) -> Iterator[DaskProcesses]:
    """Start a scheduler and workers without nannies: nobody starts one again that was killed."""
    port = _free_port()
    address = f"tcp://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}

    def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
        with (folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    scheduler = started("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
    workers: list[subprocess.Popen[bytes]] = []
    try:
        wait_until(lambda: _answers(port), "the scheduler does not start")
        options = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder))
        workers += [started("dask_worker", address, *options) for _ in range(number)]
        yield DaskProcesses(address, scheduler, workers)
    finally:
        for each in [*workers, scheduler]:  # nothing of them is needed any more, and their farewells take long
            each.kill()
            each.wait()
