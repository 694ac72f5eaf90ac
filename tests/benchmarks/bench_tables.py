"""The tables that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from tests.benchmarks.encoder_share import Share
from tests.benchmarks.growth.curve import Curve
from tests.benchmarks.services import OURS, PEER
from tests.benchmarks.side_by_side import Compared, Spread


def _table(title: str, columns: Iterable[str]) -> Table:
    shown = Table(title=title)
    for column in columns:
        shown.add_column(column, justify="right")
    return shown


def _spread(found: Spread | None, digits: int = 0, unit: str = "") -> str:
    if found is None:
        return "–"
    return f"{found.median:.{digits}f}{unit} ({found.low:.{digits}f}–{found.high:.{digits}f})"


def rows_table(rows: Sequence[Compared], title: str) -> Table:
    """Show requests a second, the 99th percentile and ratios: medians, and in brackets the range over the rounds."""
    columns = (
        "asked",
        "connections",
        "ours /s",
        "peer /s",
        "ratio",
        "ours p99 ms",
        "peer p99 ms",
        "p99 better",
        "failed",
    )
    shown = _table(title, columns)
    for row in rows:
        shown.add_row(
            row.row,
            str(row.connections),
            _spread(row.per_second.get(OURS)),
            _spread(row.per_second.get(PEER)),
            _spread(row.ratio, 1, "x"),
            _spread(row.p99_ms.get(OURS)),
            _spread(row.p99_ms.get(PEER)),
            _spread(row.p99_ratio, 1, "x"),
            "/".join(str(number) for number in row.failed.values()),
        )
    return shown


def cpu_table(rows: Sequence[Compared]) -> Table:
    """Show what each answer took of a processor: of all figures the one that other programs change least."""
    shown = _table("of a processor, for each answer", ("asked", "connections", "ours ms", "peer ms", "ratio"))
    for row in rows:
        cells = _spread(row.cpu_ms.get(OURS), 1), _spread(row.cpu_ms.get(PEER), 1), _spread(row.cpu_ratio, 1, "x")
        shown.add_row(row.row, str(row.connections), *cells)
    return shown


def costs_table(costs: Mapping[str, Mapping[str, Any]]) -> Table:
    """Show seconds to ready and memory of all processes after the load, and how many times ours each is."""
    shown = _table(
        "start and memory of all processes after the load",
        ("service", "processes", "s to ready", "ratio", "MiB resident", "ratio ", "MiB, shared once", "ratio  "),
    )
    ours = costs[OURS]
    for name, cost in costs.items():
        cells = [name, str(cost["processes"])]
        for key, digits in (("seconds_to_ready", 2), ("resident_mb", 0), ("shared_once_mb", 0)):
            cells += [f"{cost[key]:.{digits}f}", f"{cost[key] / ours[key]:.1f}x"]
        shown.add_row(*cells)
    return shown


def share_table(shares: Sequence[Share]) -> Table:
    """Show a request against one run of the encoder."""
    shown = _table(
        "a whole request, one connection, against one bare run of the encoder on the same tokens",
        ("tokens", "request", "measured", "bare run ms", "request ms", "times"),
    )
    for each in shares:
        clock = _spread(each.bare_ms, 2), _spread(each.request_ms, 2), _spread(each.times, 2, "x")
        processor = _spread(each.bare_cpu_ms, 2), _spread(each.request_cpu_ms, 2), _spread(each.cpu_times, 2, "x")
        shown.add_row(str(each.tokens), each.request, "by the clock", *clock)
        shown.add_row("", "", "of a processor", *processor)
    return shown


def growth_table(curves: Sequence[Curve]) -> Table:
    """Show each curve's points and exponents."""
    shown = _table("growth: value ~ size ^ exponent", ("curve", "unit", "size: median", "exponent", "last step"))
    for curve in curves:
        points = ", ".join(f"{size:,.0f}: {found.median:.3g}" for size, found in curve.points)
        exponents = ("–" if slope is None else f"{slope:.2f}" for slope in (curve.exponent, curve.last_exponent))
        shown.add_row(curve.name, curve.unit, points, *exponents)
    return shown


def overload_table(phases: Sequence[Mapping[str, Any]]) -> Table:
    """Show what came of each kind of request at capacity and beyond it."""
    shown = _table("overload", ("phase", "request, status", "per second", "p50 ms", "p99 ms", "max ms"))
    for phase in phases:
        for kind, found in phase.items():
            if kind != "phase":
                shown.add_row(
                    phase["phase"], kind, *(f"{found[name]:.1f}" for name in ("per_second", "p50", "p99", "max"))
                )
    return shown
