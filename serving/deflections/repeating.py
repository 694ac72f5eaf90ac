"""Detect a repeated question: the first answer did not help."""

from collections.abc import Sequence
from datetime import timedelta

from retrieval.index.tokens import words
from serving.deflections.store import Deflection
from triage.text.cleaning import clean

SESSION = timedelta(hours=1)  # how long questions of one visitor belong together
ALIKE = 0.8  # share of the words that two wordings of one question have in common


def was_asked(question: str, earlier: Sequence[Deflection]) -> bool:
    """Tell whether a visitor asked this before, in nearly the same words."""
    asked = _said(question)
    return any(_alike(asked, _said(session.question)) for session in earlier if session.eligible)


def chosen(question: str, earlier: Sequence[Deflection]) -> str | None:
    """Return the article that a visitor chose: they were just asked which one they mean, and ask one of the choices.

    Choosing is no repeating, however much the choice is like the first question.
    """
    offer = earlier[0].response.get("clarification") if earlier and earlier[0].decision == "clarify" else None
    choices = offer["choices"] if offer else []
    return next((choice["article_id"] for choice in choices if clean(choice["question"]) == question), None)


def _said(text: str) -> frozenset[str]:
    return frozenset(words(text)) or frozenset(text.lower().split())


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)
