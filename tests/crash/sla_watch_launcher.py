"""Runs `firstline worker` with a clock that is wrong, and kills whichever of several is the first to tell of a breach.

The watch has no leader: every replica looks, and whoever puts down the row of a notice tells of it. So the one to kill
is the one at work. WATCH_ORDERS is a file that all replicas share; it names a point of a breach's way, and whoever
comes there first takes the file away and dies. WATCH_SKEW is by how many seconds the clock is wrong, and CRASH_LEASE
how many seconds the lease of a job lasts.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.clock import SystemClock
from serving.jobs import queue as jobs
from serving.jobs.outbox import FanOut
from serving.outbound.http_client import Outgoing
from serving.storage.postgres import PostgresDatabase
from serving.tickets import notices
from tests.crash import crash_point_launcher

POINTS = (
    "before_commit",  # notice, fact and event are written, and nobody can see them
    "after_commit",
    "posted",  # the receiver has an event, of a breach or another, and that is not written down
    "noticed",  # the notice is written, and the fact that follows from it is not
    "fanned_out",  # an event's deliveries are committed, and the job that made them is not done
)
_telling = threading.local()  # whether this thread's transaction tells of a breach


def main() -> None:
    """Wait for command lines as `tests.crash.crash_point_launcher` does."""
    orders, skew = Path(os.environ["WATCH_ORDERS"]), timedelta(seconds=float(os.environ["WATCH_SKEW"]))
    if seconds := os.environ.get("CRASH_LEASE"):
        jobs.LEASE = timedelta(seconds=float(seconds))
    now = SystemClock.now
    SystemClock.now = lambda clock: now(clock) + skew  # type: ignore[method-assign]
    watch(lambda point: die_if_first(orders, point))
    crash_point_launcher.main()


def die_if_first(orders: Path, point: str) -> None:
    """Die if the file names the point and nobody else has taken it away."""
    try:
        if orders.read_text() != point:
            return
        orders.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def watch(at: Callable[[str], None]) -> None:
    """Let `at` be called at every point."""
    notices.first_to_tell = _noticing(notices.first_to_tell, at)
    PostgresDatabase.write = _writing(PostgresDatabase.write, at)  # type: ignore[method-assign]
    FanOut.__call__ = _before(FanOut.__call__, at, "fanned_out")  # type: ignore[method-assign]
    Outgoing.request = _before(Outgoing.request, at, "posted")  # type: ignore[method-assign]


def _noticing(first: Callable[..., bool], at: Callable[[str], None]) -> Callable[..., bool]:
    @wraps(first)
    def told(connection: sa.Connection, notice: notices.Notice, moment: datetime) -> bool:
        is_first = first(connection, notice, moment)
        if is_first and notice.what == notices.BREACHED:
            _telling.breach = True
            at("noticed")
        return is_first

    return told


def _writing(write: Callable[..., Any], at: Callable[[str], None]) -> Callable[..., Any]:
    @wraps(write)
    def told(self: PostgresDatabase, operation: Callable[[sa.Connection], Any]) -> Any:
        def then(connection: sa.Connection) -> Any:
            done = operation(connection)
            if _telling.breach:
                at("before_commit")
            return done

        _telling.breach = False
        done = write(self, then)
        if _telling.breach:
            at("after_commit")
        return done

    return told


def _before(run: Callable[..., Any], at: Callable[[str], None], point: str) -> Callable[..., Any]:
    """Come to a point when something is done, before whoever asked for it hears that."""

    @wraps(run)
    def told(*given: Any, **named: Any) -> Any:
        done = run(*given, **named)
        at(point)
        return done

    return told


if __name__ == "__main__":
    main()
