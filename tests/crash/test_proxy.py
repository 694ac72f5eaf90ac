"""The fault proxy does what it says: otherwise the tests behind it prove nothing."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.crash.proxy import FaultProxy, proxied

WORDS = b"0123456789" * 10


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while piece := self.request.recv(4096):
            self.request.sendall(piece)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with proxied(server.server_address[1]) as between:
            yield between
        server.shutdown()


def ask(proxy: FaultProxy, seconds: float = 60) -> bytes:
    """Send the words and read until they are all back, or until the connection ends."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds) as connection:
        connection.sendall(WORDS)
        back = b""
        while len(back) < len(WORDS) and (piece := connection.recv(4096)):
            back += piece
        return back


def test_without_a_fault_everything_passes(proxy: FaultProxy) -> None:
    assert ask(proxy) == WORDS


def test_latency_holds_every_piece_back(proxy: FaultProxy) -> None:
    proxy.set(latency=0.05, slice=25)
    begun = time.monotonic()

    assert ask(proxy) == WORDS
    assert time.monotonic() - begun >= 0.2  # four pieces; never sooner, however busy the machine


def test_a_limit_ends_the_answer_early(proxy: FaultProxy) -> None:
    proxy.set(limit=30)

    assert ask(proxy) == WORDS[:30]


def test_a_reset_is_an_error_to_the_client(proxy: FaultProxy) -> None:
    proxy.set(reset=True, limit=30)

    with pytest.raises(ConnectionResetError):
        _ = [ask(proxy) for _ in range(20)]  # the first bytes may arrive before the reset does


def test_nobody_answers_while_it_is_down_and_all_is_well_after(proxy: FaultProxy) -> None:
    proxy.set(down=True)
    try:
        told = ask(proxy)
    except ConnectionError:
        told = b""
    proxy.set()

    assert told == b""
    assert ask(proxy) == WORDS


def test_a_partition_says_nothing_and_heals(proxy: FaultProxy) -> None:
    proxy.set(partition=True)
    with pytest.raises(TimeoutError):
        ask(proxy, seconds=0.3)
    proxy.set()

    assert ask(proxy) == WORDS


def test_a_slow_close_keeps_the_connection_open_after_the_last_byte(proxy: FaultProxy) -> None:
    proxy.set(limit=len(WORDS), slow_close=0.2)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as connection:
        begun = time.monotonic()  # before the last byte, however long its news takes to this thread
        connection.sendall(WORDS)
        back = connection.recv(len(WORDS), socket.MSG_WAITALL)
        end = connection.recv(1)

    assert (back, end) == (WORDS, b"")
    assert time.monotonic() - begun >= 0.2
