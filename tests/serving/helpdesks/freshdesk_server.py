"""A Freshdesk over real sockets: it has no idempotency of its own, and it fails in the ways that a test names."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class FreshdeskServer(ThreadingHTTPServer):
    """Keeps tickets and the order of their writes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tickets: dict[int, dict[str, Any]] = {}
        self.priorities: list[int] = []  # as they were written, one after another
        self.failure = ""  # reset | throttled | lost
        self.calls = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self.lock:
            if method == "POST" and path == "/api/v2/tickets":
                number = len(self.tickets) + 1
                self.tickets[number] = {"id": number, "custom_fields": {}, "notes": []} | body
                return 500 if self.failure == "lost" else 201, self.tickets[number]
            if path.startswith("/api/v2/search"):
                asked = unquote(path).partition("tag:'")[2].partition("'")[0]
                return 200, {"results": [each for each in self.tickets.values() if asked in each["tags"]]}
            ticket = self.tickets[int(path.split("/")[4])]
            if method == "PUT":
                ticket |= body
                self.priorities += [body["priority"]] if "priority" in body else []
            if method == "POST":
                ticket["notes"].append(body["body"])
            return 200, ticket


class _Handler(BaseHTTPRequestHandler):
    server: FreshdeskServer

    def answer(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        self.server.calls += 1
        if self.server.failure == "reset":
            self.close_connection = True
            return
        throttled = self.server.failure == "throttled"
        status, told = (429, {}) if throttled else self.server.answer(self.command, self.path, body)
        content = json.dumps(told).encode()
        self.send_response(status)
        if throttled:
            self.send_header("Retry-After", "7200")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 (their names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[FreshdeskServer]:
    """Serve until the end."""
    server = FreshdeskServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
