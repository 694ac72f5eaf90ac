"""After SIGTERM, behind a load balancer: not ready, each connection ends with its response, and none is reset."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.peers.sqlite_driver import shared_driver
from tests.serving.http.server.raw_client import Target, get, served
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

KEPT = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(params=["1", "2"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    if request.param == "2" and shared_driver() is None:
        pytest.skip("no SQLite here may be shared")
    registry = Registry(tmp_path / "home/models")  # with a model it is soon ready, and listens only then
    registry.make_current(registry.add(tiny_bundle(tmp_path / "bundle", name="a")))
    with served(tmp_path / "home", drain_seconds="2", workers=request.param) as target:
        yield target


def answer(connection: socket.socket) -> bytes:
    """Return what comes to one request: to the end of a small JSON body."""
    heard = b""
    while not heard.endswith(b"}") and (part := connection.recv(65_536)):
        heard += part
    return heard


def test_it_says_that_it_is_not_ready_and_serves_on(target: Target) -> None:
    with target.connect() as kept:
        kept.sendall(KEPT)
        assert b"connection: close" not in answer(kept).lower()
        os.kill(target.pid, signal.SIGTERM)
        wait_until(lambda: b"It is about to end." in target.ask(get("/readyz")), "it is still ready")

        def last() -> bytes | None:
            kept.sendall(KEPT)
            said = answer(kept)
            assert said.startswith(b"HTTP/1.1 200")
            return said if b"connection: close" in said.lower() else None

        wait_until(last, "the connection is kept")
    wait_until(lambda: _is_refused(target), "it listens on")


@pytest.mark.parametrize("target", ["1"], indirect=True)
def test_a_connection_that_only_the_kernel_has_taken_is_answered(target: Target) -> None:
    os.kill(target.pid, signal.SIGTERM)
    wait_until(lambda: b"It is about to end." in target.ask(get("/readyz")), "it is still ready")
    os.kill(target.pid, signal.SIGSTOP)
    with target.connect() as waiting:
        waiting.sendall(KEPT)
        time.sleep(2)  # its time is over
        os.kill(target.pid, signal.SIGCONT)
        assert answer(waiting).startswith(b"HTTP/1.1 200")


def _is_refused(target: Target) -> bool:
    try:
        target.connect().close()
    except ConnectionRefusedError:
        return True
    return False
