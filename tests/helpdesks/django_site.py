"""Starting the real django-helpdesk in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.service import ROOT
from tests.ports import free_port
from tests.waiting import wait_until

SITE = "tests.helpdesks.django_desk"


@dataclass
class DjangoSite:
    """A running desk, and the tokens of its bot and of an agent."""

    url: str
    token: str
    kim: str

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Token {self.kim}"}
        answer = httpx.request(method, f"{self.url}/api/{path}", headers=headers, timeout=120, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def tickets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "tickets/")["results"]
        return found


@contextmanager
def running(home: Path, hook_url: str, followup_url: str) -> Iterator[DjangoSite]:
    """Fill a fresh database and serve it until the end."""
    home.mkdir(parents=True)
    port = free_port()
    env = os.environ | {
        "DESK_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": f"{SITE}.settings",
        "HELPDESK_NEW_TICKET_WEBHOOK_URLS": hook_url,
        "HELPDESK_FOLLOWUP_WEBHOOK_URLS": followup_url,
        "PYTHONPATH": str(ROOT),
    }
    filled = subprocess.run(
        [sys.executable, "-m", f"{SITE}.fill"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert filled.returncode == 0, filled.stderr
    with (home / "desk.log").open("wb") as log:
        words = ["--interface", "wsgi", f"{SITE}.wsgi:application", "--port", str(port), "--log-level", "warning"]
        process = subprocess.Popen([sys.executable, "-m", "uvicorn", *words], env=env, cwd=ROOT, stdout=log, stderr=log)
    desk = DjangoSite(f"http://127.0.0.1:{port}", *filled.stdout.split()[-2:])

    def answers() -> bool:
        assert process.poll() is None, (home / "desk.log").read_text()[-3000:]
        try:
            desk.tickets()
        except (httpx.TransportError, AssertionError):
            return False
        return True

    try:
        wait_until(answers, "django-helpdesk does not answer", pause=0.1)
        yield desk
    finally:
        process.terminate()
        process.wait(timeout=120)
