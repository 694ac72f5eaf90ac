"""Runs `firstline serve` and kills it without warning at the n-th time that it reaches a named point.

    CRASH_ORDERS=FILE python -m tests.crash.crash_point_launcher fork-server

imports the service once and then, for each line of stdin such as `after_commit:7 serve --port 8001`, runs that command
in a fork that dies at the 7th commit (`-` for one that is not told to die). A process also dies at the point whose
name stands in FILE, which may be written while it runs. The points lie around what a promise hangs on, and are the same
on each engine; the service itself knows nothing of them. CRASH_LEASE makes the leases of jobs so many seconds long.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

POINTS = (
    "before_begin",  # of a transaction that writes
    "before_statement",  # of such a transaction
    "before_commit",
    "after_commit",
    "before_answer",  # the effect and its receipt are kept, and nobody was told
    "before_call",  # somebody else's URL
    "after_call",  # it answered, and that is not written down
    "before_extend",  # the lease of a job that runs
    "after_extend",
    "before_replace",
    "after_replace",
)
WRITES = "tests.crash.writes"  # the mark of a connection whose transaction writes: what only reads promises nothing
BEGINS = ("BEGIN IMMEDIATE", "SELECT pg_advisory_xact_lock(")  # how such a transaction begins, on each engine

At = Callable[[str], None]


def main() -> None:
    """Run a child for each line, one after the other; print its id when it begins, and a line when it ended."""
    import serving.composition
    import serving.web  # noqa: F401 (what `serve` would import)
    from serving.cli import main as firstline

    orders = Path(os.environ["CRASH_ORDERS"])
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            crash_at, *words = line.split()
            watch(doomed(orders, crash_at))
            sys.argv = ["firstline", *words]
            sys.exit(firstline())
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


def doomed(orders: Path, crash_at: str) -> At:
    """Return what kills this process at the n-th time that it reaches a point, and at the one that a file names.

    Raises `ValueError`: there is no such point.
    """
    name, _, number = crash_at.partition(":")
    if number and name not in POINTS:
        raise ValueError(f"{name} is none of {', '.join(POINTS)}")
    left = itertools.count(int(number or 0) - 1, -1)  # one step of it is taken by one thread

    def at(point: str) -> None:
        due = point == name and next(left) == 0
        if due or (orders.exists() and orders.read_text() == point):
            os.kill(os.getpid(), signal.SIGKILL)

    return at


def watch(at: At) -> None:
    """Let `at` be called at every point."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    from serving.jobs import queue as jobs
    from serving.outbound.http_client import Outgoing

    _watch_statements(at)
    DefaultDialect.do_commit = _around_commits(DefaultDialect.do_commit, at)  # type: ignore[method-assign]
    answers = sys.modules[AutoHTTPProtocol.__module__].RequestResponseCycle
    answers.send = _before_answers(answers.send, at)
    Outgoing.request = _around(Outgoing.request, at, "call")  # type: ignore[method-assign]
    jobs.extend = _around(jobs.extend, at, "extend")
    os.replace = _around(os.replace, at, "replace")
    if seconds := os.environ.get("CRASH_LEASE"):
        jobs.LEASE = timedelta(seconds=float(seconds))


def _watch_statements(at: At) -> None:
    from serving.storage import database, sqlite_connections

    def before(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(BEGINS):
            connection.info[WRITES] = True
            at("before_begin")
        elif connection.info.get(WRITES):
            at("before_commit" if statement == "COMMIT" else "before_statement")

    def after(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement == "COMMIT" and connection.info.pop(WRITES, False):
            at("after_commit")
        elif statement == "ROLLBACK":
            connection.info.pop(WRITES, None)

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    sa.event.listen(sa.Engine, "after_cursor_execute", after)
    sa.event.listen(sa.Engine, "rollback", lambda connection: connection.info.pop(WRITES, None))

    run = sqlite_connections.run  # past SQLAlchemy and its events

    def told(connection: sa.Connection, statement: str) -> None:
        before(connection, None, statement)
        run(connection, statement)
        after(connection, None, statement)

    sqlite_connections.run = database.run = told  # type: ignore[attr-defined]


def _around_commits(run: Callable[..., Any], at: At) -> Callable[..., Any]:
    """Where the driver commits: on SQLite it is told to by a statement."""

    def told(self: DefaultDialect, connection: Any) -> None:
        if not connection.info.pop(WRITES, False):
            run(self, connection)
            return
        at("before_commit")
        run(self, connection)
        at("after_commit")

    return told


def _before_answers(run: Callable[..., Any], at: At) -> Callable[..., Any]:
    async def told(self: Any, message: Any) -> None:
        if self.scope["method"] != "GET" and 200 <= message.get("status", 0) < 300:
            at("before_answer")
        await run(self, message)

    return told


def _around(run: Callable[..., Any], at: At, name: str) -> Callable[..., Any]:
    def told(*given: Any, **named: Any) -> Any:
        at(f"before_{name}")
        done = run(*given, **named)
        at(f"after_{name}")
        return done

    return told


if __name__ == "__main__":
    main()
