"""Word and character n-grams as hashed tf-idf weights in numpy: the lexical half of a head's input.

Training and serving run the same module, so they cannot differ. A text becomes code points; its n-grams
are polynomial hashes modulo 2**64 of windows over them (rolling for letters, differences of prefix sums for words), so
no Python loop and no vocabulary is involved, and one pass serves all heads.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from triage.text.cleaning import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

LONGEST_CHARACTER_GRAM = 5
WORD_BITS, CHARACTER_BITS = 20, 21
N_BUCKETS = (1 << WORD_BITS) + (1 << CHARACTER_BITS)
_WORD = 64  # bits
_WORD_SHIFT, _IN_WORD, _ONE = np.int32(6), np.int32(_WORD - 1), np.uint64(1)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SPACE = 32
_LONGEST = 2 * MAX_CHARACTERS + 2  # every character a token of its own, with spaces between and around
_BASE = 0x9E3779B97F4A7C15
_BASES = np.uint64(_BASE)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_MIX_SHIFT = np.uint64(29)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The hashed n-grams worth a weight and their inverse document frequencies, as learnt from closed tickets.

    Parameters
    ----------
    buckets
        Shape (n_features,), int32. Bucket of each feature, ascending: words and word pairs, then letters.
    idf
        Shape (n_features,), float32. Smoothed inverse document frequency of each feature.
    """

    buckets: NDArray[np.int32]
    idf: NDArray[np.float32]
    kept: NDArray[np.uint64]
    before: NDArray[np.int32]
    tf: NDArray[np.float32]
    n_words: int

    @classmethod
    def of(cls, buckets: NDArray[np.int32], idf: NDArray[np.float32]) -> Lexicon:
        """Build the look-up tables of a lexicon: a bit for each bucket, and how many are kept before each 64 of them.

        A feature's column is the rank of its bucket. A table of columns by bucket would take 12 MB in place of 0.6.
        """
        kept = np.zeros(N_BUCKETS // _WORD, np.uint64)
        np.bitwise_or.at(kept, buckets >> _WORD_SHIFT, _ONE << (buckets & _IN_WORD).astype(np.uint64))
        counts = np.bitwise_count(kept).astype(np.int32)
        before = np.cumsum(counts, dtype=np.int32) - counts
        tf = (1 + np.log(np.arange(1, _LONGEST + 2))).astype(np.float32)  # sublinear: tf[count - 1]
        return cls(buckets, idf, kept, before, tf, int(np.searchsorted(buckets, 1 << WORD_BITS)))

    @property
    def n_features(self) -> int:
        """How many columns a text has."""
        return len(self.buckets)

    def row(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Weigh the n-grams of one text.

        Parameters
        ----------
        text
            Cleaned text, as `triage.text.cleaning.model_text` returns it.

        Returns
        -------
        columns : ndarray of shape (n_present,), int32
            Ascending and unique.
        values : ndarray of shape (n_present,), float32
            Sublinear tf times idf; the words and the letters each have unit length.
        """
        return _row(self, text)

    def known_share(self, text: str) -> float:
        """Return the share of a text's n-grams that are in the lexicon; 0 of a text without any."""
        buckets = _buckets(text)
        return len(self.columns(buckets)) / len(buckets) if len(buckets) else 0.0

    def words(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Weigh the words and pairs of words of one text, without its letters; see `row`."""
        columns, values = self.row(text)
        cut = int(np.searchsorted(columns, self.n_words))
        return columns[:cut], values[:cut]

    def columns(self, buckets: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the columns of those of the buckets that are kept, in their order, repeats included."""
        places = buckets >> _WORD_SHIFT
        words, bits = self.kept[places], _ONE << (buckets & _IN_WORD).astype(np.uint64)
        there = (words & bits).astype(np.bool_)
        lower = np.bitwise_count(words[there] & (bits[there] - _ONE))
        return np.asarray(self.before[places[there]] + lower, dtype=np.int32)


def learn(texts: Sequence[str], *, min_tickets: int, most: int, progress: Callable[[int], None]) -> Lexicon:
    """Learn which n-grams to keep and how rare they are.

    Parameters
    ----------
    texts
        Cleaned texts of the training tickets.
    min_tickets
        An n-gram that fewer tickets have is dropped.
    most
        At most so many features are kept: the most frequent.
    progress
        Called with the number of texts read so far.

    Returns
    -------
    Lexicon
        idf = ln((1 + n) / (1 + df)) + 1, as scikit-learn's TfidfVectorizer smooths it.
    """
    frequency = np.zeros(N_BUCKETS, np.int32)
    for done, text in enumerate(texts, start=1):
        frequency[_counted(_buckets(text))[0]] += 1
        progress(done)
    kept = np.flatnonzero(frequency >= min_tickets)
    if len(kept) > most:
        kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:most]])
    idf = np.log((1 + len(texts)) / (1 + frequency[kept])) + 1
    return Lexicon.of(kept.astype(np.int32), idf.astype(np.float32))


def _counted(items: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the distinct items, ascending, and how often each occurs (np.unique, without its overhead)."""
    items = np.sort(items)
    if not len(items):
        return items, np.empty(0, np.int64)
    begins = np.ones(len(items) + 1, np.bool_)  # the last one is where the next would begin
    np.not_equal(items[1:], items[:-1], out=begins[1:-1])
    first = begins.nonzero()[0]
    return items[first[:-1]], first[1:] - first[:-1]


@functools.lru_cache(32)  # the heads and the closed tickets read one text, the critical head each sentence twice
def _row(lexicon: Lexicon, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    columns, counts = _counted(lexicon.columns(_buckets(text)))
    values = lexicon.tf[counts - 1] * lexicon.idf[columns]
    cut = int(np.searchsorted(columns, lexicon.n_words))
    for block in (values[:cut], values[cut:]):
        if len(block):
            block /= np.sqrt(block @ block)  # noqa: PLW2901 - in place, through the view
    columns.flags.writeable = values.flags.writeable = False
    return columns, values


@functools.lru_cache(16)  # the heads and the critical head read the same text with lexicons of their own
def _buckets(text: str) -> NDArray[np.int32]:
    """Hash all n-grams of a text, repeats included; words fall in the first 2**WORD_BITS buckets. Not to be changed."""
    spaced = f" {' '.join(_TOKEN.findall(text.lower()))} "[:_LONGEST]
    points = np.frombuffer(spaced.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    spaces = points == _SPACE
    words = _folded(_word_grams(points, np.flatnonzero(spaces)), WORD_BITS)
    letters = _folded(_character_grams(points, spaces), CHARACTER_BITS)
    found = np.concatenate((words, letters + np.int32(1 << WORD_BITS)))
    found.flags.writeable = False
    return found


def _folded(hashes: Iterable[Hashes], bits: int) -> NDArray[np.int32]:
    joined = np.concatenate(tuple(hashes))
    return (((joined ^ (joined >> _MIX_SHIFT)) * _MIX) >> np.uint64(64 - bits)).astype(np.int32)


def _word_grams(points: Hashes, spaces: NDArray[np.int64]) -> tuple[Hashes, Hashes]:
    """Hash single words and pairs: a word is what stands between two spaces."""
    up, down = _powers()
    sums = np.cumsum(points * up[: len(points)])  # inclusive: sums[i] ends with position i
    start, end = spaces[:-1], spaces[1:]
    words = (sums[end - 1] - sums[start]) * down[start]
    return words, (words[:-1] * _BASES + words[1:]) * _MIX


def _character_grams(points: Hashes, spaces: NDArray[np.bool_]) -> list[Hashes]:
    """Hash windows of 2 to 5 characters that do not reach from one word into the next."""
    seen = np.cumsum(spaces)
    hashes, found = points, [points[:0]]
    for length in range(2, min(LONGEST_CHARACTER_GRAM, len(points)) + 1):
        n = len(points) - length + 1
        hashes = hashes[:n] * _BASES + points[length - 1 :]
        inside = seen[length - 2 : length - 2 + n] == seen[:n]  # no space but at the edges
        found.append(hashes if length == 2 else hashes[inside])
    return found


@functools.cache
def _powers() -> tuple[Hashes, Hashes]:
    """Return the powers of the base and of its inverse, modulo 2**64, for every position that a text can have."""
    steps = (np.uint64(pow(_BASE, sign, 1 << 64)) for sign in (1, -1))
    up, down = (np.multiply.accumulate(np.concatenate(([np.uint64(1)], np.full(_LONGEST, step)))) for step in steps)
    return up, down
