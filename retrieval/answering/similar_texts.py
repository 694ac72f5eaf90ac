"""Similar texts, by meaning, shared rare words and age."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from retrieval.answering.article_shares import entries_of
from retrieval.index.layered_index import FindsRows, Nearby

#: Weight of shared words beside meaning, and what each e-fold of age in days costs: the same trouble comes in waves.
#: Chosen on the earlier half of a real desk's pairs of duplicates.
WORDS: Final = 1.0
AGE: Final = 0.03
#: A text whose meaning and words together are further off is about something else, and would cost an agent's time.
LIKE_ENOUGH: Final = 0.5
#: Two texts nearer than this say the same; the better placed stands for both.
THE_SAME: Final = 0.98
#: So many nearest in meaning are compared by word and age. With a hundred 3 of 66 tickets that repeat another one do
#: not find it any more.
COMPARED: Final = 500
#: Places of a table that tells at once of most words that a text does not have them; a power of two.
SIEVE: Final = 1 << 14


class WeighedWords(Protocol):
    """Weighted words of texts by row number."""

    def only(self, kept: np.ndarray) -> WeighedWords:
        """Return those of some texts alone, bool (n_texts,)."""
        ...

    def cosines(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Compare some texts (int64 rows) with the weighted words of another, columns rising; float64 (n_rows,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class WordRows:
    """Weighted words of texts, row by row: what `triage.model.lexical.Lexicon.row` gives, its words alone."""

    #: int64 (n_texts + 1,): where each text's entries begin.
    starts: np.ndarray
    #: int32 (n_entries,) and float16 (n_entries,): which word, and its weight; each text has unit length.
    columns: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        sound = len(self.starts) and self.starts[0] == 0 and (np.diff(self.starts) >= 0).all()
        if not sound or not self.starts[-1] == len(self.columns) == len(self.values):
            raise ValueError("words and texts do not belong together")

    def only(self, kept: np.ndarray) -> WordRows:
        """Return those of some texts alone, bool (n_texts,)."""
        lengths = np.diff(self.starts)
        entries = np.repeat(kept, lengths)
        starts = np.concatenate(([0], np.cumsum(lengths[kept]))).astype(np.int64)
        return WordRows(starts, self.columns[entries], self.values[entries])

    def cosines(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Compare some texts (int64 rows) with the weighted words of another, columns rising; float64 (n_rows,)."""
        begin, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(lengths)
        if not len(columns) or not len(ends):
            return np.zeros(len(rows))
        entries = np.arange(int(ends[-1])) + np.repeat(begin - (ends - lengths), lengths)
        held, sieve = self.columns[entries], np.zeros(SIEVE, dtype=bool)
        sieve[columns % SIEVE] = True
        some = np.flatnonzero(sieve[held % SIEVE])  # hardly any word of theirs is one of its own
        places = np.minimum(np.searchsorted(columns, held[some]), len(columns) - 1)
        shared = np.where(columns[places] == held[some], values[places], 0.0)
        of = np.searchsorted(ends, some, side="right")
        return np.bincount(of, shared * self.values[entries[some]], len(rows))

    def by_word(self, n_words: int) -> WordColumns:
        """Return the same weights with the texts of each of so many words side by side.

        Raises ValueError: a text has a word beyond them.
        """
        if len(self.columns) and not 0 <= self.columns.min() <= self.columns.max() < n_words:
            raise ValueError("words that the lexicon does not have")
        order = np.argsort(self.columns, kind="stable")  # a word's texts stay in their order
        texts = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))
        starts = np.concatenate(([0], np.cumsum(np.bincount(self.columns, minlength=n_words)))).astype(np.int64)
        return WordColumns(starts, texts[order], self.values[order], len(self.starts) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class WordColumns:
    """The weights of `WordRows`, word by word: of a few thousand texts only those that share a word are read."""

    #: int64 (n_words + 1,): where each word's entries begin.
    starts: np.ndarray
    #: int32 (n_entries,) and float16 (n_entries,): which text, rising for each word, and the word's weight there.
    texts: np.ndarray
    values: np.ndarray
    n_texts: int

    def only(self, kept: np.ndarray) -> WordColumns:
        """Return those of some texts alone, bool (n_texts,)."""
        entries = kept[self.texts]
        starts = np.concatenate(([0], np.cumsum(entries)))[self.starts]
        numbers = (np.cumsum(kept) - 1).astype(np.int32)
        return WordColumns(starts, numbers[self.texts[entries]], self.values[entries], int(kept.sum()))

    def cosines(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Compare some texts (int64 rows) with the weighted words of another, columns rising; float64 (n_rows,)."""
        entries, lengths = entries_of(self.starts, columns)
        shared = np.repeat(values, lengths) * self.values[entries]
        return np.asarray(np.bincount(self.texts[entries], shared, self.n_texts)[rows])


@dataclass(frozen=True, slots=True, eq=False)
class LayeredWords:
    """Words of two pools weighed by one lexicon: the rows of the second are numbered after those of the first."""

    first: WeighedWords
    second: WeighedWords
    #: How many rows the first has.
    split: int

    def only(self, kept: np.ndarray) -> LayeredWords:
        """Return those of some texts alone, bool (n_texts,)."""
        first, second = kept[: self.split], kept[self.split :]
        return LayeredWords(self.first.only(first), self.second.only(second), int(first.sum()))

    def cosines(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Compare some texts (int64 rows) with the weighted words of another; see `WordRows.cosines`."""
        found, in_first = np.zeros(len(rows)), rows < self.split
        found[in_first] = self.first.cosines(rows[in_first], columns, values)
        found[~in_first] = self.second.cosines(rows[~in_first] - self.split, columns, values)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """The text to find similar texts for; one that is put to several pools of the same vectors is compared once."""

    #: float32 (dim,), unit length.
    vector: np.ndarray
    #: Its words' columns and weights, as in `WordRows`; None compares by meaning alone.
    words: tuple[np.ndarray, np.ndarray] | None = None
    #: Days since whatever the texts' own are counted from; None is the day of the newest of them.
    day: float | None = None
    #: What lies around it, where that is known already.
    around: Nearby | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SimilarTexts:
    """A pool of texts by row number; immutable."""

    vectors: FindsRows
    words: WeighedWords | None = None
    #: float64 (n_texts,), nan where unknown.
    days: np.ndarray | None = None
    #: The same texts by a second encoder; it finds none of them here.
    second: FindsRows | None = None
    #: The first and the last day known.
    span: tuple[float, float] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.days is not None and not np.isnan(self.days).all():
            object.__setattr__(self, "span", (float(np.nanmin(self.days)), float(np.nanmax(self.days))))

    def like(self, query: Query, *, limit: int, among: np.ndarray | None = None) -> list[tuple[int, float]]:
        """Find the texts most like another.

        Parameters
        ----------
        query
            The other text.
        limit
            At most so many.
        among
            Search these rows alone, bool (n_texts,).

        Returns
        -------
        list of tuple of int and float
            Rows and their cosine similarity in meaning, the most alike first; near-identical texts once.
        """
        around = query.around or self.vectors.around(query.vector)
        cosines, rows = around.nearest(COMPARED, among)
        alike = cosines.astype(np.float64)
        if self.words is not None and query.words is not None:
            alike += WORDS * self.words.cosines(rows, *query.words)
        near = np.flatnonzero(alike >= LIKE_ENOUGH)
        cosines, rows, alike = cosines[near], rows[near], alike[near]
        order = np.lexsort((rows, AGE * self._ages(query, rows) - alike))  # ties by row
        chosen = self._distinct(rows, order, limit)
        return [(int(rows[place]), min(float(cosines[place]), 1.0)) for place in chosen]

    def _ages(self, query: Query, rows: np.ndarray) -> np.ndarray:
        """Return the logarithms of the ages in days; a text without a day counts as the oldest of all."""
        if self.days is None or self.span is None:
            return np.zeros(len(rows))
        oldest, newest = self.span
        today = newest if query.day is None else query.day
        ages = np.nan_to_num(today - self.days[rows], nan=today - oldest)
        return np.asarray(np.log1p(np.maximum(ages, 0.0)))

    def _distinct(self, rows: np.ndarray, places: np.ndarray, limit: int) -> list[int]:
        """Return the first of some places of rows, at most so many, without those whose texts say the same."""
        chosen: list[int] = []
        kept: list[np.ndarray] = []
        for begin in range(0, len(places), limit):  # hardly ever does it take more than the first few
            some = places[begin : begin + limit]
            for place, vector in zip(some.tolist(), self.vectors.vectors(rows[some]), strict=True):
                if all(float(vector @ each) < THE_SAME for each in kept):
                    chosen.append(place)
                    kept.append(vector)
                if len(chosen) == limit:
                    return chosen
        return chosen
