"""A service that is killed and started again on one home, and customers who go on asking until they are answered."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from serving.storage.database import read_only
from tests.crash.fork_server import ForkedProcess, ForkServer
from tests.crash.operation_history import OperationHistory
from tests.journeys.service import create_key
from tests.ports import free_port

PATIENCE = 120.0  # seconds until a service that does not come up is an error


@dataclass
class KillableService:
    """The real service in a process of its own; without models, as these are no part of what is promised here."""

    home: Path
    key: str = ""
    port: int = 0
    process: ForkedProcess | None = None
    #: Seconds from each start to the first answer of `/healthz`, without the imports that a first start pays.
    started: list[float] = field(default_factory=list)

    #: What the service is told beside its home: another database, for one.
    environment: dict[str, str] = field(default_factory=dict)
    _fork_server: ForkServer | None = None

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.key, self.port = create_key(self.home, "admin", **self.environment), free_port()

    @property
    def orders(self) -> Path:
        """The file that names the point at which it dies when it next comes there; gone with the next start."""
        return self.home / "crash-orders"

    def look(self) -> AbstractContextManager[sa.Connection]:
        """Open one snapshot of what it keeps, whether it lives or not."""
        return read_only(self.environment.get("FIRSTLINE_DATABASE_URL") or self.home / "firstline.db")

    def start(self, crash_at: str | None = None) -> None:
        """Start the process, to die at a point of `tests.crash.crash_point_launcher` if one is named."""
        self.orders.unlink(missing_ok=True)
        if self._fork_server is None:
            environment = os.environ | {
                "FIRSTLINE_HOME": str(self.home),
                "FIRSTLINE_SAMPLE": str(self.home / "no-sample"),
                "FIRSTLINE_LOG_LEVEL": "warning",
                "CRASH_ORDERS": str(self.orders),
            }
            self._fork_server = ForkServer(environment | self.environment, self.home / "service.log")
        self.process = self._fork_server.begin("serve", "--port", str(self.port), crash_at=crash_at)
        self._wait()

    def _wait(self) -> None:
        begun = time.monotonic()
        # verify=False, as authorities that nobody asks for take as long to read as the service takes to start.
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, verify=False) as client:
            while time.monotonic() - begun < PATIENCE:
                if self.process is None or self.process.poll() is not None:
                    return  # it died on its way up, as it was told to
                try:
                    client.get("/healthz")
                except httpx.TransportError:
                    time.sleep(0.02)
                    continue
                self.started.append(time.monotonic() - begun)
                return
        raise AssertionError((self.home / "service.log").read_text()[-3000:])

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def end(self) -> None:
        """End it as an operator would."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """Kill it, and start it no more."""
        self.kill()
        if self._fork_server is not None:
            self._fork_server.close()
            self._fork_server = None

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout=PATIENCE)

    def died(self, seconds: float) -> bool:
        """Tell whether it dies by itself within some seconds."""
        assert self.process is not None
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


class Customers:
    """Threads that each open tickets one after the other and repeat a request, under its key, until it is answered."""

    def __init__(
        self, service: KillableService, history: OperationHistory, threads: int = 3, pause: float = 0.01
    ) -> None:
        self._service, self._history, self._pause = service, history, pause
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(f"c{n}",), daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody get the answer that they wait for, and no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=PATIENCE)
            if thread.is_alive():
                refused = [(row["key"], row["why"]) for row in self._history.rows() if row["what"] == "failed"]
                log = (self._service.home / "service.log").read_text()[-3000:]
                raise AssertionError(f"A customer was never answered. Last refused: {refused[-20:]}. The log:\n{log}")

    def _run(self, name: str) -> None:
        number = 0
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self._service.port}",
            headers={"Authorization": f"Bearer {self._service.key}"},
            timeout=30,
        ) as client:
            while not self._stopping.is_set():
                number += 1
                self._open(client, f"{name}-{number}")
                time.sleep(self._pause)

    def _open(self, client: httpx.Client, key: str) -> None:
        body = {"subject": f"Case {key}", "description": "It fails.", "external_id": key, "tags": {"priority": "P1"}}
        while True:
            self._history.sent("ticket", key)
            try:
                answer = client.post("/v1/tickets", json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError as error:
                self._history.failed("ticket", key, type(error).__name__)
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self._history.acknowledged("ticket", key, id=answer.json()["id"], body=answer.text)
                return
            self._history.failed("ticket", key, str(answer.status_code))
            assert answer.status_code in {409, 503}, answer.text
            time.sleep(0.05)


def all_tickets(service: KillableService) -> list[dict[str, Any]]:
    """Read every ticket over HTTP, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    with httpx.Client(
        base_url=f"http://127.0.0.1:{service.port}", headers={"Authorization": f"Bearer {service.key}"}, timeout=30
    ) as client:
        while True:
            page = client.get("/v1/tickets", params={"cursor": cursor} if cursor else {}).raise_for_status().json()
            found += page["tickets"]
            cursor = page["next_cursor"]
            if not cursor:
                return found


def assert_whole(connection: sa.Connection) -> None:
    """Insist that the file is sound, and that each ticket has as many events as its version says, without a gap."""
    if connection.dialect.name == "sqlite":
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
    torn = connection.execute(
        sa.text(
            "SELECT t.id FROM tickets t LEFT JOIN ticket_events e ON e.ticket_id = t.id"
            " GROUP BY t.id, t.version HAVING count(e.number) != t.version OR max(e.number) != t.version"
        )
    ).all()
    strays = connection.execute(
        sa.text("SELECT ticket_id FROM ticket_events WHERE ticket_id NOT IN (SELECT id FROM tickets)")
    ).all()
    assert torn == []
    assert strays == []
