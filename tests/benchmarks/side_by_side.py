"""The rows of the comparison: ours and the peer take turns, round by round, so that a slow minute hits both."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.load_generator import Target, load
from tests.benchmarks.services import OURS, PEER, Running


@dataclass(frozen=True)
class Row:
    """What is asked of both services: a file of bodies, our path and the peer's."""

    name: str
    bodies: str
    ours: str
    peer: str


ROWS = (
    Row("short tags", "short_tags", "/v1/tags", "/tag"),
    Row("short, include=", "short_tags", "/v1/tags?include=", "/tag"),
    Row("long tags", "tags", "/v1/tags", "/tag"),
    Row("questions", "questions", "/v1/deflections", "/answer"),
)
#: Of a service with a second encoder: short questions in other languages than English, which it reads by both.
TWO_ENCODERS = (Row("questions, 2 encoders", "foreign_questions", "/v1/deflections", "/answer"),)


@dataclass(frozen=True)
class Figure:
    """One run of the load generator; `busy` is the machine's load average before it."""

    service: str
    path: str
    bodies: str
    connections: int
    round: int
    busy: float
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # of a processor, for each answer


@dataclass(frozen=True)
class Spread:
    """Median and range over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Compared:
    """One row at so many connections: requests a second, latencies, and ratios of the same round."""

    row: str
    connections: int
    per_second: Mapping[str, Spread]
    p50_ms: Mapping[str, Spread]
    p99_ms: Mapping[str, Spread]
    cpu_ms: Mapping[str, Spread]
    failed: Mapping[str, int]
    ratio: Spread | None
    cpu_ratio: Spread | None
    p99_ratio: Spread | None

    def to_record(self) -> dict[str, Any]:
        return asdict(self)


def loaded(service: Running, target: Target, connections: int, seconds: float) -> dict[str, Any]:
    """Run the load, and add how many milliseconds of a processor the service has used for each answer."""
    before = service.cpu()
    found = load(target, connections, seconds)
    return found | {"cpu_ms": 1_000 * (service.cpu() - before) / max(found["requests"], 1)}


class Rounds:
    """Runs the load and keeps every figure."""

    def __init__(
        self, services: Sequence[Running], bodies: Mapping[str, Path], key: str, rows: Sequence[Row] = ROWS
    ) -> None:
        self._services, self._bodies, self._key, self._rows = services, bodies, key, rows
        self.figures: list[Figure] = []

    def turns(self, connections: Sequence[int]) -> list[tuple[Running, str, str, int]]:
        """Return each load of a round once: two of our rows may share one of the peer's."""
        every = (
            (service, row.ours if service.name == OURS else row.peer, row.bodies, number)
            for row in self._rows
            for number in connections
            for service in self._services
        )
        return list({(s.name, *rest): (s, *rest) for s, *rest in every}.values())  # type: ignore[misc]

    def run(
        self, rounds: int, seconds: float, connections: Sequence[int], step: Callable[[], None] = lambda: None
    ) -> list[Compared]:
        """Warm every case, then take turns; `step` is called after each load."""
        for number in range(rounds + 1):
            for service, path, bodies, many in self.turns(connections):
                busy = os.getloadavg()[0]
                target = Target(service.port, path, self._bodies[bodies], self._key if service.name == OURS else "")
                found = loaded(service, target, many, seconds if number else min(1.0, seconds))
                if number:
                    kept = {name: found[name] for name in ("failed", "per_second", "p50_ms", "p99_ms", "cpu_ms")}
                    self.figures.append(Figure(service.name, path, bodies, many, number, busy, **kept))
                step()
        return [self._compared(row, many) for row in self._rows for many in connections]

    def _of(self, service: str, row: Row, connections: int) -> Iterator[Figure]:
        wanted = (service, row.ours if service == OURS else row.peer, row.bodies, connections)
        return (each for each in self.figures if (each.service, each.path, each.bodies, each.connections) == wanted)

    def _compared(self, row: Row, connections: int) -> Compared:
        by = {each.name: list(self._of(each.name, row, connections)) for each in self._services}

        def spread(name: str) -> dict[str, Spread]:
            return {service: Spread.of([getattr(each, name) for each in found]) for service, found in by.items()}

        def ratio(name: str, above: str, below: str) -> Spread | None:
            if PEER not in by:
                return None
            pairs = zip(by[above], by[below], strict=True)
            return Spread.of([getattr(one, name) / max(getattr(other, name), 1e-9) for one, other in pairs])

        return Compared(
            row=row.name,
            connections=connections,
            per_second=spread("per_second"),
            p50_ms=spread("p50_ms"),
            p99_ms=spread("p99_ms"),
            cpu_ms=spread("cpu_ms"),
            failed={service: sum(each.failed for each in found) for service, found in by.items()},
            ratio=ratio("per_second", OURS, PEER),
            cpu_ratio=ratio("cpu_ms", PEER, OURS),
            p99_ratio=ratio("p99_ms", PEER, OURS),
        )
