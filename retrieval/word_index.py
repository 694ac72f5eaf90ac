"""Lexical search: BM25 over passages, scaled so that 1 would be every word of the question at its fullest weight."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retrieval.words import words

#: Stands for a text without words; no question contains it.
NOTHING: Final = "-"


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
        known = [self._numbers[word] for word in sorted(asked & self._numbers.keys())]
        for number in known:
            column = slice(self.indptr[number], self.indptr[number + 1])
            shares[self.indices[column]] += self.data[column]
        most = float(self._weights[known].sum()) + self._unseen * (len(asked) - len(known))
        return shares / np.float32(most) if known else shares

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}

    @cached_property
    def _weights(self) -> np.ndarray:
        """Inverse document frequency: what a word adds at most."""
        held = np.diff(self.indptr)
        return np.asarray(np.log1p((self.rows - held + 0.5) / (held + 0.5)))

    @property
    def _unseen(self) -> float:
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
            vocabulary = tuple(arrays["vocabulary"].tobytes().decode().split("\n"))
            index = cls(vocabulary, arrays["data"], arrays["indices"], arrays["indptr"], int(arrays["rows"]))
        if len(index.indptr) != (len(vocabulary) if vocabulary != ("",) else 0) + 1:
            raise ValueError("words and weights do not belong together")
        return index
