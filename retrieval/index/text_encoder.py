"""What an index needs of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from retrieval.encoder.encoder import Progress


class TextEncoder(Protocol):
    """The encoder interface of an index; `retrieval.encoder.encoder.Encoder` implements it."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dim(self) -> int: ...  # noqa: D102

    fingerprint: str

    def encode(  # noqa: D102
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray: ...

    def knows(self, word: str) -> bool: ...  # noqa: D102


#: Vectors by text, float32 (dim,) each.
ByText = dict[str, np.ndarray]


def vectors_of(
    texts: Sequence[str], known: ByText, encoder: TextEncoder, progress: Progress | None, *, as_passages: bool
) -> np.ndarray:
    """Return the vectors of texts, float32 (n, dim); those that are not known are encoded, and known from then on."""
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    if fresh:
        made = encoder.encode(fresh, as_passages=as_passages, progress=progress)
        known.update(zip(fresh, made, strict=True))
    return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), encoder.dim)
