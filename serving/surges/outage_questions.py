"""Questions whether something is down for everybody: "Is there an outage?", in seven languages."""

from typing import Final

from triage.text.nobody.phrase_patterns import Phrases, read, said

_LONG: Final = 200  # characters; a longer text says what fails, and its words decide

_OUTAGE: Final[Phrases] = read("serving.surges", "outage_questions.toml")["outage"]


def asks_of_outage(text: str) -> bool:
    """Tell whether a short text asks if there is an outage, or names one."""
    return len(text) < _LONG and _OUTAGE.are_in(said(text))
