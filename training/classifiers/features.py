"""The heads' input in training: pools beside n-grams, exactly as `triage.model.classifier` sees them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from training.classifiers.projection import HeadInput, basis_of
from triage.model.pools import centres_of, dense

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Reading
    from training.classifiers.projection import Basis
    from triage.model.lexical import Lexicon

    Rows = NDArray[np.int64]


_BLOCK = 1_024  # tickets
_WIDE = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class LabelTexts:
    """What the labels are called, as texts: an example more of each where tickets are few."""

    places: Mapping[str, int]
    """Label to its place among the texts."""
    texts: Sequence[str]
    states: NDArray[np.floating]

    @classmethod
    def of(cls, labels: Sequence[str], read: Callable[[Sequence[str]], Reading]) -> LabelTexts:
        """Read the labels' names as words."""
        texts = [label.replace("_", " ") for label in labels]
        return cls({label: place for place, label in enumerate(labels)}, texts, read(texts).states)


@dataclass(frozen=True, eq=False)
class Features:
    """What is known of all tickets, in order of time.

    Parameters
    ----------
    vectors
        Shape (n, dim), float32. For finding near tickets; no head sees them.
    states
        Shape (n, n_pools, dim). What the encoder reads in them.
    ngrams
        Shape (n, n_features). By the lexicon of some slice.
    centres
        Shape (n_pools, dim), float32. The mean of that slice's states.
    names
        The labels' names.
    name_ngrams
        Shape (n_labels, n_features). By the same lexicon.
    """

    vectors: NDArray[np.float32]
    states: NDArray[np.floating]
    ngrams: sparse.csr_array
    centres: NDArray[np.float32]
    names: LabelTexts
    name_ngrams: sparse.csr_array
    rows: Rows
    """The tickets of that slice."""

    @cached_property
    def projection(self) -> Basis:
        """The directions in which that slice's tickets vary: the same for every head."""
        return basis_of(self.parts(self.rows))

    def forget_projection(self) -> None:
        """Give back the memory of the directions, which are found again where they are needed again."""
        self.__dict__.pop("projection", None)

    @property
    def n_pools(self) -> int:
        """How many views of a ticket there are."""
        return len(self.centres)

    def parts(self, rows: Rows) -> HeadInput:
        """Return what a head sees of some tickets."""
        found = np.empty((len(rows), self.centres.size), np.float32)
        for begin in range(0, len(rows), _BLOCK):  # the states of all at once are half as large again
            some = rows[begin : begin + _BLOCK]
            found[begin : begin + _BLOCK] = dense(self.states[some], self.centres)
        return HeadInput(found, self.ngrams[rows])

    def named(self, labels: Sequence[str]) -> HeadInput:
        """Return what a head would see of tickets that say no more than a label's name."""
        places = [self.names.places[label] for label in labels]
        return HeadInput(dense(self.names.states[places], self.centres), self.name_ngrams[places])


def features_of(
    lexicon: Lexicon, known: tuple[Sequence[str], Reading, LabelTexts], rows: Rows, progress: Callable[[int, int], None]
) -> Features:
    """Put together all tickets' features as the tickets at `rows` teach them.

    Parameters
    ----------
    lexicon
        As learnt from the tickets at `rows`.
    known
        Cleaned texts, what the encoder read in them, and the labels' names.
    rows
        Tickets whose mean is the centre.
    progress
        Called as progress(done, total) over the texts.

    Returns
    -------
    Features
        Of every ticket.
    """
    texts, reading, names = known
    centres = centres_of(reading.states[rows])
    return Features(
        reading.vectors,
        reading.states,
        lexical(lexicon, texts, progress),
        centres,
        names,
        lexical(lexicon, names.texts, lambda _done, _total: None),
        rows,
    )


def lexical(lexicon: Lexicon, texts: Sequence[str], progress: Callable[[int, int], None]) -> sparse.csr_array:
    """Weigh the n-grams of all texts.

    Parameters
    ----------
    lexicon
        As learnt from the tickets that fit.
    texts
        Cleaned texts.
    progress
        Called as progress(done, total).

    Returns
    -------
    csr_array of shape (n_texts, n_features), float32
        The rows that `Lexicon.row` gives.
    """
    columns, values, ends = array("i"), array("f"), [0]  # they grow in place: lists of rows take as much again
    for done, text in enumerate(texts, start=1):
        found, weights = lexicon.row(text)
        columns.frombytes(found.astype(np.int32, copy=False).tobytes())
        values.frombytes(weights.astype(np.float32, copy=False).tobytes())
        ends.append(len(columns))
        progress(done, len(texts))
    shape = (len(texts), lexicon.n_features)
    if not columns:
        return sparse.csr_array(shape, dtype=np.float32)
    held = np.frombuffer(values, np.float32), np.frombuffer(columns, np.int32)
    # Ends of 64 bits would make every column as wide.
    return sparse.csr_array((*held, np.asarray(ends, np.int32 if ends[-1] < _WIDE else np.int64)), shape=shape)
