"""Which FAISS index to use at which size: recall and milliseconds for one question, on clustered vectors.

    python -m tests.benchmarks.vector_index [--rows 10000 --rows 100000] [--million] [--out FOLDER]

Vectors of a knowledge base lie in clusters (articles of a topic, passages of an article), which is hard on graphs: so
they are drawn here, and questions near them. Recall counts how many of the exact nearest ten are found.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click
import faiss
import numpy as np

from retrieval.index.vector_index import VectorIndex
from retrieval.index.vector_kinds import make

DIM = 384
QUESTIONS = 200
NEAREST = 10
HEAD = "| vectors | kind | recall@10 | ms, median | ms, 95 % | MB | built in s |\n|---|---|---|---|---|---|---|"
KINDS = ("flat", "half", "cells", "graph")
#: Links of a vector in a graph, and how many candidates are kept while building and while searching. Malkov and
#: Yashunin, Efficient and robust approximate nearest neighbor search using hierarchical navigable small world graphs,
#: 2018. No index that serves is one: see `retrieval.index.vector_kinds`.
LINKS, BUILT_WITH, SEARCHED_WITH = 16, 64, 256


def clustered(rows: int, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Draw float32 vectors (rows, dim) of unit length, a hundred or so to each of many overlapping topics."""
    topics = rng.normal(size=(max(rows // 100, 1), dim)).astype(np.float32)
    drawn = topics[rng.integers(len(topics), size=rows)]
    drawn += 0.8 * rng.normal(size=(rows, dim)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def near(vectors: np.ndarray, rng: np.random.Generator, rows: np.ndarray | None = None) -> np.ndarray:
    """Draw questions near some of the vectors, about as similar to them as real ones are (cosine 0.7)."""
    chosen = vectors[rng.integers(len(vectors), size=QUESTIONS) if rows is None else rows]
    noise = rng.normal(size=chosen.shape).astype(np.float32)
    moved = chosen + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def built_as(kind: str, vectors: np.ndarray) -> VectorIndex:
    """Index the vectors as one of the kinds that serve, or as a graph."""
    if kind != "graph":
        return VectorIndex(make(kind, vectors))
    half = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexHNSWSQ(vectors.shape[1], half, LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = BUILT_WITH, SEARCHED_WITH
    index.train(vectors)
    index.add(vectors)
    return VectorIndex(index)


@dataclass(frozen=True)
class Measured:
    """One kind of index at one size."""

    rows: int
    kind: str
    recall: float
    middle: float  # milliseconds
    worst: float  # milliseconds
    size: float  # megabytes
    built: float  # seconds

    def line(self) -> str:
        return (
            f"| {self.rows:,} | {self.kind} | {self.recall:.3f} | {self.middle:.2f} | {self.worst:.2f} "
            f"| {self.size:,.0f} | {self.built:.1f} |"
        )


def measure(kind: str, vectors: np.ndarray, questions: np.ndarray, exact: np.ndarray) -> Measured:
    """Build one kind of index and ask it."""
    started = time.perf_counter()
    index = built_as(kind, vectors)
    built = time.perf_counter() - started
    taken, found = [], []
    for question in questions:
        begun = time.perf_counter()
        _, rows = index.search(question[None, :], NEAREST)
        taken.append(1_000 * (time.perf_counter() - begun))
        found.append(len(set(rows[0]) & set(exact[len(found)])))
    recall, middle, worst = float(np.sum(found) / exact.size), float(np.median(taken)), float(np.quantile(taken, 0.95))
    return Measured(len(vectors), kind, recall, middle, worst, len(index.to_bytes()) / 1e6, built)


def write(measured: list[Measured], out: Path) -> None:
    """Write the table, and milliseconds by size as a plot."""
    from matplotlib.figure import Figure

    out.mkdir(parents=True, exist_ok=True)
    (out / "vector_index.md").write_text("\n".join([HEAD, *(each.line() for each in measured)]) + "\n")
    figure = Figure(figsize=(6, 4), layout="tight")
    axis = figure.subplots()
    for kind in dict.fromkeys(each.kind for each in measured):
        points = sorted((each.rows, each.middle) for each in measured if each.kind == kind)
        axis.loglog(*zip(*points, strict=True), marker="o", label=kind)
    axis.set(xlabel="vectors", ylabel="milliseconds for one question, median")
    axis.legend()
    figure.savefig(out / "vector_index.png", dpi=120)


@click.command()
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000), show_default=True)
@click.option("--million", is_flag=True, help="1,000,000 rows as well: 6 GB of memory and about half an hour.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the table and a plot.")
def main(rows: tuple[int, ...], million: bool, kinds: tuple[str, ...], out: Path | None) -> None:
    """Print the table."""
    faiss.omp_set_num_threads(1)
    click.echo(HEAD)
    measured: list[Measured] = []
    for many in (*rows, *([1_000_000] if million else [])):
        rng = np.random.default_rng(many)
        vectors = clustered(many, DIM, rng)
        questions = near(vectors, rng)
        _, exact = VectorIndex(make("flat", vectors)).search(questions, NEAREST)
        for kind in kinds:
            measured.append(measure(kind, vectors, questions, exact))
            click.echo(measured[-1].line())
    if out is not None:
        write(measured, out)


if __name__ == "__main__":
    main()
