"""What grows with a request: the length of its text, and the connections that ask at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.growth.curve import Curve
from tests.benchmarks.load_generator import Target, load
from tests.benchmarks.sample_texts import rows_of
from tests.benchmarks.services import OURS, Running
from tests.benchmarks.side_by_side import Spread

TEXTS = 100


def text_length(
    service: Running, key: str, tickets: Path, folder: Path, sizes: Sequence[int], rounds: int, seconds: float
) -> Curve:
    """Tag texts of so many characters over one connection."""
    everything = " ".join(str(row.get("description") or "") for row in rows_of(tickets))
    points = []
    for size in sizes:
        step = max(1, (len(everything) - size) // TEXTS)
        texts = [everything[begin : begin + size] for begin in range(0, TEXTS * step, step)]
        bodies = folder / f"{size}_characters.jsonl"
        bodies.write_text("\n".join(json.dumps({"subject": "", "description": text}) for text in texts))
        target = Target(service.port, "/v1/tags", bodies, key)
        points.append((float(size), Spread.of([load(target, 1, seconds)["p50_ms"] for _ in range(rounds)])))
    return Curve("text length", "characters", "ms of a request, median", points)


def connections(
    services: Sequence[Running], key: str, bodies: Path, sizes: Sequence[int], rounds: int, seconds: float
) -> list[Curve]:
    """Tag short tickets over ever more connections; requests that were refused count for nothing."""
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for size in sizes:
            for service in services:
                ours = service.name == OURS
                target = Target(service.port, "/v1/tags" if ours else "/tag", bodies, key if ours else "")
                found.setdefault((service.name, size), []).append(load(target, size, seconds))
    curves = []
    for service in services:
        each = {size: found[service.name, size] for size in sizes}
        notes = [f"{size}: {n:.0f} refused or failed" for size in sizes if (n := sum(f["failed"] for f in each[size]))]
        for name, unit in (("per_second", "requests/s"), ("p99_ms", "ms, 99 %")):
            points = [(float(size), Spread.of([f[name] for f in each[size]])) for size in sizes]
            curves.append(Curve(f"connections, {service.name}, {unit}", "connections", unit, points, notes))
    return curves
