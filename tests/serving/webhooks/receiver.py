"""A receiver on this machine that behaves as badly as it is told to."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]
LISTENING: dict[str, Receiver] = {}  # by URL


def answers(status: int, *headers: str, body: bytes = b"") -> Behaviour:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says_garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff\x13 not http at all\r\n\r\n")


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.perf_counter)


@dataclass
class Receiver:
    """Listens on loopback, one thread a connection; what it took with success lies in `received`."""

    behaviour: Behaviour = field(default_factory=lambda: OK)
    received: list[Received] = field(default_factory=list)
    calls: int = 0
    tls: ssl.SSLContext | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        LISTENING[self.url] = self
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def never_answers(self) -> bool:
        """Whether to wait for it is to wait in vain."""
        return self.behaviour in (self.hangs, self.drips, self.drips_body)

    def hangs(self, connection: socket.socket) -> None:
        self.over.wait(900)

    def drips(self, connection: socket.socket) -> None:
        """Send a byte of a header now and then, for ever."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.over.wait(0.05):
            connection.sendall(b"a")

    def drips_body(self, connection: socket.socket) -> None:
        """Promise a body and send a byte of it now and then."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while not self.over.wait(0.05):
            connection.sendall(b"a")

    def close(self) -> None:
        del LISTENING[self.url]
        self.over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            spoken = connection if self.tls is None else self.tls.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        self._answer(spoken)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = _read(connection)
                self.calls += 1
                behaviour = self.behaviour
                if request is not None and behaviour is OK:
                    self.received.append(request)
                behaviour(connection)
            except OSError:
                return


OK = answers(204)


def _read(connection: socket.socket) -> Received | None:
    read = b""
    while b"\r\n\r\n" not in read:
        part = connection.recv(65536)
        read += part
        if not part or read.startswith(b"\x16"):  # the first byte of TLS, which is not spoken here
            return None
    head, _, body = read.partition(b"\r\n\r\n")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
    }
    while len(body) < int(headers.get("content-length", 0)):
        part = connection.recv(65536)
        if not part:  # who sent it died on the way
            return None
        body += part
    return Received(headers, body)


def told(receiver: Receiver) -> list[tuple[str, str, int]]:
    """Return of each message received the ticket, the type and the number."""
    bodies = [json.loads(received.body) for received in receiver.received]
    return [(body["data"].get("id"), body["type"], body["sequence"]) for body in bodies]


def behaviours(receiver: Receiver) -> dict[str, Behaviour]:
    return {
        "500": answers(500),
        "301": answers(301, "Location: http://127.0.0.1:1/"),
        "429": answers(429, "Retry-After: 600"),
        "reset": resets,
        "garbage": says_garbage,
        "hang": receiver.hangs,
        "drip": receiver.drips,
        "drip body": receiver.drips_body,
    }
