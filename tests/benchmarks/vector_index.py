"""Which FAISS index to use at which size: recall and milliseconds for one question, on clustered vectors.

    python -m tests.benchmarks.vector_index [--rows 10000 --rows 100000] [--million]

Vectors of a knowledge base lie in clusters (articles of a topic, passages of an article), which is hard on graphs: so
they are drawn here, and questions near them. Recall counts how many of the exact nearest ten are found.
"""

from __future__ import annotations

import time

import click
import faiss
import numpy as np

from retrieval.vector_index import VectorIndex
from retrieval.vector_kinds import VectorKind, make

DIM = 384
QUESTIONS = 200
NEAREST = 10
KINDS: tuple[VectorKind, ...] = ("flat", "half", "cells", "graph")


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


def measure(kind: VectorKind, vectors: np.ndarray, questions: np.ndarray, exact: np.ndarray) -> str:
    """Build one kind of index and return its line of the table."""
    started = time.perf_counter()
    index = VectorIndex(make(kind, vectors))
    built = time.perf_counter() - started
    taken, found = [], []
    for question in questions:
        begun = time.perf_counter()
        _, rows = index.search(question[None, :], NEAREST)
        taken.append(1_000 * (time.perf_counter() - begun))
        found.append(len(set(rows[0]) & set(exact[len(found)])))
    recall, middle, worst = np.sum(found) / exact.size, np.median(taken), np.quantile(taken, 0.95)
    size = len(index.to_bytes()) / 1e6
    return f"| {len(vectors):,} | {kind} | {recall:.3f} | {middle:.2f} | {worst:.2f} | {size:,.0f} | {built:.1f} |"


@click.command()
@click.option("--rows", multiple=True, type=int, default=(10_000, 100_000), show_default=True)
@click.option("--million", is_flag=True, help="1,000,000 rows as well: 6 GB of memory and about half an hour.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS, show_default=True)
def main(rows: tuple[int, ...], million: bool, kinds: tuple[VectorKind, ...]) -> None:
    """Print the table."""
    faiss.omp_set_num_threads(1)
    click.echo(
        "| vectors | kind | recall@10 | ms, median | ms, 95 % | MB | built in s |\n|---|---|---|---|---|---|---|"
    )
    for many in (*rows, *([1_000_000] if million else [])):
        rng = np.random.default_rng(many)
        vectors = clustered(many, DIM, rng)
        questions = near(vectors, rng)
        _, exact = VectorIndex(make("flat", vectors)).search(questions, NEAREST)
        for kind in kinds:
            click.echo(measure(kind, vectors, questions, exact))


if __name__ == "__main__":
    main()
