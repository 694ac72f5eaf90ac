"""Starting the two services that are compared, and reading what they cost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A service that answered its health check."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    seconds_to_ready: float

    def resident_mb(self) -> float:
        """Return the resident set of the process and its children, MiB."""
        pids, total = [self.process.pid], 0
        while pids:
            pid = pids.pop()
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(re.search(r"VmRSS:\s+(\d+)", status).group(1))  # type: ignore[union-attr]
            pids += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return round(total / 1024, 1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def running(name: str, command: list[str], port: int, environment: dict[str, str], ready: str) -> Iterator[Running]:
    """Start `command`, wait for `ready` (a path) to answer 200, stop it with SIGTERM at the end."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(f"http://127.0.0.1:{port}{ready}"):
            if process.poll() is not None or time.perf_counter() - start > 120:
                raise RuntimeError(f"{name} did not get ready: {' '.join(command)}")
            time.sleep(0.02)
        yield Running(name, port, process, round(time.perf_counter() - start, 2))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def firstline(home: Path, port: int) -> dict[str, object]:
    """Arguments of `running` for our service: one process, as `make serve` starts it."""
    command = [str(ROOT / ".venv/bin/firstline"), "serve", "--port", str(port)]
    return {
        "name": "firstline",
        "command": command,
        "port": port,
        "environment": {"FIRSTLINE_HOME": str(home)},
        "ready": "/readyz",
    }


def naive(folder: Path, port: int, workers: int) -> dict[str, object]:
    """Arguments of `running` for the peer."""
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.naive_service:app", "--port", str(port)]
    command += ["--workers", str(workers), "--log-level", "warning"]
    return {
        "name": f"naive x{workers}",
        "command": command,
        "port": port,
        "environment": {"NAIVE_FOLDER": str(folder)},
        "ready": "/healthz",
    }
