"""Detect emergencies: what a person must see at once, whatever an article says about it."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from retrieval.answering.answer_question import Finding
from retrieval.articles.passages import sentences
from triage.model.critical import CriticalHead
from triage.model.urgency import UrgencyPhrases

#: Sentences that are read one by one, half of them from the end: each costs an encoding.
SENTENCES_READ: Final = 12

Encode = Callable[[Sequence[str]], np.ndarray]


def is_emergency(found: Finding, phrases: UrgencyPhrases, head: CriticalHead | None, encode: Encode) -> bool:
    """Tell whether a question reports an emergency, as a whole or in one of its sentences.

    Parameters
    ----------
    found
        The question, cleaned, with the vector of its search.
    phrases
        The urgency lexicon. A phrase is enough, unless the head is sure that it is only talked about.
    head
        Sees what the phrases do not; None where the bundle has none, or one for another encoder.
    encode
        Texts to their sentence vectors, (n_texts, dim), as the search encodes them.

    Returns
    -------
    bool
    """
    if head is None or found.vector is None:
        return phrases.find(found.question) is not None
    if _reports(found.question, found.vector, phrases, head):
        return True
    parts = _parts(found.question)
    if len(parts) < 2:
        return False
    return any(_reports(part, vector, phrases, head) for part, vector in zip(parts, encode(parts), strict=True))


def _reports(text: str, vector: np.ndarray, phrases: UrgencyPhrases, head: CriticalHead) -> bool:
    if head.find(text, vector) is not None:
        return True
    return phrases.find(text) is not None and not head.is_everyday(text, vector)


def _parts(text: str) -> list[str]:
    """Return the different sentences; of many, the first and the last: greetings and small talk stand between."""
    parts = list(dict.fromkeys(part.rstrip(" .") for part in sentences(text)))
    half = SENTENCES_READ // 2
    return parts if len(parts) <= SENTENCES_READ else [*parts[:half], *parts[-half:]]
