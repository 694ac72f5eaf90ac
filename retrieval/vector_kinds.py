"""Which FAISS index holds the vectors: flat, flat in half precision, or a graph; `make bench-index` measures them."""

from __future__ import annotations

from typing import Final, Literal

import faiss
import numpy as np

VectorKind = Literal["flat", "half", "graph"]

#: Vectors from which half precision answers faster than fp32 by more than a thread's jitter, at the same neighbours.
HALF_FROM: Final = 10_000
#: Vectors from which reading all of them takes about 5 ms. A graph takes a fifth of that, and half a minute to build
#: after each change.
GRAPH_FROM: Final = 100_000
#: Links of a vector, and how many candidates are kept while building and while searching. Malkov and Yashunin,
#: Efficient and robust approximate nearest neighbor search using hierarchical navigable small world graphs, 2018.
LINKS: Final = 16
BUILT_WITH: Final = 64
SEARCHED_WITH: Final = 256
#: A graph is worth walking for as many neighbours; for more all vectors are read.
WALKED: Final = 512


def kind_for(rows: int) -> VectorKind:
    """Choose by the number of vectors."""
    if rows < HALF_FROM:
        return "flat"
    return "half" if rows < GRAPH_FROM else "graph"


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
        index = faiss.IndexHNSWSQ(dim, half, LINKS, faiss.METRIC_INNER_PRODUCT)  # type: ignore[arg-type]
        index.hnsw.efConstruction = BUILT_WITH
        index.train(vectors)
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
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
    if not isinstance(index, faiss.IndexHNSW):
        chosen = None if among is None else faiss.SearchParameters(sel=_selector(among))  # type: ignore[call-arg]
        return _pair(index.search(asked, k, params=chosen))
    if among is None and k <= WALKED:
        walked = faiss.SearchParametersHNSW(efSearch=max(SEARCHED_WITH, k))  # type: ignore[attr-defined]
        scores, rows = index.search(asked, k, params=walked)
        if (rows >= 0).all():
            return scores, rows
    # A graph leads to neighbours, not to all of them, nor to those of a few chosen rows: so every vector is read.
    return nearest(faiss.downcast_index(index.storage), asked, k, among)


def _selector(among: np.ndarray) -> faiss.IDSelector:
    return faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))  # type: ignore[call-arg, arg-type]


def _pair(found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return found[0], found[1]
