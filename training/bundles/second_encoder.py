"""The second encoder of a bundle, as a bundle takes it: its files, and what it makes of the tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.answers import bundled_tickets
from triage.model.bundle import ENCODER_FILES, SECOND_ENCODER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Encoder, Reading
    from retrieval.index.text_encoder import TextEncoder


@dataclass(frozen=True, slots=True, eq=False)
class SecondEncoder:
    """An encoder that reads more languages than the first, and what it reads in all texts of a refit."""

    encoder: Encoder
    reading: Reading
    at_hand: TextEncoder
    """The same encoder with vectors on disk."""

    @property
    def parts(self) -> tuple[TextEncoder, NDArray[np.float32]]:
        """What encodes more texts, and the vectors of those that were read, (n_texts, dim)."""
        return self.at_hand, self.reading.vectors

    def cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how similar some texts are to each other, (n_rows, n_rows): what its golden texts remember."""
        vectors = self.reading.vectors[rows].astype(np.float64)
        return np.asarray(vectors @ vectors.T)

    def files(self, cases: Sequence[int]) -> dict[str, bytes]:
        """Return its files by path: the encoder's own, and the vectors of the closed tickets in these rows."""
        own = {f"{SECOND_ENCODER}/{name}": self.encoder.files[name] for name in ENCODER_FILES}
        return own | bundled_tickets.second_vectors(self.reading.vectors[list(cases)])
