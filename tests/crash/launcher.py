"""Runs `firstline serve` and kills it without warning at the n-th time that it reaches a named point.

    CRASH_ORDERS=FILE python -m tests.crash.launcher nursery

imports the service once and then, for each line of stdin such as `after_commit:7 serve --port 8001`, runs that command
in a fork that dies at the 7th commit (`-` for one that is not told to die). A process also dies at the point whose
name stands in FILE, which may be written while it runs. The points lie around what a promise hangs on; the service
itself knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

POINTS = ("before_begin", "before_commit", "after_commit", "before_replace", "after_replace")
WRITES = "tests.crash.writes"  # the mark of a connection whose transaction writes: what only reads promises nothing


def main() -> None:
    """Run a child for each line, one after the other; print its id when it begins, and a line when it ended."""
    import serving.composition
    import serving.web  # noqa: F401 (what `serve` would import)
    from serving.cli import main as firstline

    obey(Path(os.environ["CRASH_ORDERS"]))
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            crash_at, *words = line.split()
            name, _, number = crash_at.partition(":")
            if number:
                arm(name, int(number))
            sys.argv = ["firstline", *words]
            sys.exit(firstline())
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


def arm(name: str, number: int) -> None:
    """Let the process die when it reaches a point for the n-th time. Raises `ValueError`: there is no such point."""
    if name not in POINTS:
        raise ValueError(f"{name} is none of {', '.join(POINTS)}")
    reached: Counter[str] = Counter()

    def at(point: str) -> None:
        reached[point] += 1
        if point == name and reached[point] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(at)


def obey(orders: Path) -> None:
    """Let the process die at the point that a file names, as soon as it does."""

    def at(point: str) -> None:
        if orders.exists() and orders.read_text() == point:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(at)


def _watch(at: Callable[[str], None]) -> None:
    sa.Connection.exec_driver_sql = _around_commits(sa.Connection.exec_driver_sql, at)  # type: ignore[method-assign]
    os.replace = _around(os.replace, at, "replace")


def _around_commits(run: Callable[..., Any], at: Callable[[str], None]) -> Callable[..., Any]:
    def told(self: sa.Connection, statement: str, *rest: Any, **named: Any) -> Any:
        if statement == "BEGIN IMMEDIATE":
            self.info[WRITES] = True
            at("before_begin")
        if statement != "COMMIT" or not self.info.pop(WRITES, False):
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
    main()
