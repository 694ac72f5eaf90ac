"""The benchmark's picture: throughput by connections, one panel for each path."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

mpl.use("Agg")


def plot(measured: dict[str, Any], out: Path) -> Path:
    """Draw requests per second (bars: median, whiskers: min to max over the rounds) and return the file."""
    figures = measured["figures"]
    panels = list(dict.fromkeys(f["bodies"] for f in figures))
    services = list(dict.fromkeys(f["service"] for f in figures))
    figure, axes = plt.subplots(1, len(panels), figsize=(4.2 * len(panels), 3.6), sharey=True)
    for axis, panel in zip(axes, panels, strict=True):
        connections = sorted({f["connections"] for f in figures})
        for offset, service in enumerate(services):
            rounds = [
                [
                    f["per_second"]
                    for f in figures
                    if (f["bodies"], f["service"], f["connections"]) == (panel, service, c)
                ]
                for c in connections
            ]
            medians = [statistics.median(r) for r in rounds]
            spread = [
                [m - min(r) for m, r in zip(medians, rounds, strict=True)],
                [max(r) - m for m, r in zip(medians, rounds, strict=True)],
            ]
            at = [i + 0.27 * (offset - 1) for i in range(len(connections))]
            axis.bar(at, medians, width=0.25, yerr=spread, label=service)
        axis.set_xticks(range(len(connections)), [str(c) for c in connections])
        axis.set_title(panel)
        axis.set_xlabel("connections")
    axes[0].set_ylabel("requests per second")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(out / "bench.png", dpi=120)
    return out / "bench.png"
