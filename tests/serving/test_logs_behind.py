"""Logs that a thread writes: nobody waits for them, and none is lost at the end."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading

import pytest

from serving import telemetry
from serving.telemetry import Telemetry, log_to, write_logs_behind
from tests.fakes import FrozenClock
from tests.waiting import PATIENCE, wait_until


class Stuck(io.StringIO):
    """A standard error that nobody reads for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.read_again = threading.Event()

    def write(self, text: str) -> int:
        assert self.read_again.wait(PATIENCE)
        return super().write(text)


@pytest.fixture
def stuck() -> Stuck:
    return Stuck()


@pytest.fixture(autouse=True)
def loggers() -> object:
    root, ours = logging.getLogger(), logging.getLogger(telemetry.OURS)
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before


def test_nobody_waits_for_a_log_that_is_not_read_and_what_was_dropped_is_counted(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "_QUEUED", 100)
    log_to(stuck, FrozenClock(), "info")
    write_logs_behind()
    (handler,) = logging.getLogger().handlers
    for number in range(1_000):
        Telemetry().event("request", number=number)  # would never come back
    stuck.read_again.set()
    wait_until(lambda: "log.dropped" in stuck.getvalue())
    handler.close()
    lines = [json.loads(line) for line in stuck.getvalue().splitlines()]
    written = [line["number"] for line in lines if line["event"] == "request"]
    assert written[:100] == list(range(100))
    assert written == sorted(written)  # one more has room once the thread has taken the first
    assert sum(line.get("lines", 1) for line in lines) == 1_000


def test_a_process_that_ends_writes_what_is_queued() -> None:
    program = """
from serving.clock import SystemClock
from serving.telemetry import Telemetry, log_to, write_logs_behind
log_to(None, SystemClock(), "info")
write_logs_behind()
for number in range(3_000):
    Telemetry().event("request", number=number)
raise SystemExit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert [json.loads(line)["number"] for line in done.stderr.splitlines()] == list(range(3_000))
