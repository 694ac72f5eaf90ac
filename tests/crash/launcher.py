"""Runs `firstline serve` and kills it without warning at the n-th time that it reaches a named point.

    CRASH_AT=after_commit:7 python -m tests.crash.launcher serve --port 8001

The points lie around what a promise hangs on; the service itself knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

POINTS = ("before_begin", "before_commit", "after_commit", "before_replace", "after_replace")


def main() -> None:
    name, _, number = os.environ.get("CRASH_AT", "").partition(":")
    if name:
        arm(name, int(number))
    from serving.cli import main as firstline

    firstline()


def arm(name: str, number: int) -> None:
    """Let the process die when it reaches a point for the n-th time. Raises `ValueError`: there is no such point."""
    if name not in POINTS:
        raise ValueError(f"{name} is none of {', '.join(POINTS)}")
    reached: Counter[str] = Counter()

    def at(point: str) -> None:
        reached[point] += 1
        if point == name and reached[point] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.Connection.exec_driver_sql = _around_commits(sa.Connection.exec_driver_sql, at)  # type: ignore[method-assign]
    os.replace = _around(os.replace, at, "replace")


def _around_commits(run: Callable[..., Any], at: Callable[[str], None]) -> Callable[..., Any]:
    def told(self: sa.Connection, statement: str, *rest: Any, **named: Any) -> Any:
        first = statement.split(" ", 1)[0]
        if statement == "BEGIN IMMEDIATE":
            at("before_begin")
        if first != "COMMIT":
            return run(self, statement, *rest, **named)
        at("before_commit")
        done = run(self, statement, *rest, **named)
        at("after_commit")
        return done

    return told


def _around(run: Callable[..., Any], at: Callable[[str], None], name: str) -> Callable[..., Any]:
    def told(*given: Any, **named: Any) -> Any:
        at(f"before_{name}")
        done = run(*given, **named)
        at(f"after_{name}")
        return done

    return told


if __name__ == "__main__":
    sys.argv[0] = "firstline"
    main()
