"""The FAISS index types: flat, flat in half precision, or k-means cells; `make bench-index` measures them."""

from __future__ import annotations

import math
from typing import Final, Literal, TypeGuard

import faiss
import numpy as np

VectorKind = Literal["flat", "half", "cells"]
#: How a number of a vector is kept in a cell: in two bytes or in one.
Codes = Literal["half", "bytes"]

#: Vectors from which half precision answers faster than fp32 by more than a thread's jitter, at the same neighbours.
HALF_FROM: Final = 10_000
#: Vectors from which reading all of them takes milliseconds on a busy machine. Cells of k-means are read in a hundredth
#: of that, find the same nearest ten, and are built in a third of a graph's time, which is after each change.
CELLS_FROM: Final = 25_000
#: Cells for each root of the number of vectors, and how many are read for a question: of 30,000 tickets of a real desk
#: they hold 97 % of the nearest ten (16 cells 93 %, 64 cells 99 %).
CELLS: Final = 4
READ: Final = 32
#: Vectors of each cell that k-means sees, and its rounds.
SEEN: Final = 39
ROUNDS: Final = 6
#: Rows whose cosines are sorted at once, and vectors that are copied at once.
SORTED: Final = 1 << 12
ADDED: Final = 1 << 16
_CODES: Final[dict[Codes, int]] = {
    "half": faiss.ScalarQuantizer.QT_fp16,
    "bytes": faiss.ScalarQuantizer.QT_8bit,
}
#: Cells find as many neighbours; for more all vectors are read.
WALKED: Final = 512
#: So many of what the cells hold are kept where several selections of rows are looked for among them.
AROUND: Final = 2048
#: The same where all vectors were compared: who wants more pays for sorting them.
SORTED_AROUND: Final = 1024


def kind_for(rows: int) -> VectorKind:
    """Choose by the number of vectors."""
    if rows < HALF_FROM:
        return "flat"
    return "half" if rows < CELLS_FROM else "cells"


# The stubs that come with FAISS know less than its Python layer: hence the ignored types.
def make(kind: VectorKind, vectors: np.ndarray) -> faiss.Index:
    """Build an index of float32 vectors of unit length, shape (n, dim)."""
    dim = vectors.shape[1]
    half = faiss.ScalarQuantizer.QT_fp16
    if kind == "flat":
        index: faiss.Index = faiss.IndexFlatIP(dim)
    elif kind == "half":
        index = faiss.IndexScalarQuantizer(dim, half, faiss.METRIC_INNER_PRODUCT)
    else:
        return in_cells(vectors, "half")
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index


def in_cells(vectors: np.ndarray, codes: Codes, like: faiss.IndexIVF | None = None) -> faiss.IndexIVF:
    """Build k-means cells of vectors of unit length, shape (n, dim); with the centres of another index of them."""
    rows, dim = vectors.shape
    cells = max(int(CELLS * math.sqrt(rows)), 1)
    kept, centres = _CODES[codes], faiss.IndexFlatIP(dim)
    if like is not None:
        centres.add(like.quantizer.reconstruct_n(0, cells))
    by_residual = False  # the vectors themselves, so that they can be taken over into the next index
    index = faiss.IndexIVFScalarQuantizer(centres, dim, cells, kept, faiss.METRIC_INNER_PRODUCT, by_residual)
    index.own_fields = True
    centres.this.disown()  # type: ignore[attr-defined]
    index.cp.niter, index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = ROUNDS, SEEN, 1
    seen = np.random.default_rng(0).permutation(rows)[: cells * SEEN]
    index.train(np.ascontiguousarray(vectors[seen], dtype=np.float32))
    for start in range(0, rows, ADDED):
        index.add(np.ascontiguousarray(vectors[start : start + ADDED], dtype=np.float32))
    index.make_direct_map()  # vectors are read by their number, too
    return index


def nearest(index: faiss.Index, queries: np.ndarray, k: int, among: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Find the most similar rows.

    Parameters
    ----------
    index
        As `make` built it.
    queries
        float32, shape (n_queries, dim), unit length.
    k
        How many for each.
    among
        Only these rows, bool (n,); None for all.

    Returns
    -------
    scores : ndarray of float32, shape (n_queries, k)
        Cosine similarity, falling.
    rows : ndarray of int64, shape (n_queries, k)
    """
    asked = np.ascontiguousarray(queries, dtype=np.float32)
    chosen = None if among is None else _selector(among)
    if not isinstance(index, faiss.IndexIVF):
        only = None if chosen is None else faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]
        return _pair(index.search(asked, k, params=only))
    # A few rows may lie in any cell, and more than a few cells hold are wanted of all.
    if k <= WALKED and (among is None or kind_for(int(among.sum())) == "cells"):
        few = faiss.SearchParametersIVF(nprobe=cells_read(index), sel=chosen)  # type: ignore[call-arg]
        scores, rows = _pair(index.search(asked, k, params=few))
        if (rows >= 0).all():
            return scores, rows
    every = faiss.SearchParametersIVF(nprobe=index.nlist, sel=chosen)  # type: ignore[call-arg]
    return _pair(index.search(asked, k, params=every))


def near(index: faiss.Index, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and rows of what is nearest to a query (dim,), or lies in cells near it, at most `AROUND`."""
    few = faiss.SearchParametersIVF(nprobe=cells_read(index)) if is_in_cells(index) else None  # type: ignore[call-arg]
    asked = np.ascontiguousarray(query[None, :], dtype=np.float32)
    scores, rows = _pair(index.search(asked, min(AROUND, index.ntotal), params=few))
    held = int((rows[0] >= 0).sum())
    if held < min(WALKED, index.ntotal):
        scores, rows = nearest(index, asked, min(WALKED, index.ntotal), None)
        held = rows.shape[1]
    order = np.lexsort((rows[0, :held], -scores[0, :held]))  # equally similar ones by number
    return scores[0, order], rows[0, order]


def cells_read(index: faiss.Index) -> int:
    """Return how many cells are read for a query: more than usual where the index says so."""
    return min(max(READ, int(index.nprobe)), int(index.nlist))  # type: ignore[attr-defined]


def is_in_cells(index: faiss.Index) -> bool:
    """Tell whether only what lies in cells near a query is compared with it."""
    return isinstance(index, faiss.IndexIVF)


def is_flat(index: faiss.Index) -> TypeGuard[faiss.IndexFlat]:
    """Tell whether the vectors lie in memory as they are."""
    return isinstance(index, faiss.IndexFlat)


def cosines(index: faiss.Index, query: np.ndarray) -> np.ndarray:
    """Compare a query, float32 (dim,), with every row of an index that has no cells, float32 (n,)."""
    if is_flat(index):
        held = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
        return np.asarray(held @ query)
    asked, found = np.ascontiguousarray(query[None, :], dtype=np.float32), np.empty(index.ntotal, dtype=np.float32)
    for start in range(
        0, index.ntotal, SORTED
    ):  # a search for all rows of a block: range_search takes 40 times as long
        end = min(start + SORTED, index.ntotal)
        block = faiss.SearchParameters(sel=faiss.IDSelectorRange(start, end))  # type: ignore[call-arg]
        scores, rows = _pair(index.search(asked, end - start, params=block))
        found[rows[0]] = scores[0]
    return found


def _selector(among: np.ndarray) -> faiss.IDSelector:
    return faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))  # type: ignore[call-arg, arg-type]


def _pair(found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return found[0], found[1]
