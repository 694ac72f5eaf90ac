"""A client that writes bytes as it likes, and the service that it is let loose on."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[4]
BIN = Path(sys.executable).parent


@dataclass
class Target:
    """The service in a process of its own."""

    port: int
    pid: int

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        """Connect from an address; all of 127.0.0.0/8 are this machine's."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE, source_address=(address, 0))

    def ask(self, *parts: bytes, address: str = "127.0.0.1") -> bytes:
        """Send the parts and return all that comes back until the service closes."""
        with self.connect(address) as connection:
            for part in parts:
                connection.sendall(part)
            return rest(connection)

    def peak_mb(self) -> float:
        """Return the most memory that it ever held, MiB."""
        said = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        assert said is not None
        return int(said[1]) / 1024


def rest(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes, gracefully or not."""
    heard = b""
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            heard += part
    return heard


def post(path: str, length: int, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]).encode()


@contextmanager
def served(home: Path, **settings: str) -> Iterator[Target]:
    """Start the service; it need not be ready, only alive."""
    home.mkdir(exist_ok=True)
    port = free_port()
    environment = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_SAMPLE": str(home / "none"), "FIRSTLINE_DEMO": "false"}
    with (home / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [str(BIN / "firstline"), "serve", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | environment | {f"FIRSTLINE_{name.upper()}": value for name, value in settings.items()},
            stdout=log,
            stderr=log,
        )
    target = Target(port, process.pid)

    def alive() -> bool:
        assert process.poll() is None, (home / "service.log").read_text()
        with suppress(ConnectionError):
            return b" 200 " in target.ask(get("/healthz"))
        return False

    try:
        wait_until(alive)
        yield target
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
