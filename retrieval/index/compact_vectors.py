"""Many vectors in k-means cells of single bytes, for a file that is mapped: as coarse as a measured recall allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import faiss
import numpy as np

from retrieval.index.vector_kinds import Codes, in_cells

#: The share of the exact nearest ten that must be found, the queries that measure it, and the rows compared at once.
RECALL: Final = 0.98
NEAREST: Final = 10
QUERIES: Final = 200
BLOCK: Final = 1 << 16
#: What is tried, the smallest and fastest first: bytes a number, and cells read for a query.
CODES: Final[tuple[Codes, ...]] = ("bytes", "half")
READ: Final = (32, 64, 128, 256)
#: Similarities closer than this are the same.
SAME: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Compact:
    """An index, and what its recall was."""

    index: faiss.Index
    codes: Codes
    #: Cells read for a query; all of them where nothing less reached the recall, which is then that of half precision.
    read: int
    recall: float


def compact(vectors: np.ndarray, *, recall: float = RECALL) -> Compact:
    """Index vectors, the coarsest way that finds the nearest.

    Parameters
    ----------
    vectors
        Any float type, shape (n, dim), unit length.
    recall
        The share of the exact nearest ten that held-out queries must find. The queries are some of the vectors, each
        without itself.

    Returns
    -------
    Compact
    """
    asked = np.sort(np.random.default_rng(0).permutation(len(vectors))[:QUERIES])
    queries = np.asarray(vectors[asked], dtype=np.float32)
    exact = _exact(vectors, queries, asked)
    index: faiss.IndexIVF | None = None
    for codes in CODES:
        index = in_cells(vectors, codes, index)
        cells = index.nlist
        for read in (*(each for each in READ if each < cells), *([cells] if codes == CODES[-1] else [])):
            index.nprobe = read
            found = _recall(index, vectors, queries, asked, exact)
            if found >= recall or read == cells:
                return Compact(index, codes, read, found)
    raise AssertionError  # the last codes are read in all cells


def _exact(vectors: np.ndarray, queries: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return the similarity of each query's tenth nearest row other than itself, float32 (n_queries,)."""
    best = np.full((len(queries), NEAREST), -2.0, dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        near = queries @ np.asarray(vectors[start : start + BLOCK], dtype=np.float32).T
        mine = np.flatnonzero((asked >= start) & (asked < start + near.shape[1]))
        near[mine, asked[mine] - start] = -2.0
        best = np.sort(np.concatenate((best, near), axis=1), axis=1)[:, -NEAREST:]
    return np.asarray(best[:, 0])


def _recall(
    index: faiss.Index, vectors: np.ndarray, queries: np.ndarray, asked: np.ndarray, exact: np.ndarray
) -> float:
    """Tell which share of the nearest ten an index finds; of rows that are equally near, any will do."""
    _, rows = index.search(queries, NEAREST + 1)
    hits = 0
    for query, own, tenth, found in zip(queries, asked, exact, rows, strict=True):
        others = found[(found >= 0) & (found != own)][:NEAREST]
        near = np.asarray(vectors[others], dtype=np.float32) @ query
        hits += int((near >= tenth - SAME).sum())
    return hits / (len(queries) * min(NEAREST, len(vectors) - 1))
