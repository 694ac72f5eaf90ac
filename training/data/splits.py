"""Split tickets by time into fit, calibrate and hold out, with near-duplicates on one side; or into folds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.config import Slices

    Rows = NDArray[np.int64]

SEED = 20260301
FOLDS = 10
"""A desk that cannot afford a hold-out: each head that measures has learnt from nine tenths of the tickets."""
SHARED_WORDS = 0.75
"""Texts with nearly the same vector repeat each other when they also share this much of their words (Jaccard)."""
_ROWS = 1024
_FEWEST_CHANGES = 0.5
_WORD, _DIGITS = re.compile(r"\w+"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Positions of the tickets in each slice, and how they were chosen, in words."""

    fit: Rows
    calibrate: Rows
    hold_out: Rows
    teach: Rows
    """All that are older than the held-out slice: the head that serves is fitted on them."""
    repeats: Rows
    """Later tickets that repeat earlier ones: they measure nothing."""
    how: str
    folds: Rows | None = None
    """Cross-fitting: the fold of every ticket, (n,). What says something of a ticket has learnt from the other folds,
    and what serves from all. None: nothing learns from the held-out slice."""

    @property
    def older(self) -> Rows:
        """The tickets that measure nothing: all that teach, but for those of a held-out slice that teach in the end."""
        return np.setdiff1d(self.teach, self.hold_out)


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Tickets in their order: texts and unit vectors (n, dim); `dated` if it is of time."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    dated: bool


def by_time(tickets: Ordered, slices: Slices) -> Split:
    """Divide tickets by time, or at random where they have no times.

    Parameters
    ----------
    tickets
        In order of time; a file without times is shuffled: its order may be that of its labels.
    slices
        Shares, and the similarity of near-duplicates.

    Returns
    -------
    Split
        Near-duplicates of earlier slices' tickets are taken out of the later slices.
    """
    n = len(tickets.texts)
    order, how = np.arange(n), "by time: the newest measure"
    if not tickets.dated:
        order = np.random.default_rng(SEED).permutation(n)
        how = "at random, as the file has no times: tickets that repeat earlier ones measure nothing"
    end = max(int(n * (1 - slices.hold_out)), n - slices.most_hold_out)
    start = max(int(n * (1 - slices.calibrate - slices.hold_out)), end - slices.most_calibrate)
    fit, calibrate, hold_out = np.split(order, (start, end))
    words = [_words(text) for text in tickets.texts]
    first = _repeats(tickets.vectors, words, (calibrate, fit), slices.near_duplicate)
    second = _repeats(tickets.vectors, words, (hold_out, order[:end]), slices.near_duplicate)
    repeats = np.concatenate((calibrate[first], hold_out[second]))
    return Split(
        fit=np.sort(fit),
        calibrate=np.sort(calibrate[~first]),
        hold_out=np.sort(hold_out[~second]),
        teach=np.sort(order[:end]),
        repeats=np.sort(repeats),
        how=how,
    )


def in_folds(tickets: Ordered, groups: Rows) -> Split:
    """Divide few tickets into folds: all of them teach, and each is measured by what has learnt from the other folds.

    Parameters
    ----------
    tickets
        In order of time; a file without times is shuffled.
    groups
        Shape (n,). Tickets of one group repeat each other: they are of one fold, and only the first of them measures.

    Returns
    -------
    Split
        The older half calibrates, the newer half is the held-out slice.
    """
    n, random = len(tickets.texts), np.random.default_rng(SEED)
    order = np.arange(n) if tickets.dated else random.permutation(n)
    _, first = np.unique(groups[order], return_index=True)
    measure = np.sort(first)
    calibrate, hold_out = order[measure[measure < n // 2]], order[measure[measure >= n // 2]]
    halves = (
        "the older half calibrates, the newer half" if tickets.dated else "a half drawn at random calibrates, the other"
    )
    return Split(
        fit=np.arange(n),
        calibrate=np.sort(calibrate),
        hold_out=np.sort(hold_out),
        teach=np.arange(n),
        repeats=np.sort(np.setdiff1d(order, order[measure])),
        how=f"into {FOLDS} folds, each measured by heads that learnt from the others; {halves} measures",
        folds=random.permutation(int(groups.max(initial=0)) + 1)[groups] % FOLDS,
    )


def sorted_by_label(labels: Sequence[str | None]) -> bool:
    """Say whether labels follow their like far more often than by chance: then their order is none of time."""
    own = [label for label in labels if label is not None]
    if len(own) < 2:
        return False
    changes = sum(a != b for a, b in pairwise(own))
    by_chance = len(own) * (1 - sum((n / len(own)) ** 2 for n in Counter(own).values()))
    return changes < _FEWEST_CHANGES * by_chance


def _words(text: str) -> frozenset[str]:
    """Return the words of a text, all numbers being alike."""
    return frozenset(_WORD.findall(_DIGITS.sub("0", text.lower())))


def _repeats(
    vectors: NDArray[np.float32], words: Sequence[frozenset[str]], sides: tuple[Rows, Rows], alike: float
) -> NDArray[np.bool_]:
    """Say for each later ticket whether an earlier one has its words, or nearly its vector and most of its words."""
    later, earlier = sides
    known = {words[row] for row in earlier}
    found = np.array([words[row] in known for row in later], dtype=bool)
    pool = vectors[earlier]
    for begin in range(0, len(later) if len(pool) else 0, _ROWS):
        rows = later[begin : begin + _ROWS]
        cosines = vectors[rows] @ pool.T
        nearest = cosines.argmax(axis=1)
        for place in np.flatnonzero(cosines[np.arange(len(rows)), nearest] >= alike):
            ours, theirs = words[rows[place]], words[earlier[nearest[place]]]
            found[begin + place] |= len(ours & theirs) >= SHARED_WORDS * len(ours | theirs)
    return found
