"""Waiting for what becomes true by itself: soon on a free machine, and some time on a busy one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 120.0  # seconds; only what never comes costs them


def wait_until(ask: Callable[[], T], told: str = "it never came", *, pause: float = 0.02) -> T:
    """Ask again and again until the answer is true, and return it; what it said last is told when it never is."""
    until = time.monotonic() + PATIENCE
    while not (said := ask()):
        assert time.monotonic() < until, f"{told}: {said!r}"
        time.sleep(pause)
    return said
