"""`make bench`: our tag and answer path against the naive service, side by side in one run. Ratios, tables, a plot.

Both services are up at once and take turns, round by round, so that a slow minute of the machine hits both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.benchmarks.plot import plot
from tests.benchmarks.sample_texts import write_bodies
from tests.benchmarks.services import ROOT, Running, firstline, naive, running

TICKETS, ARTICLES = ROOT / "datasets/sample/tickets.jsonl.gz", ROOT / "datasets/sample/articles"
PATHS = {"short_tags": ("/v1/tags", "/tag"), "tags": ("/v1/tags", "/tag"), "questions": ("/v1/deflections", "/answer")}


@dataclass(frozen=True)
class Case:
    """One cell of the table: which bodies, how many connections."""

    bodies: str
    connections: int


def load(service: Running, path: str, bodies: Path, case: Case, seconds: float, key: str) -> dict[str, Any]:
    """Run the load generator in its own process."""
    command = [sys.executable, "-m", "tests.benchmarks.load", "--port", str(service.port), "--path", path, "--key", key]
    command += ["--bodies", str(bodies), "--connections", str(case.connections), "--seconds", str(seconds)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(printed))


def make_key(home: Path) -> str:
    command = [str(ROOT / ".venv/bin/firstline"), "keys", "create", "--scope", "admin"]
    printed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env={"FIRSTLINE_HOME": str(home)}
    )
    return next(word for word in printed.stdout.split() if word.startswith("sk_"))


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start both, take turns over all cases and rounds; return the raw figures."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.benchmarks.naive_service",
            "fit",
            "--tickets",
            str(TICKETS),
            "--articles",
            str(ARTICLES),
            "--out",
            str(folder / "naive"),
        ],
        cwd=ROOT,
        check=True,
    )
    bodies = write_bodies(TICKETS, folder / "bodies")
    home = folder / "home"
    home.mkdir()
    key = make_key(home)
    cases = [Case(name, c) for name in PATHS for c in options.connections]
    with ExitStack() as stack:
        peers = [
            stack.enter_context(running(**arguments))  # type: ignore[arg-type]
            for arguments in (
                firstline(home, 8811),
                *(naive(folder / "naive", 8820 + n, n) for n in options.naive_workers),
            )
        ]
        figures: list[dict[str, Any]] = []
        turns = [(r, case, peer) for r in range(options.rounds + 1) for case in cases for peer in peers]
        for number, case, peer in track(turns, description="load", console=Console(stderr=True)):
            path = PATHS[case.bodies][0 if peer.name == "firstline" else 1]
            found = load(peer, path, bodies[case.bodies], case, options.seconds if number else 1.0, key)
            if number:  # round 0 warms both
                figures.append(
                    {"service": peer.name, "bodies": case.bodies, "connections": case.connections, "round": number}
                    | found
                )
        costs = {p.name: {"seconds_to_ready": p.seconds_to_ready, "resident_mb": p.resident_mb()} for p in peers}
    return {"figures": figures, "costs": costs, "rounds": options.rounds, "seconds": options.seconds}


def median_of(measured: dict[str, Any], service: str, case: Case, name: str) -> float:
    wanted = (service, case.bodies, case.connections)
    return statistics.median(
        f[name] for f in measured["figures"] if (f["service"], f["bodies"], f["connections"]) == wanted
    )


def table(measured: dict[str, Any], cases: list[Case], peer: str) -> Table:
    rounds = f"medians of {measured['rounds']} alternating rounds of {measured['seconds']} s"
    title = f"firstline (1 process) against {peer}: {rounds}"
    shown = Table(title=title)
    for column in (
        "path",
        "connections",
        "ours /s",
        "peer /s",
        "ratio",
        "ours p50/p99 ms",
        "peer p50/p99 ms",
        "failed",
    ):
        shown.add_column(column, justify="right")
    for case in cases:
        ours, theirs = (median_of(measured, s, case, "per_second") for s in ("firstline", peer))
        spans = [
            f"{median_of(measured, s, case, 'p50_ms'):.1f}/{median_of(measured, s, case, 'p99_ms'):.1f}"
            for s in ("firstline", peer)
        ]
        failed = sum(median_of(measured, s, case, "failed") for s in ("firstline", peer))
        row = [
            case.bodies,
            str(case.connections),
            f"{ours:.0f}",
            f"{theirs:.0f}",
            f"{ours / theirs:.1f}x",
            *spans,
            f"{failed:.0f}",
        ]
        shown.add_row(*row)
    return shown


def cost_table(measured: dict[str, Any]) -> Table:
    shown = Table(title="start-up and memory after the load")
    for column in ("service", "s to ready", "ratio", "MiB resident", "ratio "):
        shown.add_column(column, justify="right")
    ours = measured["costs"]["firstline"]
    for name, cost in measured["costs"].items():
        ratios = [f"{cost[k] / ours[k]:.1f}x" for k in ("seconds_to_ready", "resident_mb")]
        shown.add_row(name, f"{cost['seconds_to_ready']:.2f}", ratios[0], f"{cost['resident_mb']:.0f}", ratios[1])
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/bench"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--naive-workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(options, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.json").write_text(json.dumps(measured, indent=1))
    console = Console(width=130)
    cases = [Case(name, c) for name in PATHS for c in options.connections]
    for workers in options.naive_workers:
        console.print(table(measured, cases, f"naive x{workers}"))
    console.print(cost_table(measured))
    console.print(f"plot: {plot(measured, options.out)}\nfigures: {options.out / 'bench.json'}")


if __name__ == "__main__":
    main()
