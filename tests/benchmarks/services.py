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
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRSTLINE = ROOT / ".venv/bin/firstline"
#: A checkout beside the one that is installed runs its own code.
OWN_CODE = {"PYTHONPATH": str(ROOT)}
OURS, PEER = "firstline", "naive"
#: What the peer is written with, in the lab environment.
PEER_NEEDS = ("fastapi", "sentence_transformers", "sklearn", "uvicorn")


@dataclass(frozen=True)
class Memory:
    """Resident memory of a service's processes together, MiB; `shared_once` counts what they share only once."""

    resident: float
    shared_once: float
    processes: int


@dataclass
class Running:
    """A service that answered its health check."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    seconds_to_ready: float

    def memory(self) -> Memory:
        """Read the memory of the process and of all that it has started."""
        folders = list(self._processes())
        resident = sum(_kib(folder / "status", "VmRSS") for folder in folders)
        shared = sum(_kib(folder / "smaps_rollup", "Pss") for folder in folders)
        return Memory(round(resident / 1024, 1), round(shared / 1024, 1), len(folders))

    def cpu(self) -> float:
        """Return the seconds of a processor that they have used: other programs change little of that."""
        ticks = 0
        for folder in self._processes():
            after_name = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(after_name[11]) + int(after_name[12])  # user and system
        return ticks / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> Iterator[Path]:
        pids = [self.process.pid]
        while pids:
            folder = Path(f"/proc/{pids.pop()}")
            yield folder
            for task in (folder / "task").iterdir():
                pids += [int(child) for child in (task / "children").read_text().split()]


@dataclass(frozen=True)
class Start:
    """How a service is started, and the path that answers 200 once it is ready."""

    name: str
    command: list[str]
    port: int
    environment: dict[str, str]
    ready: str


def _kib(file: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", file.read_text(), re.MULTILINE)
    return int(found.group(1)) if found else 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def running(start: Start) -> Iterator[Running]:
    """Start a service, wait until it is ready, stop it with SIGTERM at the end."""
    began = time.perf_counter()
    environment = os.environ | OWN_CODE | start.environment
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed, neither compiles its modules at each start
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(start.command, cwd=ROOT, env=environment, **quiet)  # type: ignore[call-overload]
    try:
        while not answers(f"http://127.0.0.1:{start.port}{start.ready}"):
            if process.poll() is not None or time.perf_counter() - began > 300:
                raise RuntimeError(f"{start.name} did not get ready: {' '.join(start.command)}")
            time.sleep(0.02)
        yield Running(start.name, start.port, process, round(time.perf_counter() - began, 2))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def firstline(home: Path, port: int, workers: int) -> Start:
    """Return how our service is started, with so many workers where it can have them."""
    command = [str(FIRSTLINE), "serve", "--port", str(port)]
    command += ["--workers", str(workers)] if knows_workers() else []
    # The load comes from one address, which may then have any number of connections.
    environment = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_TRUSTED_PROXIES": "127.0.0.1/32"}
    return Start(OURS, command, port, environment, "/readyz")


def knows_workers() -> bool:
    """Whether `firstline serve` can start several processes."""
    told = subprocess.run(
        [str(FIRSTLINE), "serve", "--help"], cwd=ROOT, env=os.environ | OWN_CODE, capture_output=True, text=True
    )
    return "--workers" in told.stdout


def naive(folder: Path, port: int, workers: int) -> Start:
    """Return how the peer is started."""
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.naive_service:app", "--port", str(port)]
    command += ["--workers", str(workers), "--log-level", "warning"]
    return Start(PEER, command, port, {"NAIVE_FOLDER": str(folder)}, "/healthz")


def peer_lacks() -> list[str]:
    """Return the packages that the peer needs and this environment does not have."""
    return [name for name in PEER_NEEDS if find_spec(name) is None]


def index_by_two(home: Path, articles: Path, second: Path) -> None:
    """Make a home with an index by two encoders and no model; `second` is the folder of the multilingual encoder."""
    home.mkdir()
    (home / "multilingual").symlink_to(second)
    command = [str(FIRSTLINE), "index", "--articles", str(articles), "--out", str(home / "index")]
    command += ["--second-encoder", str(home / "multilingual/int8")]
    environment = os.environ | OWN_CODE | {"FIRSTLINE_HOME": str(home)}
    subprocess.run(command, cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL)


def make_key(home: Path) -> str:
    """Return a new key of the scope admin."""
    command = [str(FIRSTLINE), "keys", "create", "--scope", "admin"]
    environment = os.environ | OWN_CODE | {"FIRSTLINE_HOME": str(home)}
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    return next(word for word in printed.stdout.split() if word.startswith("sk_"))
