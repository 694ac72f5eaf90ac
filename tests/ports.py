"""Ports for the servers that tests start."""

from __future__ import annotations

import os
import random
import socket

#: Below those that Linux gives to whoever connects. One of those may be taken between the question and the bind, and
#: who knocks at one where nobody listens may be given that very port, and meet himself.
#: Processes that share the test run (pytest-xdist) have ports of their own each: nobody takes another's in between.
_WORKER, _WORKERS = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
OURS = range(10_000 + int(_WORKER.removeprefix("gw")), 32_768, int(_WORKERS))
_chance = random.SystemRandom()
_given: set[int] = set()


def free_port() -> int:
    """Return a port of this machine where nobody listens, and none that was given before."""
    while True:
        port = _chance.choice(OURS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
