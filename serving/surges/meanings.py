"""How near the tickets of the day are to each other by meaning, measured against the desk's usual tickets."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from retrieval.encoder.encoder import Encoder
from serving.surges.arrivals import Read
from triage.surges.neighbours import NONE, SHARES, Ring, Rings

FEWEST_USUAL: Final = 250
"""Usual tickets from which it is known how near is near."""
_ROUNDING: Final = 1e-4
_USUAL: Final = 1_000  # usual tickets that are encoded
_MOST: Final = 1_500  # of the day's tickets, the newest, that are compared with each other
_AT_ONCE: Final = 200  # texts that are encoded in a look, which must not hold up requests


class Meanings:
    """The vectors of usual tickets and of the day's, each made once; texts are kept until then only."""

    def __init__(self, encoder: Callable[[], Encoder | None]) -> None:
        self._encoder, self._made_by = encoder, ""
        self._usual: dict[str, np.ndarray] = {}
        self._day: dict[str, np.ndarray] = {}
        self._texts: dict[str, str] = {}

    def is_outdated(self) -> bool:
        """Tell whether another encoder serves than the one of the vectors, which are then forgotten."""
        encoder = self._encoder()
        made_by = "" if encoder is None else encoder.fingerprint
        if made_by == self._made_by:
            return False
        self._made_by, self._usual, self._day, self._texts = made_by, {}, {}, {}
        return True

    def learn(self, usual: Sequence[Read]) -> None:
        """Take usual tickets in place of those before."""
        some = usual[:: max(len(usual) // _USUAL, 1)][:_USUAL]
        ids = {each.arrival.id for each in some}
        self._usual = {each: self._usual.get(each, _NONE) for each in ids}
        self._texts |= {each.arrival.id: each.text for each in some if not len(self._usual[each.arrival.id])}

    def add(self, fresh: Sequence[Read]) -> None:
        """Take tickets of the day; a text that was encoded stays as it is."""
        for each in fresh:
            if each.arrival.id not in self._day:
                self._day[each.arrival.id] = _NONE
                self._texts[each.arrival.id] = each.text

    def rings(self, ids: Sequence[str]) -> Rings:
        """Return the neighbourhoods of the day's newest tickets, `ids` being all of them, oldest first."""
        wanted = ids[-_MOST:]
        self._day = {each: self._day[each] for each in wanted if each in self._day}
        self._encode(wanted)
        known = [each for each in wanted if len(self._day.get(each, _NONE))]
        usual = [vector for vector in self._usual.values() if len(vector)]
        if not (usual and known):
            return NONE
        return rings(np.stack(usual), known, np.stack([self._day[each] for each in known]))

    def _encode(self, wanted: Sequence[str]) -> None:
        """Encode what waits, the newest tickets of the day first."""
        self._texts = {each: text for each, text in self._texts.items() if each in self._day or each in self._usual}
        encoder = self._encoder()
        if encoder is None:
            return
        some = [each for each in (*reversed(wanted), *self._usual) if each in self._texts][:_AT_ONCE]
        if not some:
            return
        for each, vector in zip(some, encoder.encode([self._texts.pop(each) for each in some]), strict=True):
            (self._day if each in self._day else self._usual)[each] = vector


_NONE: Final = np.zeros(0, dtype=np.float32)


def rings(usual: np.ndarray, ids: Sequence[str], vectors: np.ndarray) -> Rings:
    """Return the neighbourhoods of tickets.

    Parameters
    ----------
    usual
        Vectors (n_usual, dim) of usual tickets, of length one.
    ids
        Of the day's tickets.
    vectors
        Theirs (n, dim), of length one.

    Returns
    -------
    Rings
        One for each of `SHARES`; none where there are too few usual tickets.
    """
    if len(usual) < FEWEST_USUAL:
        return NONE
    to_usual = vectors @ usual.T
    inside = [max(round(share * len(usual)), 1) for share in SHARES]
    ordered = -np.partition(-to_usual, inside, axis=1)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    found = []
    for count in inside:
        # Of texts that are the same, such as a form's, one is not nearer than another, whatever rounding says.
        rows, columns = np.nonzero(alike > ordered[:, [count]] + _ROUNDING)
        near: dict[str, set[str]] = {each: set() for each in ids}
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            near[ids[row]].add(ids[column])
        found.append(Ring({each: frozenset(others) for each, others in near.items()}, count / len(usual), len(usual)))
    return tuple(found)
