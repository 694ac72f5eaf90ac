"""Which of some texts the encoder reads, and what it has read: of a cascade, what words do not settle."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.encoder.encoder import Encoder, Reading
from retrieval.encoder.two_views import TwoViews
from triage.model.cascade.first_stage import Decided
from triage.model.cascade.screen import Screen


def needed(
    texts: Sequence[str], decided: Decided | None, may_be_emergencies: Collection[int], screen: Screen | None
) -> list[int]:
    """Return the places of the texts that must be encoded.

    Parameters
    ----------
    texts
        Cleaned.
    decided
        By the first stage; None without one.
    may_be_emergencies
        Places of the texts that the critical head is to read as a whole, unless the screen calls them harmless.
    screen
        None: it calls nothing harmless.

    Returns
    -------
    list of int
        Ascending: what the first stage leaves undecided, and what may be an emergency.
    """
    if decided is None:
        return list(range(len(texts)))
    return [
        place
        for place, text in enumerate(texts)
        if not decided.texts[place]
        or (place in may_be_emergencies and not (screen is not None and screen.is_harmless(text)))
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What the encoder has read of some texts, by their places."""

    reading: Reading
    rows: dict[int, int]

    @classmethod
    def of(
        cls, texts: Sequence[str], places: Sequence[int], encoder: Encoder | TwoViews, known: Reading | None
    ) -> "Encoded":
        """Encode the texts at some places; `known` is what the encoder has read in all of them already."""
        if known is None:
            return cls(encoder.read([texts[place] for place in places]), {place: i for i, place in enumerate(places)})
        return cls(known, {place: place for place in places})

    def states(self, places: Sequence[int]) -> np.ndarray:
        """Return the states of texts that were encoded, (n_places, n_pools, dim)."""
        rows = [self.rows[place] for place in places]
        every = rows == list(range(len(self.reading.states)))
        return self.reading.states if every else self.reading.states[rows]

    def vector(self, place: int) -> np.ndarray | None:
        """Return the vector of a text, (dim,); None where it was not encoded."""
        row = self.rows.get(place)
        return None if row is None else self.reading.vectors[row]

    def alone(self, place: int) -> Reading | None:
        """Return what was read in one text; None where it was not encoded."""
        row = self.rows.get(place)
        if row is None:
            return None
        return Reading(self.reading.vectors[row : row + 1], self.reading.states[row : row + 1])
