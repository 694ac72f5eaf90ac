"""Starts a service that is killed often: each process is a fork of one that has imported everything already.

A fork is killed as any other process; only Python's imports are not paid again at each start.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.journeys.service import ROOT


class ForkedProcess:
    """One process, as `subprocess.Popen` would show it."""

    def __init__(self, pid: int, fork_server: ForkServer) -> None:
        self.pid, self._fork_server = pid, fork_server
        self._ended = False

    def poll(self) -> int | None:
        """Return None while it lives."""
        self._ended = self._ended or self._fork_server.ended_within(0)
        return 0 if self._ended else None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is dead already."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> None:
        """Wait until it has ended. Raises `subprocess.TimeoutExpired`: it has not."""
        self._ended = self._ended or self._fork_server.ended_within(timeout)
        if not self._ended:
            raise subprocess.TimeoutExpired("firstline", timeout)


class ForkServer:
    """The process that forks; see `tests.crash.crash_point_launcher`, or another that does more and then the same."""

    def __init__(
        self, environment: dict[str, str], log: Path, launcher: str = "tests.crash.crash_point_launcher"
    ) -> None:
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                [sys.executable, "-m", launcher, "fork-server"],
                cwd=ROOT,
                env=environment | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
                bufsize=0,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asks, self._tells = self._process.stdin, self._process.stdout

    def begin(self, *words: str, crash_at: str | None = None) -> ForkedProcess:
        """Fork a process that runs a command line."""
        self._asks.write(" ".join([crash_at or "-", *words, "\n"]).encode())
        return ForkedProcess(int(self._tells.readline()), self)

    def ended_within(self, seconds: float) -> bool:
        """Tell whether the newest process ends within some seconds."""
        readable, _, _ = select.select([self._tells], [], [], seconds)
        return bool(readable) and bool(self._tells.readline())

    def close(self) -> None:
        """End the server; its newest process has ended."""
        self._asks.close()
        self._process.wait(timeout=120)
        self._tells.close()
