"""`make bench`: what a request costs, ours against a naive service side by side, and how it grows. Tables and plots.

Both services are up at once, with as many workers each, and take turns, round by round, so that a slow minute of the
machine hits both. `--smoke` runs every part at a tiny size: about a minute, and its figures mean nothing.
docs/performance.md says how to read the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from tests.benchmarks import bench_tables as tables
from tests.benchmarks.encoder_share import Share, measure
from tests.benchmarks.growth import inside, over_http
from tests.benchmarks.growth.curve import Budget, Curve
from tests.benchmarks.load_generator import note
from tests.benchmarks.plot import plot_curves, plot_rows
from tests.benchmarks.sample_texts import write_bodies
from tests.benchmarks.services import (
    OURS,
    PEER,
    ROOT,
    Running,
    Start,
    firstline,
    index_by_two,
    knows_workers,
    make_key,
    naive,
    peer_lacks,
    running,
)
from tests.benchmarks.side_by_side import ROWS, TWO_ENCODERS, Compared, Figure, Rounds, Row
from tests.journeys.service import take_the_sample_as_its_own
from tests.ports import free_port

TICKETS, ARTICLES = ROOT / "datasets/sample/tickets.jsonl.gz", ROOT / "datasets/sample/articles"
BUNDLE = ROOT / "var/sample/bundle"
SECOND_ENCODER = ROOT / "var/multilingual"
#: Load average below which the cores are the services'; `make` itself leaves a trace of about 0.3.
QUIET = 0.5


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured."""

    rounds: int = 3
    seconds: float = 4.0
    starts: int = 3
    connections: Sequence[int] = (8, 32)
    workers: int = 2
    many: Sequence[int] = (1, 4, 16, 64, 256)
    characters: Sequence[int] = (30, 100, 300, 1_000, 3_000, 10_000)
    closed_tickets: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)
    passages: Sequence[int] = (100, 1_000, 10_000, 100_000, 1_000_000)
    labels: Sequence[int] = (10, 30, 100, 300, 1_000)
    overload_seconds: float = 10.0
    growth_seconds: float = 300.0


SMOKE = Size(
    rounds=1,
    seconds=1.0,
    starts=1,
    connections=(2,),
    many=(1, 4),
    characters=(30, 300),
    closed_tickets=(100, 1_000),
    passages=(100, 500),
    labels=(10, 30),
    overload_seconds=2.0,
    growth_seconds=30.0,
)


class Bench:
    """One run: services, figures and what is printed."""

    def __init__(self, size: Size, folder: Path, out: Path) -> None:
        self.size, self.folder, self.out = size, folder, out
        self.peer = out.resolve() / "naive"  # it takes minutes to fit, and is the same each time
        self.console = Console(width=150)
        self.took: dict[str, float] = {}
        self.notes = [self._machine(), note()]
        if not knows_workers():
            self.notes.append("ours runs as one process: this version of `firstline serve` has no --workers")
        if not SECOND_ENCODER.is_dir():
            self.notes.append("the row with two encoders is left out: there is no second one (`make multilingual`)")
        if lacks := peer_lacks():
            self.notes.append(f"the naive peer is left out: no {', '.join(lacks)} here (`make lab` installs them)")

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False)

    @staticmethod
    def _machine() -> str:
        busy = os.getloadavg()[0]
        said = (
            "quiet"
            if busy < QUIET
            else "BUSY: only what a processor was used for compares, no rate, no waiting time and no ratio of them"
        )
        return f"machine: {os.cpu_count()} cores, load average before the run {busy:.1f} ({said})"

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Say how long a part took."""
        began = time.perf_counter()
        yield
        self.took[name] = round(time.perf_counter() - began, 1)
        self.say(f"{name}: {self.took[name]:.0f} s")

    def starts(self, home: Path) -> list[Start]:
        """Return how the services are started; each start has ports of its own."""
        found = [firstline(home, free_port(), self.size.workers)]
        if not peer_lacks():
            found.append(naive(self.peer, free_port(), self.size.workers))
        return found

    def prepare(self) -> tuple[Path, dict[str, Path], str]:
        """Fit the peer, give ours a home with the sample's models; return the home, bodies and a key."""
        if not peer_lacks() and not self._is_fitted():
            command = [sys.executable, "-m", "tests.benchmarks.naive_service", "fit", "--tickets", str(TICKETS)]
            command += ["--articles", str(ARTICLES), "--out", str(self.peer)]
            subprocess.run(command, cwd=ROOT, check=True)
        home = self.folder / "home"
        home.mkdir()
        take_the_sample_as_its_own(home)
        return home, write_bodies(TICKETS, self.folder / "bodies"), make_key(home)

    def _is_fitted(self) -> bool:
        fitted = self.peer / "naive.pickle"
        sources = (TICKETS, ARTICLES, ROOT / "tests/benchmarks/naive_service.py")
        return fitted.is_file() and fitted.stat().st_mtime > max(each.stat().st_mtime for each in sources)

    def ready(self, home: Path) -> dict[str, list[float]]:
        """Start each service, in turns, once less than asked for: the last start is the one that takes the load."""
        taken: dict[str, list[float]] = {}
        for _ in range(self.size.starts - 1):
            for start in self.starts(home):
                with running(start) as service:
                    taken.setdefault(start.name, []).append(service.seconds_to_ready)
        return taken

    def rows(
        self, services: Sequence[Running], bodies: dict[str, Path], key: str, rows: Sequence[Row] = ROWS
    ) -> tuple[list[Compared], list[Figure]]:
        rounds, size = Rounds(services, bodies, key, rows), self.size
        with Progress(console=Console(stderr=True), transient=True) as progress:
            every = len(rounds.turns(size.connections)) * (size.rounds + 1)
            task = progress.add_task("load", total=every)
            found = rounds.run(size.rounds, size.seconds, size.connections, lambda: progress.advance(task))
        return found, rounds.figures

    def rows_of_two_encoders(self, bodies: dict[str, Path]) -> tuple[list[Compared], list[Figure]]:
        """Measure a desk that has articles, a second encoder and no model of its own; nothing where none is built."""
        if not SECOND_ENCODER.is_dir():
            return [], []
        home = self.folder / "two"
        index_by_two(home, ARTICLES, SECOND_ENCODER)
        with ExitStack() as stack:
            services = [stack.enter_context(running(start)) for start in self.starts(home)]
            return self.rows(services, bodies, make_key(home), TWO_ENCODERS)

    def shares(self, ours: Running, key: str) -> list[Share]:
        bodies_of = TICKETS, self.folder
        return measure(ours, key, BUNDLE / "encoder", bodies_of, self.size.rounds, self.size.seconds / 2)

    def growth_over_http(self, services: Sequence[Running], bodies: Path, key: str) -> list[Curve]:
        size, seconds = self.size, self.size.seconds / 2
        rounds = max(1, size.rounds - 1)
        length = over_http.text_length(services[0], key, TICKETS, self.folder, size.characters, rounds, seconds)
        return [length, *over_http.connections(services, key, bodies, size.many, rounds, seconds)]

    def growth_inside(self) -> list[Curve]:
        names = ("labels", "closed_tickets", "passages")
        sizes = {name.replace("_", " "): getattr(self.size, name) for name in names}
        return inside.curves(sizes, BUNDLE, Budget(self.size.growth_seconds), self.say)

    def overload(self, ours: Running, key: str) -> list[dict[str, Any]]:
        command = [sys.executable, "-m", "tests.benchmarks.overload", "--port", str(ours.port), "--key", key]
        command += ["--seconds", str(self.size.overload_seconds)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def run(self) -> dict[str, Any]:
        """Measure everything and print it; return it as it is written to bench.json."""
        for text in self.notes:
            self.say(text)
        with self.part("prepare"):
            home, bodies, key = self.prepare()
        with self.part("start"):
            ready = self.ready(home)
        with ExitStack() as stack:
            services = [stack.enter_context(running(start)) for start in self.starts(home)]
            with self.part("rows"):
                rows, figures = self.rows(services, bodies, key)
            costs = {each.name: self._cost(each, ready.get(each.name, [])) for each in services}
            with self.part("request and encoder"):
                shares = self.shares(services[0], key)
            with self.part("growth over HTTP"):
                curves = self.growth_over_http(services, bodies["short_tags"], key)
        with self.part("two encoders"):
            more, more_figures = self.rows_of_two_encoders(bodies)
        rows, figures = [*rows, *more], [*figures, *more_figures]
        with self.part("overload"), running(self.starts(home)[0]) as ours:
            phases = self.overload(ours, key)
        with self.part("growth inside"):
            curves += self.growth_inside()
        self._show(rows, costs, shares, curves, phases)
        return {
            "notes": self.notes,
            "size": asdict(self.size),
            "took": self.took,
            "rows": [row.to_record() for row in rows],
            "costs": costs,
            "shares": [asdict(share) for share in shares],
            "curves": [asdict(curve) | {"exponent": curve.exponent} for curve in curves],
            "overload": phases,
            "figures": [asdict(figure) for figure in figures],
        }

    @staticmethod
    def _cost(service: Running, earlier: Sequence[float]) -> dict[str, Any]:
        held, ready = service.memory(), [*earlier, service.seconds_to_ready]
        costs = {"resident_mb": held.resident, "shared_once_mb": held.shared_once, "processes": held.processes}
        return {"seconds_to_ready": statistics.median(ready), "starts": ready} | costs

    def _show(
        self,
        rows: Sequence[Compared],
        costs: dict[str, dict[str, Any]],
        shares: Sequence[Share],
        curves: Sequence[Curve],
        phases: Sequence[dict[str, Any]],
    ) -> None:
        size = self.size
        title = f"{OURS} against {PEER}: medians (range) of {size.rounds} alternating rounds of {size.seconds:.0f} s"
        for shown in (
            tables.rows_table(rows, title),
            tables.cpu_table(rows),
            tables.costs_table(costs),
            tables.share_table(shares),
            tables.growth_table(curves),
            tables.overload_table(phases),
        ):
            self.console.print(shown)
        for curve in curves:
            for text in curve.notes:
                self.say(f"{curve.name}: {text}")
        for file in (*plot_rows(rows, self.out), *plot_curves(curves, self.out)):
            self.say(f"picture: {file}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/bench"))
    parser.add_argument("--smoke", action="store_true", help="every part at a tiny size: does it run?")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--starts", type=int, help="of each service, of which the median counts")
    parser.add_argument("--growth-seconds", type=float, help="for curves inside a process")
    options = parser.parse_args()
    chosen = {
        name: value for name, value in vars(options).items() if name not in {"out", "smoke"} and value is not None
    }
    size = Size(**{**vars(SMOKE if options.smoke else Size()), **chosen})
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(size, Path(folder), options.out)
        measured = bench.run()
    (options.out / "bench.json").write_text(json.dumps(measured, indent=1))
    bench.say(f"figures: {options.out / 'bench.json'}; {sum(bench.took.values()):.0f} s")
    if options.smoke:
        bench.say("every part ran; figures of a smoke run mean nothing")


if __name__ == "__main__":
    main()
