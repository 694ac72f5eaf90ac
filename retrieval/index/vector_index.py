"""Immutable nearest-neighbour search by cosine: exact for few vectors, then half precision, then k-means cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import faiss
import numpy as np

from retrieval.index.vector_kinds import (
    SORTED_AROUND,
    WALKED,
    cosines,
    is_flat,
    is_in_cells,
    kind_for,
    make,
    near,
    nearest,
)

#: Flat inner product, scalar-quantised inner product, and cells of that: the only kinds read here.
KINDS: Final = (b"IxFI", b"IxSQ", b"IwSq")
#: Bytes that cells take for a vector beside its coordinates.
LINK_BYTES: Final = 400
OVERHEAD: Final = 1_000_000


class VectorIndex:
    """Vectors of unit length by row number; safe to search from many threads, as nothing ever changes it."""

    def __init__(self, index: faiss.Index, mapped: np.ndarray | None = None) -> None:
        """Take an index, and the bytes that it reads its vectors from, if they are not its own."""
        self._index, self._mapped = index, mapped

    @classmethod
    def build(cls, vectors: np.ndarray) -> VectorIndex:
        """Index float32 rows of unit length, shape (n, dim)."""
        faiss.omp_set_num_threads(1)  # threads do not help one question, and fight with ONNX Runtime's
        return cls(make(kind_for(len(vectors)), vectors))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return int(self._index.d)

    @property
    def is_large(self) -> bool:
        """Whether a question is compared with what is near it alone, not with every vector."""
        return kind_for(len(self)) != "flat"

    @property
    def is_in_cells(self) -> bool:
        """Whether the vectors are divided into cells, which takes a while to do again."""
        return is_in_cells(self._index)

    def search(self, queries: np.ndarray, k: int, *, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Find the most similar rows.

        Parameters
        ----------
        queries
            float32, shape (n_queries, dim), unit length.
        k
            How many for each; no more than there are rows among which to search.
        among
            Search these rows alone, bool (n,).

        Returns
        -------
        scores : ndarray of float32, shape (n_queries, min(k, n))
            Cosine similarity, falling.
        rows : ndarray of int64, shape (n_queries, min(k, n))
        """
        k = min(k, len(self))
        if k == 0:
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        return nearest(self._index, queries, k, among)

    def similarities(self, query: np.ndarray) -> np.ndarray:
        """Compare a query with every row.

        Parameters
        ----------
        query
            float32, shape (dim,), unit length.

        Returns
        -------
        ndarray of float32, shape (n,)
            Cosine similarity. Rows that lie in no cell near the query count as being as far away as the last that does.
        """
        if not len(self):
            return np.zeros(0, dtype=np.float32)
        if not is_in_cells(self._index):
            return cosines(self._index, query)
        scores, rows = self.search(query[None, :], WALKED)
        compared = np.full(len(self), scores[0, -1], dtype=np.float32)
        compared[rows[0]] = scores[0]
        return compared

    def around(self, query: np.ndarray) -> Around:
        """Look around a query, float32 (dim,), once for several selections of rows."""
        if is_flat(self._index) or not len(self):
            compared = cosines(self._index, query) if len(self) else np.zeros(0, dtype=np.float32)
            return Around(self, query, _best(compared, None, SORTED_AROUND), compared)
        return Around(self, query, near(self._index, query))

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the stored vectors, float32 (n, dim); of some rows (int64), or of all."""
        wanted = np.arange(len(self), dtype=np.int64) if rows is None else np.asarray(rows, dtype=np.int64)
        if not len(wanted):
            return np.zeros((0, self.dim), dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(wanted))

    def to_bytes(self) -> bytes:
        """Write the index in FAISS's format."""
        return bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def from_bytes(cls, data: bytes, *, rows: int, dim: int) -> VectorIndex:
        """Read what `to_bytes` wrote.

        Parameters
        ----------
        data
            Bytes whose hash was checked: FAISS's reader is no place for anyone else's.
        rows
            How many vectors the manifest promises; it bounds what the reader may allocate.
        dim
            How many columns it promises.

        Returns
        -------
        VectorIndex

        Raises
        ------
        ValueError
            Another kind of index, another shape, or not an index.
        """
        _bounded(data, rows, dim)
        return cls(_read(lambda: faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)), rows, dim))

    @classmethod
    def from_map(cls, data: memoryview, *, rows: int, dim: int) -> VectorIndex:
        """Read what `to_bytes` wrote, from a mapped file: its vectors stay there. See `from_bytes`."""
        _bounded(data, rows, dim)
        mapped = np.frombuffer(data, dtype=np.uint8)
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(mapped), mapped.size)  # type: ignore[attr-defined]
        return cls(_read(lambda: faiss.read_index(reader, faiss.IO_FLAG_MMAP_IFC), rows, dim), mapped)


class Around:
    """What lies around one query: the vectors are read once, whichever rows are then asked for."""

    def __init__(
        self,
        index: VectorIndex,
        query: np.ndarray,
        near: tuple[np.ndarray, np.ndarray],
        compared: np.ndarray | None = None,
    ) -> None:
        """Take scores and rows of what is near the query, and the cosine of every row (n,) where all were compared."""
        self._index, self._query, self._near, self._compared = index, query, near, compared

    def nearest(self, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the most similar rows, of all or of some.

        Parameters
        ----------
        k
            At most so many.
        among
            These rows alone, bool (n,).

        Returns
        -------
        scores : ndarray of float32, shape (n_found,)
            Cosine similarity, falling.
        rows : ndarray of int64, shape (n_found,)
            Equally similar ones by number.
        """
        scores, rows = self._near
        if among is not None:
            kept = among[rows]
            scores, rows = scores[kept], rows[kept]
        if k <= len(rows):
            return scores[:k], rows[:k]
        k = min(k, len(self._index) if among is None else int(among.sum()))
        if k == len(rows):
            return scores, rows
        if self._compared is not None:
            return _best(self._compared, among, k)
        scores, rows = self._index.search(self._query[None, :], k, among=among)
        return scores[0], rows[0]


def _best(compared: np.ndarray, among: np.ndarray | None, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k highest of some cosines (n,), of all or of some rows; equal ones by their rows."""
    rows = np.arange(len(compared)) if among is None else np.flatnonzero(among)
    scores = compared if among is None else compared[rows]
    if k < len(scores):
        some = np.sort(np.argpartition(-scores, k)[:k])
        scores, rows = scores[some], rows[some]
    falling = np.argsort(-scores, kind="stable")
    return scores[falling], rows[falling]


def _bounded(data: bytes | memoryview, rows: int, dim: int) -> None:
    """Refuse what is no index of so many vectors before FAISS reads it, and bound what its reader may allocate."""
    if bytes(data[:4]) not in KINDS:
        raise ValueError("not one of the vector indexes that are written here")
    if len(data) > rows * (dim * 4 + LINK_BYTES) + OVERHEAD:
        raise ValueError("larger than its rows")
    faiss.omp_set_num_threads(1)
    faiss.set_deserialization_vector_byte_limit(rows * (dim * 4 + LINK_BYTES) + OVERHEAD)


def _read(read: Callable[[], faiss.Index], rows: int, dim: int) -> faiss.Index:
    try:
        index = read()
    except RuntimeError as error:
        raise ValueError(f"FAISS cannot read it: {str(error)[:200]}") from error
    if (index.ntotal, index.d) != (rows, dim):
        raise ValueError(f"it holds {index.ntotal} x {index.d} numbers instead of {rows} x {dim}")
    return index
