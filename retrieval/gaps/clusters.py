"""Cluster texts about one topic: average linkage on cosines, in blocks to bound memory."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from retrieval.index.tokens import words

#: Texts compared all with all; more are divided first, and their groups are joined afterwards.
BLOCK: Final = 2_000
#: Directions onto which words are hashed.
WORD_DIM: Final = 256
#: Rows scaled at once: numpy copies what it measures.
AT_ONCE: Final = 512
#: Steps of the power iteration that finds along which direction texts differ most.
STEPS: Final = 12


def clusters(vectors: np.ndarray, alike: float, among: np.ndarray | None = None) -> list[np.ndarray]:
    """Group rows whose average cosine with each other is high enough.

    Parameters
    ----------
    vectors
        float32 (n, dim), unit length or shorter; the same input gives the same groups.
    alike
        Two groups become one while the average cosine between their members is at least this.
    among
        The rows to group, ascending; by default all. A copy of them alone would be tens of megabytes.

    Returns
    -------
    list of ndarray of int64
        Each of the rows in one group, most groups of a single row; the largest first, ties by the first row. Average
        linkage by chains of nearest neighbours (Murtagh, 1983); above `BLOCK` rows halves are grouped apart and then
        joined.
    """
    among = np.arange(len(vectors)) if among is None else among
    groups: list[np.ndarray] = []
    for rows in _blocks(vectors, among):
        groups += [rows[each] for each in _merged(vectors[rows], np.ones(len(rows)), alike)]
    if len(among) > BLOCK:
        groups = _joined(vectors, groups, alike)
    return sorted((np.sort(each) for each in groups), key=lambda each: (-len(each), int(each[0])))


def word_vectors(texts: Sequence[str]) -> np.ndarray:
    """Describe texts by their words, weighed by rarity among them; float32 (n, `WORD_DIM`), unit length or zero."""
    counts = [Counter(words(text)) for text in texts]
    spread = Counter(word for each in counts for word in each)
    found = np.zeros((len(texts), WORD_DIM), dtype=np.float32)
    for row, each in zip(found, counts, strict=True):
        for word, n in each.items():
            if spread[word] > 1:
                code = zlib.crc32(word.encode())
                sign = 1.0 if code & 1 else -1.0  # what two words share of a place evens out
                row[(code >> 1) % WORD_DIM] += sign * (1 + np.log(n)) * np.log((1 + len(texts)) / spread[word])
    return to_unit(found)


def unit(rows: np.ndarray) -> np.ndarray:
    """Return rows scaled to length 1; zero stays zero."""
    return to_unit(rows.copy())


def to_unit(rows: np.ndarray) -> np.ndarray:
    """Scale rows to length 1 where they lie, and return them; zero becomes zero."""
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        lengths = np.linalg.norm(part, axis=1, keepdims=True)
        np.divide(part, lengths, out=part, where=lengths > 1e-6)
        part[lengths.ravel() <= 1e-6] = 0.0
    return rows


def _blocks(vectors: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Halve along the direction in which the rows differ most, until each part can be compared all with all."""
    if len(rows) <= BLOCK:
        yield rows
        return
    centred = vectors[rows]
    centred -= centred.mean(axis=0)
    direction = centred[int(np.argmax(np.einsum("ij,ij->i", centred, centred)))]
    for _ in range(STEPS):
        direction = centred.T @ (centred @ direction)
        direction /= np.linalg.norm(direction) or 1.0
    order = np.argsort(centred @ direction, kind="stable")
    del centred  # it would lie there until both halves are grouped
    yield from _blocks(vectors, np.sort(rows[order[: len(rows) // 2]]))
    yield from _blocks(vectors, np.sort(rows[order[len(rows) // 2 :]]))


def _joined(vectors: np.ndarray, groups: list[np.ndarray], alike: float) -> list[np.ndarray]:
    """Join groups of different blocks, the largest of them where there are many."""
    groups = sorted(groups, key=lambda each: (-len(each), int(each[0])))
    first, rest = groups[:BLOCK], groups[BLOCK:]
    sums = np.array([vectors[each].sum(axis=0) for each in first])
    sizes = np.array([len(each) for each in first], dtype=np.float64)
    merged = _merged(sums, sizes, alike)
    return [np.concatenate([first[number] for number in each]) for each in merged] + rest


def _merged(sums: np.ndarray, sizes: np.ndarray, alike: float) -> list[np.ndarray]:
    """Merge groups, given by the sums of their vectors and their sizes; returns the numbers that belong together."""
    near = sums @ sums.T
    near /= sizes.astype(near.dtype)[:, None]
    near /= sizes.astype(near.dtype)[None, :]
    np.fill_diagonal(near, -np.inf)
    weights, members = sizes.astype(np.float64), [[number] for number in range(len(sizes))]
    left, done, chain = np.ones(len(sizes), dtype=bool), list[list[int]](), list[int]()
    while left.any():
        chain = chain or [int(np.argmax(left))]
        tip = chain[-1]
        nearest = int(np.argmax(near[tip]))
        if near[tip, nearest] < alike:  # an average with anything merged later is no higher, so this group is complete
            near[:, tip] = near[tip] = -np.inf
            left[tip] = False
            done.append(members[chain.pop()])
        elif len(chain) > 1 and near[tip, chain[-2]] >= near[tip, nearest]:
            _merge(near, weights, members, (chain.pop(), chain.pop()))
            left[tip] = False
        else:
            chain.append(nearest)
    return [np.array(each, dtype=np.int64) for each in done]


def _merge(near: np.ndarray, weights: np.ndarray, members: list[list[int]], pair: tuple[int, int]) -> None:
    """Put the first of two groups into the second (Lance and Williams, 1967)."""
    gone, kept = pair
    total = weights[gone] + weights[kept]
    average = (weights[gone] * near[gone] + weights[kept] * near[kept]) / total
    average[[gone, kept]] = -np.inf
    near[kept] = near[:, kept] = average
    near[gone] = near[:, gone] = -np.inf
    weights[kept] = total
    members[kept] += members[gone]
