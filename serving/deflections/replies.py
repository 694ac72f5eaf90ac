"""What a question gets, before it is written down and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retrieval.answers import Answer, Clarification, excerpt
from retrieval.finding import Finding
from retrieval.ranking import Suggestion
from serving.deflections.schemas import (
    AnswerOut,
    ChoiceOut,
    ClarificationOut,
    Decision,
    DeflectionOut,
    SourceOut,
    SuggestedOut,
)

WELCOME = "Hello! What can we help you with?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A decision, and what it stands on."""

    decision: Decision
    reason: str
    said: str  # what the customer reads, as the transcript keeps it
    confidence: float | None = None
    answer: AnswerOut | None = None
    clarification: ClarificationOut | None = None
    suggestions: Sequence[tuple[Suggestion, str]] = ()  # each with its excerpt
    eligible: bool = True
    human_requested: bool = False
    model: str | None = None
    articles_version: str | None = None

    def shown(self, deflection_id: str, *, next_human_at: datetime | None, digits: int) -> DeflectionOut:
        """Return the reply as it goes over the wire."""
        return DeflectionOut(
            id=deflection_id,
            decision=self.decision,
            confidence=None if self.confidence is None else round(self.confidence, digits),
            answer=self.answer,
            articles=[_suggested(one, words, digits) for one, words in self.suggestions],
            clarification=self.clarification,
            reason=self.reason,
            next_human_at=next_human_at,
        )


def to_greeting() -> Reply:
    """Return what a greeting gets: nothing was asked yet."""
    asked_back = ClarificationOut(question=WELCOME, choices=[])
    reason = "This is a greeting; nothing has been asked yet."
    return Reply(decision="clarify", reason=reason, said=WELCOME, clarification=asked_back, eligible=False)


def for_person() -> Reply:
    """Return what asking for a person gets: a person, without another try at an answer."""
    reason = "You asked for a person."
    return Reply(decision="hand_off", reason=reason, said=reason, human_requested=True)


def of_finding(question: str, found: Finding, *, model: str, articles: str) -> Reply:
    """Return what was found, as a reply."""
    clarification = _clarification(found.clarification) if found.clarification else None
    return Reply(
        decision=found.verdict.decision,
        reason=found.verdict.reason,
        said=_said(found, clarification),
        confidence=found.verdict.probability,
        answer=_answer(found.answer) if found.answer else None,
        clarification=clarification,
        suggestions=[(one, excerpt(question, one)) for one in found.suggestions],
        model=model,
        articles_version=articles,
    )


def _said(found: Finding, clarification: ClarificationOut | None) -> str:
    if found.answer is not None:
        return found.answer.text
    if clarification is not None:
        return "\n".join([clarification.question, *(f"- {choice.question}" for choice in clarification.choices)])
    return found.verdict.reason


def _answer(answer: Answer) -> AnswerOut:
    sources = [
        SourceOut(article_id=each.article_id, title=each.title, url=each.url, heading=each.heading, quote=each.quote)
        for each in answer.sources
    ]
    return AnswerOut(text=answer.text, sources=sources)


def _clarification(asked_back: Clarification) -> ClarificationOut:
    choices = [ChoiceOut(question=title, article_id=article_id) for article_id, title in asked_back.choices]
    return ClarificationOut(question=asked_back.question, choices=choices)


def _suggested(one: Suggestion, words: str, digits: int) -> SuggestedOut:
    return SuggestedOut(
        id=one.article.id, title=one.article.title, url=one.article.url, score=round(one.score, digits), excerpt=words
    )
