"""What the one lock of PostgreSQL's writers costs: `python -m tests.benchmarks.postgres_writers`.

One, two and four processes change tickets of their own on a PostgreSQL of the tests', with commits on the disk; each
change is an event with its deadlines and its outbox row. Beside the product's lock, a database without it shows what
lifting it could give at most. Seconds of the processor do not count what other programs take.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from serving.clock import SystemClock
from serving.process import assemble
from serving.settings import Settings
from serving.storage.postgres import PostgresDatabase, migrate_server
from serving.ticket_desk import NewTicket
from serving.tickets.desk import Desk
from tests.postgres import HINT, Postgres, binaries

T = TypeVar("T")
TICKETS = 100  # of each writer
WRITERS = (1, 2, 4)
_TICKS = os.sysconf("SC_CLK_TCK")
_SPAWN = multiprocessing.get_context("spawn")


class Unlocked(PostgresDatabase):
    """Takes no lock: right only for writers that never touch the same ticket, as those here."""

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation in one transaction."""
        with self._engine.begin() as connection:
            return operation(connection)


class Timed:
    """Writes that count the seconds, and those of the processor, between the lock and the end of the commit."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database, self.held, self.computed = database, 0.0, 0.0

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        began = computed = 0.0

        def timed(connection: sa.Connection) -> T:
            nonlocal began, computed
            began, computed = time.perf_counter(), time.thread_time()
            return operation(connection)

        result = self._database.write(timed)
        self.held += time.perf_counter() - began
        self.computed += time.thread_time() - computed
        return result


@dataclass(frozen=True)
class Written:
    """What one writer did."""

    changes: int
    cpu: float
    held: float
    computed: float


@dataclass(frozen=True)
class Round:
    """What so many writers did together."""

    writers: int
    locked: bool
    per_second: float
    cpu_ms: float  # of a processor for each change: writers and server
    held_ms: float  # by the wall, from the lock to the commit
    serial_ms: float  # of a processor, of what runs under the lock: the writer's part, and the server's


def write(url: str, seconds: float, together: Barrier, locked: bool) -> Written:
    """Change tickets until the time is over."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), sample=Path(home) / "none", database_url=url, log_level="error")
        context = assemble(settings, SystemClock(), None)
        database = PostgresDatabase(url) if locked else Unlocked(url)
        database.open()
        desk, clock = Desk(context, None), context.clock
        desk._database, timed = database, Timed(database)
        tickets = [
            desk.open(
                NewTicket(subject=f"Export {n} is empty", description="", channel="api", plan="enterprise"),
                at=clock.now(),
            ).id
            for n in range(TICKETS)
        ]
        together.wait()
        changes, until, cpu = 0, time.monotonic() + seconds, time.process_time()
        while time.monotonic() < until:
            ticket, at = tickets[changes % TICKETS], clock.now()
            name = f"agent {changes}"
            desk.change(ticket, lambda t: t.assign(name, at=at, by="agent:ana"), at=at, write=timed.write)  # noqa: B023
            changes += 1
        cpu = time.process_time() - cpu
        together.wait()
        database.close()
    return Written(changes, cpu, timed.held, timed.computed)


def one_round(server: Postgres, template: str, writers: int, seconds: float, *, locked: bool) -> Round:
    """Let so many processes write at once."""
    url, together = server.fresh(template), _SPAWN.Manager()
    with together as manager, _SPAWN.Pool(writers) as pool:
        barrier = manager.Barrier(writers + 1)
        told = pool.starmap_async(write, [(url, seconds, barrier, locked)] * writers)
        barrier.wait(120)
        before = server_cpu(server)
        barrier.wait(120)
        of_server = server_cpu(server) - before
        done: list[Written] = told.get(120)
    changes = sum(each.changes for each in done)
    computed = 1e3 * sum(each.computed for each in done) / changes
    return Round(
        writers,
        locked,
        changes / seconds,
        1e3 * (sum(each.cpu for each in done) + of_server) / changes,
        1e3 * sum(each.held for each in done) / changes,
        computed + 1e3 * of_server / changes,
    )


def server_cpu(server: Postgres) -> float:
    """Return the processor seconds of the server's processes, those that ended with them."""
    assert server._process is not None
    father = server._process.pid
    children = Path(f"/proc/{father}/task/{father}/children").read_text().split()
    return _cpu(father, ended=True) + sum(_cpu(int(each)) for each in children)


def _cpu(pid: int, *, ended: bool = False) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:15]
    return sum(map(int, fields if ended else fields[:2])) / _TICKS


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if (found := binaries()) is None:
        raise SystemExit(HINT)
    server = Postgres(found, durable=True)
    try:
        template = server.fresh()
        migrate_server(template, "head")
        kinds = [(number, locked) for number in WRITERS for locked in (True, False)]
        rounds = [
            one_round(server, template.rpartition("/")[2], number, chosen.seconds, locked=locked)
            for _ in range(chosen.rounds)
            for number, locked in kinds
        ]
    finally:
        server.stop()
    print(
        "| writers | lock | changes/s | ms of a processor | ms from lock to commit | ms of a processor under the lock |"
    )
    print("|---|---|---|---|---|---|")
    for number, locked in kinds:
        same = [each for each in rounds if (each.writers, each.locked) == (number, locked)]
        shown = (
            _spread([getattr(each, name) for each in same]) for name in ("per_second", "cpu_ms", "held_ms", "serial_ms")
        )
        print(f"| {number} | {'one' if locked else 'none'} | {' | '.join(shown)} |")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
