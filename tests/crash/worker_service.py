"""`firstline serve --workers 2` in processes of its own, and what a test asks of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.service import BIN, ROOT, create_key
from tests.ports import free_port
from tests.waiting import wait_until


@dataclass
class WorkerService:
    """The parent of two workers; every request has a connection of its own, so that both get some."""

    home: Path
    port: int
    key: str
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.home / "service.log").read_text()

    def workers(self) -> list[int]:
        """Return the ids of the workers' processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in children.read_text().split()]

    def ask(self, method: str, path: str, *, key: str | None = None, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | given.pop("headers", {})
        url = f"http://127.0.0.1:{self.port}{path}"
        with httpx.Client(timeout=60, verify=False, headers=headers) as client:
            return client.request(method, url, **given)

    def wait_for_both(self) -> None:
        """Wait until two workers listen that have not ended."""

        def listening() -> bool:
            assert self.process.poll() is None, self.log[-3000:]
            heard = set(map(int, re.findall(r'"worker\.listens","process":(\d+)', self.log)))
            return len(heard & set(self.workers())) == 2

        wait_until(listening, "two workers never listened", pause=0.05)

    def kill_one(self, number: int) -> None:
        """Kill a worker without warning, and wait until another listens in its place."""
        dead = self.workers()[number]
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda: dead not in self.workers(), "it was never taken away")
        self.wait_for_both()

    def counted(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples with these labels."""
        lines = self.ask("GET", "/metrics").text.splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if re.match(rf"{name}[{{ ]", line) and all(each in line for each in wanted)
        )


@contextmanager
def two_workers(home: Path, **more: str) -> Iterator[WorkerService]:
    """Start the service and wait until both workers listen; kill what a test leaves of it."""
    home.mkdir(parents=True, exist_ok=True)
    key, port = create_key(home, "admin"), free_port()
    told = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_SAMPLE": str(home / "no-sample")}
    with (home / "service.log").open("wb") as written:
        process = subprocess.Popen(
            [str(BIN / "firstline"), "serve", "--port", str(port), "--workers", "2"],
            cwd=ROOT,
            env=os.environ | told | more,
            stdout=written,
            stderr=written,
        )
    service = WorkerService(home, port, key, process)
    try:
        service.wait_for_both()
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)


def is_alive(process: int) -> bool:
    """Tell whether a process runs: one that ended and was not waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def gone(processes: list[int], seconds: float = 30.0) -> bool:
    """Wait until none of the processes runs."""
    until = time.monotonic() + seconds
    while any(map(is_alive, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_alive, processes))


def firstline(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with this home."""
    environment = os.environ | {"FIRSTLINE_HOME": str(home)}
    command = [sys.executable, "-m", "serving.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
