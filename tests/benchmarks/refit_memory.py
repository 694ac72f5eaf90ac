"""How much memory a refit takes, stage by stage: the peak of each, and the time.

    python -m tests.benchmarks.refit_memory --tickets 10000

The tickets are the sample's with words of others mixed in, laid out over a year. The encoder is a cheap one of the real
one's shape (hashed words), so encoding takes no time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.encoder.encoder import Reading
from training import refit
from training import refit_stages as stages
from training.classifiers.vector_cache import VectorCache
from training.config import Critical, RefitConfig
from training.progress import Bars
from triage.model.bundle import ENCODER_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TICKETS = Path(__file__).parents[2] / "datasets" / "sample" / "tickets.jsonl.gz"
STAGES = ("gather", "encode", "divide", "weigh", "try_heads", "fit_gate", "certify_heads", "notice", "learning_curves")


class CheapEncoder:
    """Gives each word a direction of its own in every pool."""

    name, dim, n_pools, fingerprint = "cheap", 384, 5, "cheap-encoder"
    files = dict.fromkeys(ENCODER_FILES, b"")

    def encode(self, texts: Sequence[str], *, progress: object = None) -> np.ndarray:
        return self.read(texts).vectors

    def read(self, texts: Sequence[str], *, progress: object = None) -> Reading:
        states = np.empty((len(texts), self.n_pools, self.dim), np.float16)
        for row, text in zip(states, texts, strict=True):
            words = [_direction(word) for word in re.findall(r"\w+", text.lower())] or [_direction("")]
            row[:] = np.mean(words, axis=0)
        vectors = states[:, 0].astype(np.float32)
        return Reading(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), states)


@cache
def _direction(word: str) -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(zlib.crc32(word.encode())).standard_normal((5, 384), dtype=np.float32)
    return drawn


def write_tickets(path: Path, number: int) -> None:
    """Write so many tickets over a year."""
    with gzip.open(TICKETS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chance, begin = random.Random(1), datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for place in range(number):
            row, other = chance.choice(rows), chance.choice(rows)["description"].split()
            words = row["description"].split()
            for _ in range(len(words) // 3):
                words.insert(chance.randrange(len(words) + 1), chance.choice(other))
            at = begin + place * timedelta(days=365) / number
            changed = {"id": f"t{place}", "description": " ".join(words), "created_at": at.isoformat()}
            file.write(json.dumps(row | changed) + "\n")


def peak() -> float:
    """Return the peak of resident memory since it was last forgotten, MiB, and forget it."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def watched(name: str, stage: Callable[..., Any], found: dict[str, float]) -> Callable[..., Any]:
    """Return a stage that notes its peak."""

    @wraps(stage)
    def watching(*given: Any, **named: Any) -> Any:
        before, began = peak(), time.process_time()
        try:
            return stage(*given, **named)
        finally:
            found["other"] = max(found.get("other", 0.0), before)
            found[name] = max(found.get(name, 0.0), peak())
            print(f"{name:16} {found[name]:7,.0f} MiB {time.process_time() - began:7.1f} s of CPU", flush=True)

    return watching


def main() -> None:
    """Print the peaks and what the heads measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=10_000)
    chosen = parser.parse_args()
    found: dict[str, float] = {}
    for name in STAGES:
        module: Any = refit if name == "gather" else stages
        setattr(module, name, watched(name, getattr(module, name), found))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_tickets(folder / "tickets.jsonl", chosen.tickets)
        encoder: Any = CheapEncoder()
        plan = refit.Plan(
            tickets=folder / "tickets.jsonl",
            out=folder / "bundle",
            at=datetime(2026, 1, 2, tzinfo=UTC),
            config=RefitConfig(critical=Critical(learn=0)),
        )
        tools = refit.Tools(encoder=encoder, vectors=VectorCache(folder / "cache", encoder), bars=Bars(quiet=True))
        manifest = refit.refit(plan, tools).manifest
    found["other"] = max(found["other"], peak())
    print(f"{'all':16} {max(found.values()):7,.0f} MiB")
    for head, entry in manifest.heads.items():
        print(head, entry.metrics)
        print(head, [(each.threshold, each.n, each.k) for each in entry.certificates], entry.choice)


if __name__ == "__main__":
    main()
