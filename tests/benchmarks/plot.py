"""The benchmark's pictures: throughput of each row by connections, and the curves of growth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tests.benchmarks.growth.curve import Curve
from tests.benchmarks.side_by_side import Compared

mpl.use("Agg")
PANELS = 3  # beside each other


def plot_rows(rows: Sequence[Compared], out: Path) -> list[Path]:
    """Draw requests per second (bars: median, whiskers: the range over the rounds) and return the files."""
    names = list(dict.fromkeys(row.row for row in rows))
    figure, axes = plt.subplots(1, len(names), figsize=(3.4 * len(names), 3.6), sharey=True, squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        mine = [row for row in rows if row.row == name]
        for offset, service in enumerate(mine[0].per_second):
            found = [row.per_second[service] for row in mine]
            medians = [each.median for each in found]
            spread = [[each.median - each.low for each in found], [each.high - each.median for each in found]]
            axis.bar([i + 0.4 * offset for i in range(len(mine))], medians, width=0.38, yerr=spread, label=service)
        axis.set_xticks([i + 0.2 for i in range(len(mine))], [str(row.connections) for row in mine])
        axis.set_title(name)
        axis.set_xlabel("connections")
    axes[0][0].set_ylabel("requests per second")
    axes[0][0].legend()
    return _saved(figure, out, "rows")


def plot_curves(curves: Sequence[Curve], out: Path) -> list[Path]:
    """Draw each curve on logarithmic axes with its exponent, and return the files."""
    lines = -(-len(curves) // PANELS)
    figure, axes = plt.subplots(lines, PANELS, figsize=(4.2 * PANELS, 3.4 * lines), squeeze=False)
    for axis in axes.flat[len(curves) :]:
        axis.axis("off")
    for axis, curve in zip(axes.flat, curves, strict=False):
        points = [
            (size, each) for size, each in curve.points if each.median > 0
        ]  # where nothing was answered is no point
        sizes, found = [size for size, _ in points], [each for _, each in points]
        spread = [[each.median - each.low for each in found], [each.high - each.median for each in found]]
        axis.errorbar(sizes, [each.median for each in found], yerr=spread, marker="o", capsize=3)
        scale = "log" if points else "linear"
        axis.set(xscale=scale, yscale=scale, xlabel=curve.size, ylabel=curve.unit)
        exponent = "" if curve.exponent is None else f", exponent {curve.exponent:.2f}"
        axis.set_title(f"{curve.name.split(', requests')[0]}{exponent}", fontsize=9)
    return _saved(figure, out, "growth")


def _saved(figure: plt.Figure, out: Path, name: str) -> list[Path]:
    figure.tight_layout()
    files = [out / f"{name}.png", out / f"{name}.svg"]
    for file in files:
        figure.savefig(file, dpi=120)
    plt.close(figure)
    return files
