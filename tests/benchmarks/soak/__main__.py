"""`make soak`: does the service's memory grow while it works? A plot, a table, and exit 1 above 1 MB/h.

    python -m tests.benchmarks.soak --minutes 30

Starts the real service in a home of its own with the sample's models and articles, sends mixed traffic, and reads
resident memory every ten seconds. The slope is fitted over the last two thirds: before, caches fill. It is judged by
all that is resident. Beside it stand the caches with a bound, as far as they can be counted (by name in
`memory.jsonl`), and the rest. `--frames 3` turns tracemalloc on: the lines of code whose allocations grew are in
`memory.jsonl`. It takes time and memory itself, so the slope says less then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from tests.benchmarks.services import ROOT, answers
from tests.benchmarks.soak.memory import last_cached, resident
from tests.benchmarks.soak.plot import plot
from tests.benchmarks.soak.slope import Slope, slope_of
from tests.benchmarks.soak.traffic import ORIGIN, Traffic, sample_rows
from tests.journeys.service import command, create_key, take_the_sample_as_its_own
from tests.ports import free_port

SAMPLED = ("VmRSS", "RssAnon", "RssFile", "Threads", "caches", "rest")
Sample = dict[str, float]


async def soak(options: argparse.Namespace, pid: int, port: int, keys: tuple[str, str]) -> tuple[list[Sample], Traffic]:
    """Send traffic and read memory side by side."""
    began = time.monotonic()
    until = began + 60 * options.minutes
    samples: list[Sample] = []

    async def read_memory() -> None:
        with (options.out / "samples.jsonl").open("w") as lines:
            while time.monotonic() < until:
                await asyncio.sleep(options.every)
                caches = last_cached(options.out / "memory.jsonl")
                held = resident(pid)
                held |= {"caches": caches, "rest": held["VmRSS"] - caches}
                samples.append({"seconds": round(time.monotonic() - began, 1)} | held)
                lines.write(json.dumps(samples[-1]) + "\n")
                lines.flush()

    hooks = await asyncio.start_server(take_webhook, "127.0.0.1", 0)
    headers = {"Authorization": f"Bearer {keys[0]}"}
    async with hooks, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
        url = f"http://127.0.0.1:{hooks.sockets[0].getsockname()[1]}/hook"
        (await client.post("/v1/webhooks", json={"url": url})).raise_for_status()
        traffic = Traffic(client, keys[1], sample_rows(ROOT / "datasets/sample/tickets.jsonl.gz"), "soak")
        await asyncio.gather(read_memory(), traffic.run(options.rate, until))
    return samples, traffic


async def take_webhook(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 204 to a webhook."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def slopes(samples: list[Sample], since: float) -> dict[str, Slope]:
    """Return MB per hour of each kind of memory, since a second."""
    late = [each for each in samples if each["seconds"] >= since]
    hours = [each["seconds"] / 3600 for each in late]
    return {name: slope_of(hours, [each[name] for each in late]) for name in SAMPLED}


def table(samples: list[Sample], found: dict[str, Slope], title: str) -> Table:
    shown = Table(title=title)
    for column in ("minute", *SAMPLED):
        shown.add_column(column, justify="right")
    step = max(1, len(samples) // 15)
    for each in samples[::step]:
        shown.add_row(f"{each['seconds'] / 60:.1f}", *(f"{each[name]:.1f}" for name in SAMPLED))
    shown.add_section()
    shown.add_row("MB/h", *(f"{slope.value:+.1f} ± {slope.error:.1f}" for slope in found.values()))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between readings")
    parser.add_argument("--most", type=float, default=1.0, help="MB/h above which the run fails")
    parser.add_argument("--frames", type=int, default=0, help="frames for tracemalloc; 0: off")
    parser.add_argument("--out", type=Path, default=Path("var/soak"))
    options = parser.parse_args()
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        keys = create_key(home, "admin"), page_key(home)
        take_the_sample_as_its_own(home)
        samples, traffic = measured(options, home, keys)
    found = slopes(samples, 60 * options.minutes / 3)
    console = Console(width=130)
    console.print(
        table(samples, found, f"{options.minutes} min at {options.rate} requests/s; slope of the last two thirds")
    )
    requests = sum(traffic.statuses.values())
    console.print(f"{requests} requests; each 1000 are {60_000 * options.minutes / requests:.1f} seconds")
    console.print(dict(sorted(traffic.statuses.items())))
    console.print(f"plot: {plot(samples, found['VmRSS'], 20 * options.minutes, options.out)}")
    sys.exit(1 if not found["VmRSS"].value <= options.most else 0)


def page_key(home: Path) -> str:
    printed = command(home, "firstline", "keys", "create", "--scope", "widget", "--origin", ORIGIN)
    return next(word for word in printed.split() if word.startswith("pk_"))


def measured(options: argparse.Namespace, home: Path, keys: tuple[str, str]) -> tuple[list[Sample], Traffic]:
    port = free_port()
    inner = [str(options.out / "memory.jsonl"), str(options.every), str(options.frames)]
    command = [sys.executable, "-m", "tests.benchmarks.soak.service", *inner, "serve", "--port", str(port)]
    more = {
        "FIRSTLINE_HOME": str(home),
        "FIRSTLINE_ALLOW_CIDRS": "127.0.0.0/8",
        "FIRSTLINE_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    with (options.out / "service.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | more, stdout=log, stderr=log)
    try:
        while not answers(f"http://127.0.0.1:{port}/readyz"):
            if process.poll() is not None:
                raise RuntimeError(f"the service did not start: {options.out / 'service.log'}")
            time.sleep(0.1)
        return asyncio.run(soak(options, process.pid, port, keys))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


if __name__ == "__main__":
    main()
