"""Find near-duplicate tickets: nearest neighbours by vector, and groups that repeat each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faiss
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

ALIKE, SHARED_WORDS = 0.97, 0.75
"""Tickets repeat each other when their cosine and the share of words in common (Jaccard) are at least these."""
NEAREST = 12
_LARGEST_SHARE = 0.5
_WORD, _DIGITS = re.compile(r"\w+"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The nearest other tickets of each: their rows and cosines, both (n, k), nearest first; row -1 where none is."""

    rows: Rows
    scores: NDArray[np.float32]


def neighbours(vectors: NDArray[np.float32], k: int = NEAREST) -> Neighbours:
    """Find each ticket's nearest others.

    Parameters
    ----------
    vectors
        Shape (n, dim), unit length.
    k
        How many.

    Returns
    -------
    Neighbours
        Exact, by inner product.
    """
    n = len(vectors)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    scores, rows = index.search(np.ascontiguousarray(vectors), min(k + 1, n))
    own = rows == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True  # one of many exact copies: the ticket itself was not among those found
    k = rows.shape[1] - 1
    return Neighbours(rows[~own].reshape(n, k).astype(np.int64), scores[~own].reshape(n, k))


def repeats(texts: Sequence[str], near: Neighbours) -> Rows:
    """Return a group number for each ticket, (n,): tickets with one number repeat each other, exactly or nearly."""
    words = [frozenset(_WORD.findall(_DIGITS.sub("0", text.lower()))) for text in texts]
    first: dict[frozenset[str], int] = {}
    edges = [(row, first.setdefault(own, row)) for row, own in enumerate(words)]
    for row, place in np.argwhere(near.scores >= ALIKE).tolist():
        other = int(near.rows[row, place])
        ours, theirs = words[row], words[other]
        if len(ours & theirs) >= SHARED_WORDS * len(ours | theirs):
            edges.append((row, other))
    return _connected(len(texts), edges)


def apart(groups: Rows, accounts: Sequence[str | None]) -> Rows:
    """Join groups that share an account, so that nobody's tickets vouch for each other.

    Parameters
    ----------
    groups
        Shape (n,). As `repeats` gives them.
    accounts
        Who filed each ticket; None where it is not known.

    Returns
    -------
    ndarray of shape (n,)
        The groups as they were where joining would put more than half of the tickets into one.
    """
    first: dict[str, int] = {}
    known = [(row, first.setdefault(account, row)) for row, account in enumerate(accounts) if account]
    heads: dict[int, int] = {}
    edges = [(row, heads.setdefault(group, row)) for row, group in enumerate(groups.tolist())]
    joined = _connected(len(groups), edges + known)
    return joined if np.bincount(joined).max(initial=0) <= _LARGEST_SHARE * len(groups) else groups


def _connected(n: int, edges: Sequence[tuple[int, int]]) -> Rows:
    start, end = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = sparse.coo_array((np.ones(len(start), np.int8), (start, end)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
