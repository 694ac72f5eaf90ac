"""What grows inside a process: closed tickets, passages and labels, each size in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.growth.curve import Budget, Curve
from tests.benchmarks.side_by_side import Spread

DIM = 384
QUESTIONS = 100
BLOCK = 50_000
ARTICLES = 500
LINKED = 0.6  # of the closed tickets an article solved so many
TEXT = "The export of our reports stops half way and the file that arrives by mail is empty, since Tuesday"


@dataclass(frozen=True)
class Taken:
    """Milliseconds of each question, MiB at the peak, seconds to build."""

    milliseconds: Sequence[float]
    peak: float
    built: float

    def spread(self) -> Spread:
        low, middle, high = np.quantile(self.milliseconds, [0.25, 0.5, 0.75])
        return Spread(float(middle), float(low), float(high))

    def note(self, size: int) -> str:
        return f"{size:,}: {self.peak:,.0f} MiB at the peak, built in {self.built:.1f} s"


def topics(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 vectors (rows, DIM) of unit length, about a hundred to a topic, without a float64 copy of all."""
    centres = rng.standard_normal((max(rows // 100, 1), DIM), dtype=np.float32)
    drawn = np.empty((rows, DIM), dtype=np.float32)
    for begin in range(0, rows, BLOCK):
        part = drawn[begin : begin + BLOCK]
        part[:] = centres[rng.integers(len(centres), size=len(part))]
        part += 0.8 * rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return drawn


def closed_tickets(size: int) -> Taken:
    """Ask which articles solved similar tickets, by meaning."""
    from retrieval.answering.precedents import Precedents

    rng = np.random.default_rng(size)
    vectors = topics(size, rng)
    asked = topics(QUESTIONS, rng) * 0.5 + vectors[rng.integers(size, size=QUESTIONS)]
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    numbers, linked = rng.integers(ARTICLES, size=size).tolist(), (rng.random(size) < LINKED).tolist()
    began = time.perf_counter()
    ids = [(f"a{number}",) if has else () for number, has in zip(numbers, linked, strict=True)]
    precedents = Precedents.build(vectors, ids)
    built = time.perf_counter() - began
    del vectors
    return _timed(lambda row: precedents.recall(asked[row]), built)


def passages(size: int) -> Taken:
    """Ask a knowledge base: search, ranking, decision and answer, without the encoding."""
    from tests.benchmarks.large_knowledge_base import measure

    found = measure(size, size)
    return Taken(found.milliseconds, peak(), found.built)


def labels(size: int, bundle: Path) -> Taken:
    """Score one text by a head of so many labels, over the lexicon of a bundle."""
    from triage.model.bundle import load
    from triage.model.classifier import Heads, Weights

    began = time.perf_counter()
    heads = load(bundle).heads
    of = next(iter(heads.values())).weights
    rng = np.random.default_rng(size)

    def drawn(rows: int) -> np.ndarray:
        return rng.standard_normal((rows, size), dtype=np.float32)

    weights = Weights(drawn(len(of.dense)), drawn(len(of.sparse)), drawn(1)[0], 1.0)
    made = Heads(heads.lexicon, {"category": ([f"label {n}" for n in range(size)], weights)}, heads.centres)
    states = rng.standard_normal((1, *heads.centres.shape), dtype=np.float32)
    return _timed(lambda _: made.predict_proba([TEXT], states), time.perf_counter() - began)


def _timed(ask: Callable[[int], object], built: float) -> Taken:
    ask(0)
    taken = []
    for row in range(QUESTIONS):
        began = time.perf_counter()
        ask(row)
        taken.append(1_000 * (time.perf_counter() - began))
    return Taken(taken, peak(), built)


def peak() -> float:
    """Return this process's peak of resident memory, MiB; getrusage would count its parent's before the exec."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


def curves(sizes: dict[str, Sequence[int]], bundle: Path, budget: Budget, say: Callable[[str], None]) -> list[Curve]:
    """Measure each curve at its sizes, as far as the time goes."""
    asked: dict[str, tuple[Callable[..., Taken], tuple[object, ...]]] = {
        "labels": (labels, (bundle,)),
        "closed tickets": (closed_tickets, ()),
        "passages": (passages, ()),
    }
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for the processes to come: products run on one thread, as they serve
    found = []
    for name, (ask, more) in asked.items():
        points, notes = [], []
        for size in budget.sizes(sizes[name], lambda text, name=name: say(f"{name}: {text}")):  # type: ignore[misc]
            taken = alone(ask, size, *more)
            points.append((float(size), taken.spread()))
            notes.append(taken.note(size))
        found.append(Curve(name, name, "ms for one question, without encoding", points, notes))
    return found


def alone(ask: Callable[..., Taken], *arguments: object) -> Taken:
    """Measure in a process of its own, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(ask, *arguments).result()
