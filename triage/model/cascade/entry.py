"""What the manifest keeps of the cascade: its two parts, their thresholds, and how they did on tickets of the desk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from msgspec import Struct


class FirstStageFigures(Struct, frozen=True, kw_only=True):
    """One head on the held-out tickets: `decided` of the n that have its label are decided by their words.

    Of those `wrong` are labelled wrongly, and by the encoder's head `wrong_by_encoder` would be.
    """

    n: int
    decided: int
    wrong: int
    wrong_by_encoder: int


class WordsHeadEntry(Struct, frozen=True, kw_only=True):
    """A head on n-grams alone: the labels are those of the head of this name, in their order."""

    file: str
    sha256: str
    temperature: float
    sure_at: float
    """The confidence from which this head is sure."""
    measured: FirstStageFigures


class FamiliarEntry(Struct, frozen=True, kw_only=True):
    """What tells a foreign text by its words: such a text goes to the encoder, and to its foreign-text gate."""

    file: str
    """Weights of the n-grams, and an intercept: higher is more like the tickets of the desk."""
    sha256: str
    at: float
    """Below this score a text is not familiar,"""
    known_at: float
    """nor where less than this share of its n-grams is in the lexicon."""
    background: int
    """Background texts that are foreign to the desk,"""
    decided: int
    """and how many of them the first stage decides nevertheless, fitted without them."""


class FirstStageEntry(Struct, frozen=True, kw_only=True):
    """A ticket's words decide all of its labels where every head is sure and the text is familiar."""

    heads: Mapping[str, WordsHeadEntry]
    familiar: FamiliarEntry

    @property
    def digest(self) -> str:
        """Return what a certificate of the joint decision is bound to: weights and thresholds of the first stage."""
        heads = {name: (each.sha256, each.temperature, each.sure_at) for name, each in self.heads.items()}
        familiar = self.familiar.sha256, self.familiar.at, self.familiar.known_at
        return hashlib.sha256(json.dumps([heads, familiar], sort_keys=True).encode()).hexdigest()


class ScreenEntry(Struct, frozen=True, kw_only=True):
    """What tells by its words that a text is no emergency, so that the critical head need not read it."""

    file: str
    whole_at: float
    """Below this score a ticket is clearly no emergency,"""
    sentence_at: float
    """and below this one a sentence of a longer ticket."""
    emergencies: int
    """Packaged emergencies that the critical head finds in wordings that it has not learnt from,"""
    missed: int
    """and how many of them a screen that has not learnt from them either takes for harmless."""
    tickets: int
    """Texts of the desk that the critical head does not call an emergency, and did not teach,"""
    harmless: int
    """and how many of them the screen spares it."""


class CascadeEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cascade; None where a part could not be learnt."""

    first_stage: FirstStageEntry | None = None
    screen: ScreenEntry | None = None
