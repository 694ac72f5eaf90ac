"""A small index beside a large one that never changes, searched as if all vectors were in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Nearby(Protocol):
    """What lies around one query."""

    def nearest(self, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the most similar rows; see `retrieval.index.vector_index.Around.nearest`."""
        ...


class FindsRows(Protocol):
    """Vectors of unit length by row number."""

    def __len__(self) -> int: ...

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        ...

    @property
    def is_in_cells(self) -> bool:
        """Whether the vectors are divided into cells, which takes a while to do again."""
        ...

    def around(self, query: np.ndarray) -> Nearby:
        """Look around a query, float32 (dim,), once for several selections of rows."""
        ...

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the stored vectors, float32 (n, dim); of some rows (int64), or of all."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LayeredIndex:
    """Two indexes of one encoder's vectors: the rows of the second are numbered after those of the first."""

    first: FindsRows
    second: FindsRows

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    @property
    def dim(self) -> int:
        """Columns of a vector."""
        return self.first.dim

    @property
    def is_in_cells(self) -> bool:
        """Whether the first is divided into cells."""
        return self.first.is_in_cells

    def around(self, query: np.ndarray) -> Nearby:
        """Look around a query, float32 (dim,), in both."""
        return LayeredAround(self.first.around(query), self.second.around(query), len(self.first))

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the stored vectors, float32 (n, dim); of some rows (int64), or of all."""
        wanted = np.arange(len(self), dtype=np.int64) if rows is None else np.asarray(rows, dtype=np.int64)
        split, found = len(self.first), np.empty((len(wanted), self.dim), dtype=np.float32)
        in_first = wanted < split
        found[in_first] = self.first.vectors(wanted[in_first])
        found[~in_first] = self.second.vectors(wanted[~in_first] - split)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class LayeredAround:
    """What lies around one query in both indexes."""

    first: Nearby
    second: Nearby
    #: How many rows the first has.
    split: int

    def nearest(self, k: int, among: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the most similar rows of both, cosines falling, equally similar ones by number."""
        scores, rows = self.first.nearest(k, None if among is None else among[: self.split])
        more, others = self.second.nearest(k, None if among is None else among[self.split :])
        scores, rows = np.concatenate([scores, more]), np.concatenate([rows, others + self.split])
        falling = np.argsort(-scores, kind="stable")[:k]
        return scores[falling], rows[falling]
