"""The one call that answers a question: encode, search, rank, judge, compose."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrieval.answerability import Answerability, Verdict, choices
from retrieval.answers import Answer, Clarification, clarification, compose
from retrieval.index import ArticleIndex, TextEncoder
from retrieval.precedents import Precedents
from retrieval.ranking import Asked, Audience, Ranker, Suggestion, suggest, weighted
from retrieval.words import words
from triage.text import clean


@dataclass(frozen=True, slots=True)
class Finding:
    """What a question came to."""

    question: str
    suggestions: tuple[Suggestion, ...]
    verdict: Verdict
    #: Set when the verdict is to answer.
    answer: Answer | None = None
    #: Set when the verdict is to ask back.
    clarification: Clarification | None = None


@dataclass(frozen=True)
class Finder:
    """Everything that answers questions, put together once; immutable, so threads share it."""

    index: ArticleIndex
    encoder: TextEncoder
    answerability: Answerability = field(default_factory=Answerability)
    precedents: Precedents | None = None
    ranker: Ranker = weighted

    def find(
        self, question: str, *, limit: int = 5, audience: Audience = "customer", human_requested: bool = False
    ) -> Finding:
        """Answer a question, ask back, or say that a person is needed.

        Parameters
        ----------
        question
            As typed; it is cleaned as every text is.
        limit
            Most suggestions.
        audience
            `customer` never sees internal articles.
        human_requested
            The customer asked for a person: suggestions are still made, the decision is to hand off.

        Returns
        -------
        Finding
        """
        text = clean(question)
        suggestions = tuple(self.suggest(text, limit=max(limit, 2), audience=audience))
        verdict = self.answerability.decide(text, suggestions, human_requested=human_requested)
        return Finding(
            question=text,
            suggestions=suggestions[:limit],
            verdict=verdict,
            answer=compose(text, suggestions[0]) if verdict.decision == "answer" else None,
            clarification=clarification(choices(suggestions)) if verdict.decision == "clarify" else None,
        )

    def suggest(self, text: str, *, limit: int = 5, audience: Audience = "customer") -> list[Suggestion]:
        """Rank the articles for a cleaned text; one without words (an emoji, dots) is like nothing at all."""
        if not words(text):
            return []
        vector = self.encoder.encode([text])[0]
        evidence = self.precedents.votes(vector) if self.precedents is not None else {}
        return suggest(self.index, Asked(text, vector, audience, evidence), limit=limit, ranker=self.ranker)
