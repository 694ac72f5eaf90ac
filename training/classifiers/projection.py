"""Project features onto the directions in which tickets vary, to fit faster.

Weights found there are carried back to all features, so that serving knows nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 0.98
"""Share of the pools' variance that is kept: the rest costs half of the time and changes no decision."""
DIRECTIONS = 400
"""Directions of the n-grams: with all of them the heads are no better and their fits ten times slower."""

_SPARE = 10
_NO_LENGTH = np.float32(1e-12)


@dataclass(frozen=True, slots=True, eq=False)
class HeadInput:
    """A head's input: pools (n, n_dense) float32, see `triage.model.pools.dense`, and n-grams (n, n_features)."""

    dense: NDArray[np.float32]
    ngrams: sparse.csr_array

    def joined(self) -> sparse.csr_array:
        """Return both side by side, (n, n_dense + n_features) float64, as the estimators take them."""
        return sparse.csr_array(sparse.hstack([self.dense.astype(np.float64), self.ngrams], format="csr"))


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Directions of the pools (n_dense, a) and of the n-grams (n_features, b), float32."""

    dense: NDArray[np.float32]
    ngrams: NDArray[np.float32]

    def within(self, parts: HeadInput, lexical_weight: float) -> NDArray[np.float32]:
        """Return the tickets in the small room, (n, a + b) float32."""
        words = np.float32(lexical_weight) * (parts.ngrams.astype(np.float32) @ self.ngrams)
        return np.hstack([parts.dense @ self.dense, words], dtype=np.float32)

    def back(self, weights: NDArray[np.floating], lexical_weight: float) -> NDArray[np.float64]:
        """Carry weights (a + b, n_classes) back to all features, (n_dense + n_features, n_classes)."""
        cut = self.dense.shape[1]
        return np.vstack([self.dense @ weights[:cut], np.float32(lexical_weight) * (self.ngrams @ weights[cut:])])


def basis_of(parts: HeadInput, *, with_ngrams: bool = True) -> Basis:
    """Find the directions in which tickets vary most.

    Parameters
    ----------
    parts
        Features of the tickets that teach.
    with_ngrams
        Whether the n-grams count at all.

    Returns
    -------
    Basis
        Principal axes of the pools, by the eigenvectors of their second moments (they are centred), and right singular
        vectors of the n-grams by random projection (Halko et al. 2011, "Finding structure with randomness").
    """
    rows, few = parts.dense, parts.dense.shape[0] < parts.dense.shape[1]
    found, axes = np.linalg.eigh(rows @ rows.T if few else rows.T @ rows)
    found, axes = np.maximum(found[::-1], 0), axes[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(found), KEPT * found.sum())) + 1
    axes = axes[:, :kept]
    if few:  # decomposing the side of the tickets: of 600 tickets in a tenth of the time
        axes = rows.T @ (axes / np.sqrt(np.maximum(found[:kept], _NO_LENGTH)))
    words = _directions(parts.ngrams) if with_ngrams else np.zeros((parts.ngrams.shape[1], 0), np.float32)
    return Basis(np.ascontiguousarray(axes, dtype=np.float32), words)


def _directions(ngrams: sparse.csr_array) -> NDArray[np.float32]:
    """Find right singular vectors: scikit-learn's way, but decomposing the side of the tickets, which is the smaller.

    With a hundred thousand n-grams that takes a quarter of the time.
    """
    most = min(DIRECTIONS, *ngrams.shape)
    if not most:
        return np.zeros((ngrams.shape[1], 0), np.float32)
    rows = ngrams.astype(np.float32, copy=False)
    draw = np.random.default_rng(0).standard_normal((rows.shape[1], min(most + _SPARE, *rows.shape)), np.float32)
    seen = rows @ draw
    del draw  # as large as the directions
    tickets = np.linalg.qr(rows @ (rows.T @ seen))[0]
    found = rows.T @ tickets
    lengths, turns = np.linalg.eigh(found.T @ found)
    lengths, turns = np.sqrt(np.maximum(lengths[::-1][:most], _NO_LENGTH)), turns[:, ::-1][:, :most]
    return np.ascontiguousarray(found @ (turns / lengths), dtype=np.float32)
