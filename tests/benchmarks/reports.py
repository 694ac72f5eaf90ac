"""How long reports over a year take: `python -m tests.benchmarks.reports --sessions 1000000 --tickets 500000`.

A database of its own is filled, SQLite or with `--postgres` a server of the tests. Its days are counted as `firstline
reports rebuild` does it; then each report is asked for in a new state, as after a start. `--keep FOLDER` leaves the
filled home, and takes it the next time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from serving.reports.article_use import summed
from serving.reports.deflection import DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.reports.rollups.refreshing import Rollups
from serving.reports.windows import ReportWindow
from serving.storage.database import Database, EmbeddedDatabase
from tests.postgres import Postgres, binaries
from tests.serving.reports.filled_desk import fill

_YEAR, _TIMES = timedelta(days=365), 5
UNTIL = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def main() -> None:
    """Fill, count, ask, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--sessions", type=int, default=40_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    kept = nullcontext(str(asked.keep)) if asked.keep else tempfile.TemporaryDirectory()
    with kept as folder, _database(Path(folder), server=asked.postgres) as database:
        _measure(database, asked.tickets, asked.sessions)


@contextmanager
def _database(folder: Path, *, server: bool) -> Iterator[Database]:
    folder.mkdir(parents=True, exist_ok=True)
    started = _started() if server else None
    if started is None:
        database: Database = EmbeddedDatabase(folder / "firstline.db")
    else:
        from serving.storage.postgres import PostgresDatabase

        database = PostgresDatabase(started.fresh())
    database.open()
    try:
        yield database
    finally:
        database.close()
        if started is not None:
            started.stop()


def _started() -> Postgres:
    found = binaries()
    if found is None:
        raise SystemExit("no PostgreSQL is installed")
    return Postgres(found)


def _measure(database: Database, tickets: int, sessions: int) -> None:
    rollups = Rollups(database)
    if not database.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM tickets").scalar()):
        _timed(
            "fill",
            lambda: database.write(lambda c: fill(c, tickets_n=tickets, sessions_n=sessions, until=UNTIL, over=_YEAR)),
        )
        _timed("rebuild", lambda: rollups.rebuild(UNTIL))
        if database.is_shared:
            database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
    print(f"{database.about()}, {tickets:,} tickets, {sessions:,} sessions; medians of {_TIMES}")
    for name, report in _reports(database).items():
        _repeated(name, report)
    _timed("refresh of nothing", lambda: rollups.refresh(UNTIL))


def _reports(database: Database) -> dict[str, Callable[[], object]]:
    since = UNTIL - _YEAR
    facts = FactStore(database)

    def deflection() -> DeflectionNumbers:
        return DeflectionNumbers(Rollups(database).sessions)

    def kpis() -> Kpis:
        return Kpis(facts, Rollups(database).tickets, deflection())

    return {
        "kpis, year": lambda: kpis().report(since, UNTIL, at=UNTIL),
        "kpis, 28 days": lambda: kpis().report(None, None, at=UNTIL),
        "deflection, year": lambda: deflection().report(since, UNTIL, None, at=UNTIL),
        "deflection by week": lambda: deflection().report(since, UNTIL, "week", at=UNTIL),
        "deflection by channel": lambda: deflection().report(since, UNTIL, "channel", at=UNTIL),
        "deflection by language": lambda: deflection().report(since, UNTIL, "language", at=UNTIL),
        "deflection by article": lambda: deflection().report(since, UNTIL, "article", at=UNTIL),
        "article use, year": lambda: summed(Rollups(database).articles.uses(since, UNTIL), UNTIL),
        "backlog now": lambda: kpis().now(UNTIL),
        "backlog a year ago": lambda: facts.backlog(since),
        "overview": lambda: kpis().counted(ReportWindow(UNTIL - timedelta(days=28, hours=9, minutes=30), UNTIL, UNTIL)),
    }


def _repeated(name: str, work: Callable[[], object]) -> None:
    taken, cpu = [], []
    for _ in range(_TIMES):
        begun, worked = time.perf_counter(), time.process_time()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
        cpu.append(1000 * (time.process_time() - worked))
    print(f"{name}: {statistics.median(taken):.0f} ms, CPU of this process {statistics.median(cpu):.0f} ms", flush=True)


def _timed(name: str, work: Callable[[], object]) -> None:
    begun = time.perf_counter()
    work()
    print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
