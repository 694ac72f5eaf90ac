"""The soak's picture: memory by time, and the line that was fitted."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from tests.benchmarks.soak.slope import Slope

mpl.use("Agg")


def plot(samples: list[dict[str, float]], slope: Slope, since: float, out: Path) -> Path:
    """Draw resident memory (all, anonymous, of files) over minutes and return the file, an SVG."""
    minutes = [each["seconds"] / 60 for each in samples]
    figure, axis = plt.subplots(figsize=(8, 4))
    for name, label in (("VmRSS", "resident"), ("RssAnon", "anonymous"), ("RssFile", "of files")):
        axis.plot(minutes, [each[name] for each in samples], label=label)
    late = [each for each in samples if each["seconds"] >= since]
    if late:
        middle = sum(each["seconds"] for each in late) / len(late)
        mean = sum(each["VmRSS"] for each in late) / len(late)
        ends = [late[0]["seconds"], late[-1]["seconds"]]
        line = [mean + slope.value * (end - middle) / 3600 for end in ends]
        axis.plot([end / 60 for end in ends], line, "k--", label=f"{slope.value:+.1f} ± {slope.error:.1f} MB/h")
    axis.set_xlabel("minutes")
    axis.set_ylabel("MB")
    axis.set_ylim(bottom=0)
    axis.legend()
    figure.tight_layout()
    figure.savefig(out / "soak.svg")
    return out / "soak.svg"
