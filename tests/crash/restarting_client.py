"""Requests to a service that may die under them."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.crash.killable_service import KillableService

UNCONFIRMED = 503  # what a machine that does much else may answer: the database was not heard in time


@dataclass(frozen=True)
class Request:
    """One request, as it can be sent again."""

    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def under(self, key: str | None) -> Request:
        """Give it an Idempotency-Key, or none."""
        return self if key is None else replace(self, headers={**self.headers, "Idempotency-Key": key})


@dataclass
class RestartingClient:
    """A client that starts the service again when it died under a request, and says so by answering None."""

    service: KillableService
    counted: Counter[str] = field(default_factory=Counter)
    _client: httpx.Client | None = None
    _doomed: bool = False

    def send(self, request: Request) -> httpx.Response | None:
        """Send it; None when nobody answered, or it was not confirmed: whether it had its effect is not known then."""
        self.counted["requests"] += 1
        try:
            answer = self._open().request(
                request.method, request.path, json=request.body or None, headers=dict(request.headers)
            )
            if answer.status_code != UNCONFIRMED:
                return answer
            self.counted["not confirmed"] += 1
            time.sleep(0.2)
            return None
        except httpx.TransportError:
            assert self._doomed, "it broke a connection, and nobody had killed it"
            assert self.service.died(60), "it broke a connection, and lives"
            self.counted["died under a request"] += 1
            self.restart()
            return None

    def insist(self, request: Request) -> httpx.Response:
        """Send it until it is answered, whatever dies meanwhile."""
        while (answer := self.send(request)) is None:
            continue
        return answer

    def ask(self, path: str, **parameters: Any) -> Any:
        """Read something, again if the service died under it."""
        wanted = str(httpx.URL(path, params=parameters)) if parameters else path
        answer = self.insist(Request("GET", wanted))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tickets(self, since: str, limit: int) -> list[dict[str, Any]]:
        """Read the tickets from one on, newest first, in pages of `limit`."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ask("/v1/tickets", limit=limit, **cursor)
            found += [ticket for ticket in page["tickets"] if ticket["id"] >= since]
            cursor = {"cursor": page["next_cursor"]}
            if not page["next_cursor"] or page["tickets"][-1]["id"] < since:
                return found

    def doom_at(self, point: str) -> None:
        """Let it die when it next comes to a point."""
        self._doomed = True
        self.service.orders.write_text(point)

    def doom_in(self, seconds: float) -> None:
        """Let it die soon, in the middle of whatever it does then."""
        process = self.service.process
        assert process is not None
        self._doomed = True
        threading.Timer(seconds, process.send_signal, [signal.SIGKILL]).start()

    def kill(self) -> None:
        """Kill it between two requests, and start it."""
        self.service.kill()
        self.restart()

    def end(self) -> None:
        """Ask it to end, and start it."""
        self.service.end()
        self.counted["ended"] += 1
        self._begin()

    def restart(self) -> None:
        """Start it after it was killed."""
        self.counted["killed"] += 1
        self._begin()

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _begin(self) -> None:
        self.close()
        self._doomed = False
        self.service.start()

    def _open(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                base_url=f"http://127.0.0.1:{self.service.port}",
                headers={"Authorization": f"Bearer {self.service.key}"},
                timeout=60,
                verify=False,  # as in `KillableService`
                limits=httpx.Limits(keepalive_expiry=2),
            )
        return self._client
