"""Lexical search: BM25 over passages, scaled so that 1 means every word of the question at full weight."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retrieval.index.tokens import words

#: Stands for a text without words; no question contains it.
NOTHING: Final = "-"
#: Entries read to find the texts that share a question's words.
READ: Final = 10_000


@dataclass(frozen=True)
class WordIndex:
    """BM25 weights of every word in every text, column by column (a word's texts lie together)."""

    vocabulary: tuple[str, ...]
    #: float32 (n_entries,): the weight of a word in a text.
    data: np.ndarray
    #: int32 (n_entries,): which text.
    indices: np.ndarray
    #: int64 (n_words + 1,): where each word's entries begin.
    indptr: np.ndarray
    #: How many texts.
    rows: int
    #: Of a part: the weight of each word of the vocabulary, and of one that is not in it, in the whole.
    weights: np.ndarray | None = None
    unseen: float | None = None

    @classmethod
    def build(cls, texts: Sequence[str]) -> WordIndex:
        """Weigh the words of every text."""
        import bm25s  # an index that is only read needs neither it nor the scipy that it takes along where it finds it

        if not texts:
            return cls((), np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(1, np.int64), 0)
        tokens = [words(text) or [NOTHING] for text in texts]
        vocabulary = sorted({word for text in tokens for word in text})
        numbers = {word: number for number, word in enumerate(vocabulary)}
        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells its steps otherwise
        model = bm25s.BM25(method="lucene")
        # Numbered here, because bm25s would number the words in the order of a set: another one in each process.
        model.index(([[numbers[word] for word in text] for text in tokens], dict(numbers)), show_progress=False)
        weights = model.scores
        return cls(tuple(vocabulary), weights["data"], weights["indices"], weights["indptr"], len(texts))

    def search(self, question: str) -> np.ndarray:
        """Score every text.

        Parameters
        ----------
        question
            As asked.

        Returns
        -------
        ndarray of float32, shape (n_texts,)
            The share, from 0 to 1, of the question's weight that a text covers. Words that no text has count as
            uncovered. BM25 as in Lucene; Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
        """
        shares = np.zeros(self.rows, dtype=np.float32)
        asked = set(words(question))
        known = self._known(asked)
        for number in known:
            column = self._column(number)
            shares[self.indices[column]] += self.data[column]
        most = float(self._weights[known].sum()) + self._unseen * (len(asked) - len(known))
        return shares / np.float32(most) if known else shares

    def closest(self, question: str, most: int) -> np.ndarray:
        """Return the texts that share most of the question's rarest words, int64 (at most `most`,), in no order.

        Words are read from the rarest on until `READ` entries are; the others are too common to find a text by.
        """
        known = sorted(self._known(set(words(question))), key=self._held)
        read, columns = 0, list[slice]()
        for number in known:
            read += self._held(number)
            if columns and read > READ:
                break
            columns.append(self._column(number))
        if not columns:
            return np.zeros(0, dtype=np.int64)
        texts, shares = self.indices[columns[0]], self.data[columns[0]]
        if len(columns) > 1:
            texts, places = np.unique(np.concatenate([self.indices[each] for each in columns]), return_inverse=True)
            shares = np.bincount(places, weights=np.concatenate([self.data[each] for each in columns]))
        return texts[np.argpartition(-shares, most)[:most] if len(texts) > most else slice(None)].astype(np.int64)

    def part(self, question: str, rows: np.ndarray) -> WordIndex:
        """Return what a question needs of some texts (int64, rising), numbered anew, with the weights of the whole."""
        known = self._known(set(words(question)))
        entries = [(np.flatnonzero(found), data) for found, data in (self._entries(number, rows) for number in known)]
        return WordIndex(
            vocabulary=tuple(self.vocabulary[number] for number in known),
            data=np.concatenate([weights for _, weights in entries] or [np.zeros(0, np.float32)]),
            indices=np.concatenate([texts for texts, _ in entries] or [np.zeros(0, np.int64)]),
            indptr=np.cumsum([0, *(len(texts) for texts, _ in entries)]),
            rows=len(rows),
            weights=self._weights[known],
            unseen=self._unseen,
        )

    def has(self, word: str) -> bool:
        """Tell whether any text has a word; a part knows what the whole has."""
        return word in self._numbers

    def texts_with(self, word: str, most: int) -> list[int]:
        """Return the first texts that have a word, at most so many."""
        number = self._numbers.get(word)
        return [] if number is None else self.indices[self._column(number)][:most].tolist()

    def covered(
        self, asked: set[str], without: Sequence[AbstractSet[str]], rows: np.ndarray, of: np.ndarray
    ) -> np.ndarray:
        """Return the share of some words' weight that each of a few texts has, 0 to 1, float64 (n_rows,).

        Parameters
        ----------
        asked
            The words.
        without
            For each group of texts the words that do not count there.
        rows
            The texts, int64 (n_rows,).
        of
            The group of each, int64 (n_rows,).

        Returns
        -------
        ndarray of float64, shape (n_rows,)
        """
        known = self._known(asked)
        if not known:
            return np.zeros(len(rows))
        held = np.array([self._entries(number, rows)[0] for number in known])
        rest = [[self.vocabulary[number] not in each for number in known] for each in without]
        counts = np.array(rest, dtype=np.int64)
        others = np.array([len(asked - each) for each in without]) - counts.sum(axis=1)
        weights = counts * self._weights[known]
        most = np.maximum(weights.sum(axis=1) + self._unseen * others, np.finfo(np.float64).tiny)
        shares = np.einsum("rk,kr->r", weights[of], held) / most[of]
        return np.asarray(np.where(counts.sum(axis=1)[of] > 0, shares, 0.0))

    def _entries(self, number: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which of the rows a word stands, bool (n_rows,), and with what weight there."""
        column = self._column(number)
        held = self.indices[column]  # rising, as bm25s writes them
        if not len(held):  # a word of the whole that no text of a part has
            return np.zeros(len(rows), dtype=bool), np.zeros(0, dtype=np.float32)
        places = np.minimum(np.searchsorted(held, rows.astype(held.dtype)), len(held) - 1)
        found = held[places] == rows
        return found, self.data[column][places[found]]

    def _known(self, asked: set[str]) -> list[int]:
        return [self._numbers[word] for word in sorted(asked & self._numbers.keys())]

    def _column(self, number: int) -> slice:
        return slice(int(self.indptr[number]), int(self.indptr[number + 1]))

    def _held(self, number: int) -> int:
        return int(self.indptr[number + 1] - self.indptr[number])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}

    @cached_property
    def _weights(self) -> np.ndarray:
        """Inverse document frequency: what a word adds at most."""
        if self.weights is not None:
            return self.weights
        held = np.diff(self.indptr)
        return np.asarray(np.log1p((self.rows - held + 0.5) / (held + 0.5)))

    @property
    def _unseen(self) -> float:
        if self.unseen is not None:
            return self.unseen
        return float(np.log1p((self.rows + 0.5) / 0.5))

    def to_bytes(self) -> bytes:
        """Write the index as an .npz, without pickles."""
        buffer = io.BytesIO()
        vocabulary = np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8)
        rows = np.int64(self.rows)
        arrays = {"data": self.data, "indices": self.indices, "indptr": self.indptr}
        np.savez_compressed(buffer, allow_pickle=False, vocabulary=vocabulary, rows=rows, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> WordIndex:
        """Read what `to_bytes` wrote; ValueError or KeyError when it is something else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            text = arrays["vocabulary"].tobytes().decode()
            vocabulary = tuple(text.split("\n")) if text else ()
            index = cls(vocabulary, arrays["data"], arrays["indices"], arrays["indptr"], int(arrays["rows"]))
        if len(index.indptr) != len(vocabulary) + 1:
            raise ValueError("words and weights do not belong together")
        return index
