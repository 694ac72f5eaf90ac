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
