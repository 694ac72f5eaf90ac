"""The screen before the critical head: tells by its words that a text is clearly no emergency.

A linear model of n-grams, taught by what the critical head says of packaged texts and of the desk's own tickets
(`training.critical.screen`). It never finds an emergency: what it does not call harmless, the critical head reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.model.cascade.entry import ScreenEntry
    from triage.model.cascade.first_stage import Words


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """The screen ready to run: the higher the score of a text, the more its words sound like an emergency."""

    entry: ScreenEntry
    words: Words

    def is_harmless(self, text: str) -> bool:
        """Tell whether a whole ticket is clearly no emergency."""
        return self.words.score(text) < self.entry.whole_at

    def is_harmless_sentence(self, text: str) -> bool:
        """Tell whether a sentence of a longer ticket is clearly no emergency."""
        return self.words.score(text) < self.entry.sentence_at
