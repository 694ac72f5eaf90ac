"""The headings of the passages by meaning: what a section says that it is about."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.articles.article import Passage
from retrieval.articles.passages import HEADING_JOINT


@dataclass(frozen=True, slots=True, eq=False)
class Headings:
    """A vector for each distinct heading, and which passage stands under which."""

    texts: tuple[str, ...]
    #: float16 (n_texts, dim), unit length.
    vectors: np.ndarray
    #: int32 (n_passages,): the heading of each passage, -1 before the first heading of an article.
    of: np.ndarray

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.vectors) or (len(self.of) and not -1 <= self.of.max() < len(self.texts)):
            raise ValueError("headings and vectors do not belong together")

    @classmethod
    def build(cls, passages: Sequence[Passage], texts: Sequence[str], vectors: np.ndarray) -> Headings:
        """Put the vectors of the headings that `distinct` returned to the passages."""
        numbers = {text: number for number, text in enumerate(texts)} | {"": -1}
        of = np.array([numbers[innermost(passage.heading)] for passage in passages], dtype=np.int32)
        return cls(tuple(texts), vectors.astype(np.float16), of)

    def by_text(self) -> Mapping[str, np.ndarray]:
        """Return the vectors by heading."""
        return dict(zip(self.texts, self.vectors, strict=True))

    def part(self, rows: np.ndarray) -> Headings:
        """Return those of some passages (int64), which are numbered anew."""
        return Headings(self.texts, self.vectors, self.of[rows])

    def cosines(self, vector: np.ndarray, rows: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Compare a question (float32, (dim,)) with the headings of some passages (int64), float64 (n_rows,).

        A passage before the first heading gets its value of `missing` (n_rows,).
        """
        of = self.of[rows]
        found, named = missing.astype(np.float64), of >= 0
        found[named] = self.vectors[of[named]].astype(np.float32) @ vector
        return found

    def to_bytes(self) -> bytes:
        """Write them as an .npz, without pickles."""
        buffer = io.BytesIO()
        texts = np.frombuffer("\n".join(self.texts).encode(), dtype=np.uint8)
        np.savez_compressed(buffer, allow_pickle=False, texts=texts, vectors=self.vectors, of=self.of)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Headings:
        """Read what `to_bytes` wrote; ValueError or KeyError when it is something else."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            text = arrays["texts"].tobytes().decode()
            return cls(tuple(text.split("\n")) if text else (), arrays["vectors"], arrays["of"])


def innermost(heading: str) -> str:
    """Return the heading that a passage stands right under, on one line: `CSV` of `Exports > CSV`."""
    return " ".join(heading.rsplit(HEADING_JOINT, 1)[-1].split())


def distinct(passages: Sequence[Passage]) -> list[str]:
    """Return the headings that passages stand right under, sorted."""
    return sorted({innermost(passage.heading) for passage in passages} - {""})
