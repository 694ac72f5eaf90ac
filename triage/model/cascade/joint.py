"""The joint decision: the first stage where it decides, the encoder's heads behind the foreign-text gate elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.cascade.first_stage import Decided
    from triage.model.classifier import Prediction

    StatesOf = Callable[[list[int]], NDArray[np.floating]]
    """From places of texts to what the encoder reads in them, (n_places, n_pools, dim)."""


class EncoderHeads(Protocol):
    """The encoder's heads of a bundle, and its foreign-text gate; see `triage.model.bundle.Bundle`."""

    def predictions(self, texts: Sequence[str], states: NDArray[np.floating]) -> Mapping[str, Prediction]:
        """Return each head's probabilities and energies."""
        ...

    def foreign(
        self,
        states: NDArray[np.floating],
        energies: Mapping[str, NDArray[np.float64]],
        languages: Sequence[str | None],
    ) -> Mapping[str, NDArray[np.bool_]]:
        """Say for each head which texts are foreign, (n_texts,)."""
        ...


class Judged(NamedTuple):
    """By head: probabilities (n_texts, n_classes), and which texts are foreign (n_texts,)."""

    probabilities: Mapping[str, NDArray[np.float64]]
    foreign: Mapping[str, NDArray[np.bool_]]


def judged(
    bundle: EncoderHeads,
    texts: Sequence[str],
    languages: Sequence[str | None],
    decided: Decided | None,
    states_of: StatesOf,
) -> Judged:
    """Judge texts as the bundle serves.

    Parameters
    ----------
    bundle
        With or without a first stage.
    texts
        Cleaned.
    languages
        Of the texts, where they are known.
    decided
        What the first stage makes of them; None without one.
    states_of
        Asked once, for the texts that the first stage does not decide.

    Returns
    -------
    Judged
        A text that the first stage decides is not foreign: it knows its n-grams.
    """
    rest = [place for place in range(len(texts)) if decided is None or not decided.texts[place]]
    if decided is not None and not rest:
        return Judged(decided.probabilities, dict.fromkeys(decided.probabilities, ~decided.texts))
    states = states_of(rest)
    found = bundle.predictions([texts[place] for place in rest], states)
    energies = {head: each.energies for head, each in found.items()}
    foreign = bundle.foreign(states, energies, [languages[place] for place in rest])
    if decided is None:
        return Judged({head: each.probabilities for head, each in found.items()}, foreign)
    probabilities = {head: rows.copy() for head, rows in decided.probabilities.items()}
    unlike = {head: np.zeros(len(texts), dtype=bool) for head in probabilities}
    for head, rows in probabilities.items():
        rows[rest] = found[head].probabilities
        unlike[head][rest] = foreign[head]
    return Judged(probabilities, unlike)
