"""Find emergencies in what customers write: before a question is answered, and before a ticket is routed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from retrieval.articles.passages import sentences
from triage.model.cascade.screen import Screen
from triage.model.critical import SURE, CriticalHead, Emergency
from triage.model.urgency import UrgencyPhrases
from triage.text.shortening import prose

#: Sentences that are read one by one, half of them from the end: each costs an encoding.
SENTENCES_READ: Final = 12

Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class TicketWords:
    """What the critical head reads of a ticket: its text as models read it, and the newest words of a person."""

    text: str
    vector: np.ndarray | None  # None: its words say that as a whole it is no emergency
    searched: Sequence[str]


def is_emergency(
    question: str, vector: np.ndarray | None, phrases: UrgencyPhrases, head: CriticalHead | None, encode: Encode
) -> bool:
    """Tell whether a question reports an emergency, as a whole or in one of its sentences.

    Parameters
    ----------
    question
        Cleaned.
    vector
        Of the question, by its search; None where nothing was searched.
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
    if head is None or vector is None:
        return phrases.find(question) is not None
    if _reports(question, vector, phrases, head):
        return True
    parts = _parts([question])
    if len(parts) < 2:
        return False
    return any(_reports(part, vector, phrases, head) for part, vector in zip(parts, encode(parts), strict=True))


def in_tickets(
    tickets: Sequence[TicketWords], head: CriticalHead, encode: Encode, screen: Screen | None = None
) -> list[Emergency | None]:
    """Return the emergency that each ticket reports, as a whole or surely in one of its sentences; else None.

    What the screen calls harmless is not read.
    """
    found = [None if each.vector is None else head.find(each.text, each.vector) for each in tickets]
    parts = [_to_read(each, head, screen) if known is None else [] for each, known in zip(tickets, found, strict=True)]
    every = list(dict.fromkeys(part for some in parts for part in some))  # tickets share greetings and phrases
    vectors = dict(zip(every, encode(every) if every else (), strict=True))
    for place, some in enumerate(parts):
        if some:
            found[place] = _surest([head.read(part, vectors[part]) for part in some])
    return found


def _to_read(ticket: TicketWords, head: CriticalHead, screen: Screen | None) -> list[str]:
    """Return the sentences of a ticket of more than one that may be emergencies."""
    parts = _parts(ticket.searched)
    if len(parts) < 2:
        return []
    left = [part for part in parts if screen is None or not screen.is_harmless_sentence(part)]
    return [part for part in left if head.may_report(part)]


def _surest(read: Sequence[Emergency]) -> Emergency | None:
    best = max(read, key=lambda each: each.probability)
    return best if best.probability >= SURE else None


def _reports(text: str, vector: np.ndarray, phrases: UrgencyPhrases, head: CriticalHead) -> bool:
    if head.find(text, vector) is not None:
        return True
    return phrases.find(text) is not None and not head.is_everyday(text, vector)


def _parts(texts: Sequence[str]) -> list[str]:
    """Return the different sentences; of many, the first and the last: greetings and small talk stand between."""
    lines = (line for text in texts for line in prose(text).split("\n"))
    found = (part.strip().rstrip(" .") for line in lines for part in sentences(line))
    parts = list(dict.fromkeys(part for part in found if part))
    half = SENTENCES_READ // 2
    return parts if len(parts) <= SENTENCES_READ else [*parts[:half], *parts[-half:]]
