"""What sizes cost: `python -m tests.benchmarks.scaling` prints the tables of docs/scaling.md from measured constants.

With `--measure` the constants are measured first, in about five minutes: processor time of a ticket in `/v1/tags` and
in `firstline tag`, in alternating rounds, and how much more a ticket costs with two workers than with one. Processor
time says little of other programs; the wall times beside it count only on a quiet machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import httpx
import psutil

from retrieval.chunks.engine import Engine
from retrieval.chunks.opening import engine
from serving.backfill.output import Output, Run
from serving.backfill.reading import Row, read
from serving.backfill.running import Backfill, _batches
from serving.backfill.tagging import Job, Tagging
from serving.settings import Settings
from tests.benchmarks.services import firstline, make_key, running
from triage.signing.signatures import NO_KEYS

ROOT = Path(__file__).parents[2]
BUNDLE, TICKETS = ROOT / "var/sample/bundle", ROOT / "datasets/sample/tickets.jsonl.gz"
ROUNDS, ROUND, WORKER_ROUNDS, PORT = 10, 64, 5, 8479


@dataclass(frozen=True)
class Constants:
    """What a unit costs. Milliseconds are of one processor."""

    tag_ms: float  # a ticket in `/v1/tags` with everything, one a request
    tag_bare_ms: float  # the same with `include=`
    bulk_ms: float  # a ticket in `firstline tag`
    feed_ms: float  # in the process that reads, hands out and writes; with the scheduler of a cluster of this machine
    start_s: float  # of a worker, once
    second_worker: float  # cost of a ticket with one worker over that with two, processes
    second_worker_dask: float  # the same on a cluster
    output_bytes: float  # of a ticket's line in the file of tags
    passage_ms: float = 7.3  # docs/performance.md, Encoders: 128 tokens
    passage_kib: float = 8.6  # docs/performance.md: 8.2 GiB for a million, while they are indexed
    worker_mib: float = 240.0  # docs/performance.md: two workers and a parent take 514 MiB


#: Assumptions, not measurements: prices of rented machines differ by three times.
CORE_HOUR, GIB_MONTH, HOURS = 0.04, 3.0, 730
#: Of a core, so that requests seldom wait.
BUSY = 0.6
#: Calls a minute that a helpdesk allows, and calls for a ticket: read it, write it.
CALLS_A_MINUTE, CALLS = 200, 2

MEASURED = Constants(17.8, 13.8, 8.3, 0.12, 3.5, 1.0, 1.0, 1621)


def tables(of: Constants) -> str:
    """Return the three tables."""
    return "\n\n".join([_tickets(of), _passages(of), _requests(of)])


def _tickets(of: Constants) -> str:
    head = "| tickets | core-hours | on 2 cores | on 100 cores | money | file of tags | `--apply`, 200 calls a minute |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for power in range(4, 9):
        number = 10**power
        hours = number * of.bulk_ms / 3.6e6
        wide = max(hours / (100 * of.second_worker_dask), number * of.feed_ms / 3.6e6) + of.start_s / 3600
        spans = [hours / 2 / of.second_worker, wide], number * CALLS / CALLS_A_MINUTE / 60
        cells = [f"10^{power}", _few(hours), *map(_span, spans[0]), _money(hours * CORE_HOUR)]
        cells += [_size(number * of.output_bytes), _span(spans[1])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _passages(of: Constants) -> str:
    lines = ["| passages | core-hours to encode, once | memory while indexing | money |", "|---|---|---|---|"]
    for power in range(2, 8):
        number = 10**power
        hours = number * of.passage_ms / 3.6e6
        cells = [f"10^{power}", _few(hours), _size(number * of.passage_kib * 1024), _money(hours * CORE_HOUR)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _requests(of: Constants) -> str:
    lines = ["| `/v1/tags` a second | cores | workers' memory | money a month |", "|---|---|---|---|"]
    for number in (1, 10, 100, 1000):
        cores = max(1, -(-number * of.tag_ms // (1000 * BUSY)))
        gib = cores * of.worker_mib / 1024
        month = cores * CORE_HOUR * HOURS + gib * GIB_MONTH
        lines.append(f"| {number:,} | {cores:,.0f} | {_size(gib * 2**30)} | {_money(month)} |")
    return "\n".join(lines)


def _few(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _money(value: float) -> str:
    return "under $1" if value < 1 else f"${value:,.0f}"


def _span(hours: float) -> str:
    for limit, unit, name in ((1 / 60, 1 / 3600, "s"), (2, 1 / 60, "min"), (72, 1, "h")):
        if hours < limit:
            return f"{hours / unit:.0f} {name}"
    return f"{hours / 24:,.0f} days"


def _size(number: float) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if number >= unit:
            return f"{number / unit:,.1f} {name}" if number < 10 * unit else f"{number / unit:,.0f} {name}"
    return f"{number / 2**10:,.0f} KiB"


# ---- measuring ----


def measured() -> Constants:
    """Measure, and print what comes out on the way."""
    rows = [json.loads(line) for line in gzip.decompress(TICKETS.read_bytes()).splitlines()]
    say(f"load average before: {os.getloadavg()[0]:.1f}")
    found = replace(MEASURED, **_against_the_api(rows))
    with tempfile.TemporaryDirectory() as folder:
        return replace(found, **_with_workers(rows, Path(folder)))


def _against_the_api(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    bodies = [{name: row[name] for name in ("subject", "description") if row.get(name)} for row in rows]
    asked = [{**body, "external_id": row["id"]} for body, row in zip(bodies, rows, strict=True)]
    tagging = Tagging(Job(BUNDLE, "", NO_KEYS, None, {}, datetime.now(UTC)))
    spent: dict[str, list[float]] = {"tag_ms": [], "tag_bare_ms": [], "bulk_ms": []}
    with _service() as (service, ask):
        for number in range(ROUNDS):
            part = slice(number * ROUND, (number + 1) * ROUND)
            for name, query in (("tag_ms", {}), ("tag_bare_ms", {"include": ""})):
                begun = service.cpu()
                for body in asked[part]:
                    ask(body, query)
                spent[name].append((service.cpu() - begun) / ROUND * 1e3)
            begun = time.process_time()
            tagging.tag([Row(place, "", body) for place, body in enumerate(bodies[part])])
            spent["bulk_ms"].append((time.process_time() - begun) / ROUND * 1e3)
    for name in ("tag_ms", "tag_bare_ms"):
        ratios = [a / b for a, b in zip(spent[name][2:], spent["bulk_ms"][2:], strict=True)]
        say(f"{name} / bulk_ms: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    return {name: round(statistics.median(values[2:]), 2) for name, values in spent.items()}


class _service:  # noqa: N801 (a context manager, named as what it gives)
    """A service of one worker with the sample's bundle, and what asks it."""

    def __enter__(self) -> tuple[Any, Callable[[dict[str, str], dict[str, str]], None]]:
        self._home = Path(tempfile.mkdtemp())
        (self._home / "encoder").symlink_to(ROOT / "var/encoder")
        os.environ["FIRSTLINE_HOME"], os.environ["FIRSTLINE_SAMPLE"] = str(self._home), str(ROOT / "var/sample")
        key = make_key(self._home)
        self._running = running(firstline(self._home, PORT, 1))
        service = self._running.__enter__()
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        return service, self._ask

    def _ask(self, body: dict[str, str], query: dict[str, str]) -> None:
        self._client.post("/v1/tags", json=body, params=query).raise_for_status()

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._running.__exit__(None, None, None)
        shutil.rmtree(self._home)


@dataclass(frozen=True)
class Told:
    """A work that costs nothing, with results as large as tags: what is left is reading, feeding and writing."""

    line: str
    key: str = "told"

    def prepare(self) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
        return lambda rows: [json.loads(self.line) for _ in rows]


@dataclass(frozen=True)
class Spent:
    """Milliseconds a ticket: of all processors, of this process, and on the wall."""

    all: float
    own: float
    wall: float


class _Tagging:
    """Tags the same tickets again and again, on engines whose processes have loaded the bundle already."""

    def __init__(self, rows: Sequence[dict[str, Any]], folder: Path) -> None:
        self._export, self.out, self._number = folder / "export.jsonl", folder / "tags.jsonl", len(rows)
        self._export.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self._backfill = Backfill(Settings(home=folder), BUNDLE)
        self._job = self._backfill._job()

    def feed(self, chosen: Engine, folder: Path, times: int = 40) -> float:
        """Return the milliseconds a ticket of this process alone, where the workers have nothing to do."""
        work, many = Told(self.out.read_text().splitlines()[0]), folder / "many.jsonl"
        many.write_text(self._export.read_text() * times)
        begun = time.process_time()
        with Output(folder / "told.jsonl", Run.of(many, "", {}, ["category"]), force=True) as output:
            for records in chosen.map(work, _batches(read(many, {}), 0)):
                output.add(records)
        return 1e3 * (time.process_time() - begun) / (times * self._number)

    def run(self, chosen: Engine) -> Spent:
        run = Run.of(self._export, "", {}, list(self._backfill.bundle.heads))
        begun, own, wall = _cpu(), time.process_time(), time.perf_counter()
        with Output(self.out, run, force=True) as output:
            for records in chosen.map(self._job, _batches(read(self._export, {}), 0)):
                output.add(records)
        spent = _cpu() - begun, time.process_time() - own, time.perf_counter() - wall
        return Spent(*(1e3 * each / self._number for each in spent))


def _with_workers(rows: Sequence[dict[str, Any]], folder: Path) -> dict[str, float]:
    """Compare a ticket's cost with one and with two workers, in alternating rounds over engines that stay open."""
    tagging, spent = _Tagging(rows[: 4 * ROUND], folder), dict[tuple[str | None, int], list[Spent]]()
    with ExitStack() as opened:
        engines = {
            key: opened.enter_context(engine(*key)) for key in ((None, 1), (None, 2), ("local", 1), ("local", 2))
        }
        begun = _cpu()
        for each in engines.values():
            tagging.run(each)
        start = (_cpu() - begun) / 6
        for _ in range(WORKER_ROUNDS):
            for key, each in engines.items():
                spent.setdefault(key, []).append(tagging.run(each))
        feed = tagging.feed(engines["local", 2], folder)
    found: dict[str, float] = {}
    for cluster, name in ((None, "second_worker"), ("local", "second_worker_dask")):
        one, two = spent[cluster, 1], spent[cluster, 2]
        found[name] = _compared(f"{cluster or 'processes'}: CPU with one worker / with two", one, two, "all", 1)
        _compared(f"{cluster or 'processes'}: speed with two workers / twice that with one", one, two, "wall", 2)
    size = tagging.out.stat().st_size / (4 * ROUND)
    return {**found, "feed_ms": round(feed, 2), "start_s": round(start, 1), "output_bytes": round(size)}


def _compared(what: str, one: Sequence[Spent], two: Sequence[Spent], name: str, workers: int) -> float:
    ratios = [getattr(a, name) / getattr(b, name) / workers for a, b in zip(one, two, strict=True)]
    say(f"{what}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    return round(min(1.0, statistics.median(ratios)), 2)


def _cpu() -> float:
    """Return the processor time of this process and of all that it started."""
    mine = psutil.Process()
    used = [each.cpu_times() for each in [mine, *mine.children(recursive=True)]]
    return float(sum(each.user + each.system for each in used))


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="Measure the constants first.")
    chosen = measured() if parser.parse_args().measure else MEASURED
    say(f"{json.dumps(asdict(chosen))}\n\n{tables(chosen)}")


if __name__ == "__main__":
    main()
