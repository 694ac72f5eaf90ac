"""What the stack itself takes: an app that decodes a ticket, encodes it, commits a row and does nothing else.

    python -m tests.benchmarks.floor

Beside it, in turns, run Firstline (`include=`) and the naive service, where `make bench` has fitted one.

Litestar and uvicorn serve it, as they serve Firstline; the encoder is the sample's, the row goes to SQLite with a flush
to the disk. It has no heads, no keys, no redaction and no deadlines. No service on this stack can take less.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from litestar import Litestar, get, post
from rich.console import Console
from rich.table import Table

from retrieval.encoder import encoder as encoders
from tests.benchmarks.load_generator import Target, note
from tests.benchmarks.run import BUNDLE, TICKETS
from tests.benchmarks.sample_texts import write_bodies
from tests.benchmarks.services import OURS, PEER, Running, Start, firstline, make_key, naive, peer_lacks, running
from tests.benchmarks.side_by_side import Spread, loaded
from tests.journeys.service import take_the_sample_as_its_own
from tests.ports import free_port

FLOOR = "floor"
PATHS = {FLOOR: "/tag", OURS: "/v1/tags?include=", PEER: "/tag"}


def create_app() -> Litestar:
    """Return the app; `FLOOR_DATABASE` names its file."""
    encoder, connections = encoders.load(BUNDLE / "encoder"), dict[int, sqlite3.Connection]()

    def database() -> sqlite3.Connection:
        """Return the thread's own connection."""
        if (known := connections.get(threading.get_ident())) is not None:
            return known
        found = sqlite3.connect(os.environ["FLOOR_DATABASE"], isolation_level=None, timeout=30)
        found.execute("PRAGMA journal_mode = WAL")
        found.execute("PRAGMA synchronous = FULL")
        found.execute("CREATE TABLE IF NOT EXISTS tags (id TEXT PRIMARY KEY, label TEXT) STRICT")
        return connections.setdefault(threading.get_ident(), found)

    @get("/healthz", sync_to_thread=True)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @post("/tag", sync_to_thread=True)
    def tag(data: dict[str, str]) -> dict[str, str]:
        vector = encoder.read([f"{data.get('subject', '')}\n{data.get('description', '')}"]).vectors[0]
        label = f"label {int(vector.argmax())}"
        database().execute("INSERT INTO tags VALUES (?, ?)", (uuid4().hex, label))
        return {"label": label}

    return Litestar([healthz, tag], openapi_config=None)


def start(folder: Path, workers: int) -> Start:
    """Return how it is started."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.benchmarks.floor:create_app", "--port", str(port)]
    command += ["--workers", str(workers), "--log-level", "warning", "--no-access-log"]
    return Start(FLOOR, command, port, {"FLOOR_DATABASE": str(folder / "floor.db")}, "/healthz")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--naive", type=Path, default=Path("var/bench/naive"), help="as `make bench` fitted it")
    options = parser.parse_args()
    console = Console(width=110)
    console.print(f"{note()}; load average {os.getloadavg()[0]:.1f}", highlight=False)
    table = Table("connections", "service", "answers/s", "median, ms", "CPU of an answer, ms", title="short tags")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (home := folder / "home").mkdir()
        take_the_sample_as_its_own(home)
        bodies, key = write_bodies(TICKETS, folder / "bodies")["short_tags"], make_key(home)
        starts = [start(folder, options.workers), firstline(home, free_port(), options.workers)]
        if not peer_lacks() and (options.naive / "naive.pickle").is_file():
            starts.append(naive(options.naive.resolve(), free_port(), options.workers))
        services = [stack.enter_context(running(each)) for each in starts]
        for connections in (1, 8, 32):
            for service, found in turns(services, bodies, key, connections, options).items():
                table.add_row(str(connections), service, *(_said([each[name] for each in found]) for name in SHOWN))
    console.print(table)


SHOWN = ("per_second", "p50_ms", "cpu_ms")


def turns(
    services: list[Running], bodies: Path, key: str, connections: int, options: argparse.Namespace
) -> dict[str, list[dict[str, float]]]:
    """Load the services in turns; the first round warms up."""
    figures: dict[str, list[dict[str, float]]] = {each.name: [] for each in services}
    for number in range(options.rounds + 1):
        for each in services:
            target = Target(each.port, PATHS[each.name], bodies, key)
            found = loaded(each, target, connections, options.seconds if number else 1.0)
            if found["failed"]:
                raise RuntimeError(f"{found['failed']} requests to {each.name} failed")
            if number:
                figures[each.name].append(found)
    return figures


def _said(values: list[float]) -> str:
    spread = Spread.of(values)
    digits = 0 if spread.median >= 100 else 2
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f}–{spread.high:.{digits}f})"


if __name__ == "__main__":
    main()
