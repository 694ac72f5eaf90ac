"""What the console's first page costs the server: `python -m tests.benchmarks.console_overview`.

A home of its own is filled with tickets and sessions over a time. The page is then asked for in this process: first
when nothing is counted yet, then while its figures of four weeks are kept. `--keep FOLDER` leaves the filled home for
`firstline serve`.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.console import asset_files
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.process import database_of
from serving.reports.rollups.refreshing import Rollups
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.reports.filled_desk import fill

_PAGES = 30
_HERE = {"Sec-Fetch-Site": "same-origin"}


def main() -> None:
    """Fill, ask, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with nullcontext(asked.keep) if asked.keep else tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        clock = FrozenClock(datetime.now(UTC))
        key = _filled(settings, asked, clock)
        print(f"key: {key}")
        if not asked.keep:
            _measure(settings, clock, key)


def _filled(settings: Settings, asked: argparse.Namespace, clock: FrozenClock) -> str:
    settings.home.mkdir(parents=True, exist_ok=True)
    database = database_of(settings)
    database.open()
    over = timedelta(days=asked.days)
    database.write(lambda c: fill(c, tickets_n=asked.tickets, sessions_n=asked.sessions, until=clock.now(), over=over))
    Rollups(database).refresh(clock.now())
    database.close()
    return str(KeyStore(KeyFile(settings.keys_path)).create(Scope.ADMIN, at=clock.now()))


def _measure(settings: Settings, clock: FrozenClock, key: str) -> None:
    with TestClient(create_app(settings, clock=clock, compose=slices)) as client:
        client.post("/sign-in", data={"key": key}, headers=_HERE)
        _cost(client)  # what is imported and compiled once
        first = []
        for _ in range(5):
            clock.advance(timedelta(minutes=1))  # the figures that were kept are too old
            first.append(_cost(client))
        kept = [_cost(client) for _ in range(_PAGES)]
        page = client.get("/").text
    files = sum(len(asset_files.file(name).gzipped) for name in asset_files.KINDS)
    plain, packed = len(page.encode()), len(gzip.compress(page.encode()))
    print(f"page that counts anew: {statistics.median(first):.1f} ms of CPU (median of {len(first)})")
    print(f"page with figures kept for half a minute: {statistics.median(kept):.1f} ms (median of {len(kept)})")
    print(f"page {plain / 1000:.1f} kB, gzipped {packed / 1000:.1f} kB; its files {files / 1000:.1f} kB gzipped")


def _cost(client: TestClient) -> float:  # type: ignore[type-arg]
    begun = time.process_time()
    answer = client.get("/")
    assert answer.status_code == 200, answer.text
    return 1000 * (time.process_time() - begun)


if __name__ == "__main__":
    main()
