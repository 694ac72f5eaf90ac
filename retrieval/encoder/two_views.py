"""Two encoders as one, for the heads: the second reads the texts that are not clearly in the first one's language.

What it did not read stays zero, and `triage.model.pools.dense` leaves it out. So an English text costs one run, and the
heads take of the second encoder only what the first cannot see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.encoder.encoder import Encoder, Progress, Reading
from retrieval.encoder.text_language import language_of

#: What the first encoder reads well.
READ_BY_FIRST = "en"


@dataclass(frozen=True, slots=True)
class TwoViews:
    """A first encoder, whose vectors are for finding, and a second of the same width for more languages."""

    first: Encoder
    second: Encoder

    @property
    def fingerprint(self) -> str:
        """The names of both."""
        return f"{self.first.fingerprint} {self.second.fingerprint}"

    def read(self, texts: Sequence[str], *, progress: Progress | None = None) -> Reading:
        """Read texts; `progress` is the first encoder's."""
        return beside(self.first.read(texts, progress=progress), texts, self.second.read)


def beside(first: Reading, texts: Sequence[str], read: Callable[[Sequence[str]], Reading]) -> Reading:
    """Put a second encoder's states beside the first one's, (n_texts, pools of both, dim).

    Parameters
    ----------
    first
        What the first encoder read in the texts.
    texts
        Cleaned texts. Which of them are read again depends on the text alone: it is the same in training and serving.
    read
        The second encoder.

    Returns
    -------
    Reading
        With the first one's vectors.
    """
    rows = [row for row, text in enumerate(texts) if language_of(text) != READ_BY_FIRST]
    again = read([texts[row] for row in rows]).states
    states = np.zeros((len(texts), *again.shape[1:]), dtype=first.states.dtype)
    states[rows] = again
    return Reading(first.vectors, np.concatenate([first.states, states], axis=1))
