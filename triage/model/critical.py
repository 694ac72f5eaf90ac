"""The critical head: whether a question reports something that a person must see at once.

A linear classifier over the sentence vector that the search has computed already, and over the n-grams of the text. Its
labels are kinds of emergencies, and what is harmless: everyday questions and unsolicited messages. It is learnt from
packaged texts (`training.critical`), because closed tickets hardly ever tell of break-ins, leaks, threats or claims,
and because their priorities say little about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from triage.model.classifier import Classifier

EVERYDAY = "everyday"
#: Advertising, prizes, loans, offers of work: a label of its own, as it has little in common with everyday questions.
UNSOLICITED = "unsolicited"
HARMLESS = frozenset({EVERYDAY, UNSOLICITED})
CLEARLY_EVERYDAY = 0.1  # below this probability of an emergency a phrase is only talked about
# Below this probability, by its n-grams alone, no sentence turns out to be an emergency. A bolder cut would spare
# encodings, but by trial heads that had not learnt of it 0.005 loses "I am so lonely that I want to die".
CLEARLY_BY_WORDS = 0.002
#: From this probability on a sentence of a longer ticket is an emergency: it says little about its context, and of many
#: sentences one is easily taken for an emergency.
SURE = 0.7
FILE = "critical.npz"
IN_WORDS = {
    "outage": "an outage",
    "data_loss": "lost data",
    "account_takeover": "an account in the wrong hands",
    "leak": "data or secrets in the wrong hands",
    "safety": "danger to people",
    "legal": "legal action",
    "money_claim": "money taken wrongly",
}


class Measured(Struct, frozen=True, kw_only=True):
    """k of n texts were judged wrongly; the true share is at most `at_most` with confidence 1 - `delta`.

    The exact bound of Clopper and Pearson 1934. It holds for texts like the n: written by the same people.
    """

    n: int
    k: int
    at_most: float


class CriticalEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The critical head, learnt from packaged texts and the desk's own tickets that are not urgent."""

    file: str
    labels: tuple[str, ...]
    temperature: float
    encoder: str
    threshold: float
    """From this probability of an emergency on, a question is handed off."""
    texts: str
    """Digest of the packaged texts."""
    delta: float
    missed: Measured
    """Emergencies, one wording of each family; no wording of the family was learnt from."""
    missed_by_kind: Mapping[str, Measured]
    handed_off: Measured
    """The same for everyday questions, which were chosen to be like emergencies: most desks see fewer."""
    tickets_handed_off: Measured
    """The same for sentences of tickets of the desk that are not urgent; n is 0 without such tickets."""
    unsolicited_handed_off: Measured = Measured(n=0, k=0, at_most=1.0)
    """The same for unsolicited messages; n is 0 for heads of earlier versions, which learnt of none."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """What a question reports: the likeliest kind, and the probability that it is an emergency of any kind."""

    kind: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class CriticalHead:
    """The head with the threshold that training set."""

    classifier: Classifier
    threshold: float

    def read(self, text: str, vector: NDArray[np.floating]) -> Emergency:
        """Return the likeliest kind of emergency, whatever its probability.

        Parameters
        ----------
        text
            Cleaned (`triage.text.cleaning.model_text`).
        vector
            Shape (dim,), unit length. The same text through the bundle's encoder.

        Returns
        -------
        Emergency
        """
        return self._read(text, np.asarray(vector, np.float32)[None, None, :])

    def _read(self, text: str, states: NDArray[np.float32] | None) -> Emergency:
        row = self.classifier.predict_proba([text], states)[0].tolist()
        by_label = dict(zip(self.classifier.classes_, row, strict=True))
        harmless = sum(by_label.pop(label) for label in HARMLESS & by_label.keys())
        return Emergency(max(by_label, key=lambda kind: by_label[kind]), 1 - harmless)

    def find(self, text: str, vector: NDArray[np.floating]) -> Emergency | None:
        """Return the emergency that a text reports; None below the threshold. See `read` for the arguments."""
        found = self.read(text, vector)
        return found if found.probability >= self.threshold else None

    def is_everyday(self, text: str, vector: NDArray[np.floating]) -> bool:
        """Tell whether a text is clearly no emergency: "What do I do when the service is down?"."""
        return self.read(text, vector).probability < CLEARLY_EVERYDAY

    def may_report(self, text: str) -> bool:
        """Tell by its n-grams alone whether a sentence may be an emergency, so that the others need no encoding."""
        return self._read(text, None).probability > CLEARLY_BY_WORDS
