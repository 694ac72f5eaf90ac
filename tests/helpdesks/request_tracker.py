"""A private Request Tracker 5 from Debian's packages: its own folder, port and user, gone when the test ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.service import ROOT
from tests.ports import free_port
from tests.waiting import wait_until

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP = "rt-setup-database-5"
FILES = Path(__file__).parent / "rt"
SCRIP = ROOT / "docs/helpdesks/rt_scrip.pl"
NOBODY = 65534
HOW = (
    "Request Tracker is not installed: apt-get install --no-install-recommends request-tracker5 rt5-db-sqlite "
    "rt5-standalone dbconfig-no-thanks msmtp-mta"
)


def needed() -> None:
    """Skip with one reason where RT is not installed; REAL_RT=required makes that a failure."""
    if SERVER.exists() and shutil.which(SETUP):
        return
    if os.environ.get("REAL_RT") == "required":
        pytest.fail(HOW)
    pytest.skip(HOW)


@dataclass
class RequestTracker:
    """A running desk, and two who work there: our bot and an agent."""

    url: str
    home: Path

    def token(self, name: str) -> str:
        return (self.home / f"token.{name}").read_text()

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"token {self.token(who)}"}
        answer = httpx.request(method, f"{self.url}/REST/2.0/{path}", headers=headers, timeout=120, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def show(self, ticket_id: str) -> dict[str, Any]:
        """Return a ticket with its custom fields by name."""
        found: dict[str, Any] = self.ask("kim", "GET", f"ticket/{ticket_id}")
        return found | {each["name"]: each["values"] for each in found["CustomFields"]}


@contextmanager
def running(home: Path, hook_url: str, hook_secret: str) -> Iterator[RequestTracker]:
    """Set up the database, start the server, and end it with all its workers."""
    port = free_port()
    for name in ("mason_data", "session_data", "conf.d"):
        (home / name).mkdir(parents=True)
    for path in (*FILES.iterdir(), SCRIP):
        shutil.copy(path, home)
    (home / "rootpw").write_text("only-in-tests")
    as_nobody = []
    if os.geteuid() == 0:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        home.chmod(0o755)
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    env = os.environ | {
        "DESK_HOME": str(home),
        "DESK_PORT": str(port),
        "DESK_HOOK_URL": hook_url,
        "DESK_HOOK_SECRET": hook_secret,
        "RT_SITE_CONFIG": str(home / "site.pm"),
        "RT_SITE_CONFIG_DIR": str(home / "conf.d"),
    }
    setup = [*as_nobody, SETUP, "--dba", "x", "--dba-password", ""]
    with (home / "rt.log").open("wb") as log:
        for step in (
            ["--action", "init", "--root-password-file", str(home / "rootpw")],
            ["--action", "insert", "--datafile", str(home / "initialdata.pl")],
        ):
            subprocess.run([*setup, *step], env=env, cwd=home, stdout=log, stderr=log, check=True, timeout=600)
        server = [*as_nobody, str(SERVER), "--server", "Starlet", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [*server, "--max-workers", "3"], env=env, cwd=home, stdout=log, stderr=log, start_new_session=True
        )
    desk = RequestTracker(f"http://127.0.0.1:{port}", home)
    try:
        _wait(desk, process)
        yield desk
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def _wait(desk: RequestTracker, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, (desk.home / "rt.log").read_text()[-3000:]
        try:
            desk.ask("kim", "GET", "rt")
        except (httpx.TransportError, AssertionError):
            return False
        return True

    wait_until(answers, "Request Tracker does not answer", pause=0.1)
