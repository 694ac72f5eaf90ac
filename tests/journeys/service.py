"""The real service in a process of its own, as `make serve` starts it, with a home of its own."""

from __future__ import annotations

import os
import re
import shutil
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

from tests.ports import free_port
from triage.model.registry import Registry

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def command(home: Path, *words: str, code: int = 0, **more: str) -> str:
    """Run one of our commands with this home; return what it printed, and insist on its exit code."""
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=ROOT,
        env=os.environ | {"FIRSTLINE_HOME": str(home)} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def create_key(home: Path, scope: str, *words: str, **more: str) -> str:
    return re.findall(r"[sp]k_\S+", command(home, "firstline", "keys", "create", "--scope", scope, *words, **more))[0]


def take_the_sample_as_its_own(home: Path) -> None:
    """Give a desk articles and a model of its own; without, its first ticket ends the sample's."""
    registry = Registry(home / "models")
    registry.make_current(registry.add(ROOT / "var/sample/bundle"))
    shutil.copytree(ROOT / "var/sample/index", home / "index")


@dataclass
class Service:
    """A running service and a client that carries a key."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path

    def wait(self, path: str, *, until: Any, seconds: float = 120) -> Any:
        """Ask `path` until `until(body)` holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                response = self.client.get(path)
                if response.status_code == 200 and until(response.json()):
                    return response.json()
            except httpx.TransportError:
                if self.process.poll() is not None:
                    break
            time.sleep(0.1)
        raise AssertionError(f"{path} did not get there in {seconds} s; the log:\n{self.log.read_text()[-3000:]}")


@contextmanager
def serving(
    home: Path, key: str, *, port: int | None = None, inside: tuple[str, ...] = (), **more: str
) -> Iterator[Service]:
    """Start the service, `inside` a command that runs another; `more` are settings, such as FIRSTLINE_HELPDESKS."""
    port, log = port or free_port(), home / "service.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*inside, str(BIN / "firstline"), "serve", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"FIRSTLINE_HOME": str(home)} | more,
            stdout=written,
            stderr=written,
        )
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
        service = Service(process, client, log)
        try:
            service.wait("/readyz", until=lambda body: True)
            yield service
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
