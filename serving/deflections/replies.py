"""The reply to a question, before it is stored and shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec

from retrieval.answering.answer_question import OTHER_LANGUAGE, Finding
from retrieval.answering.quotes import Answer, Clarification, excerpt
from retrieval.answering.ranking import Suggestion
from serving.deflections.closed import Closed
from serving.deflections.phrases import DEFAULT, available, phrase
from serving.deflections.schemas import (
    AnswerOut,
    ChoiceOut,
    ClarificationOut,
    Decision,
    DeflectionOut,
    OfferedArticleOut,
    OfferOut,
    SectionOut,
    SourceOut,
    SuggestedOut,
)
from triage.reason_codes import HandOffCode
from triage.text.nobody.reasons import NobodyReason


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of model and index behind a reply."""

    model: str
    articles: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A decision, and the versions behind it."""

    decision: Decision
    reason: str
    reason_code: HandOffCode | None = None
    said: str  # what the customer reads, as the transcript keeps it
    confidence: float | None = None
    answer: AnswerOut | None = None
    while_you_wait: AnswerOut | None = None
    clarification: ClarificationOut | None = None
    offer: OfferOut | None = None
    suggestions: Sequence[tuple[Suggestion, str]] = ()  # each with its excerpt
    eligible: bool = True
    human_requested: bool = False
    confirms: bool = False  # the answer before it
    needs_nobody: NobodyReason | None = None
    may_be_held_out: bool = False  # a question of its own that no person has to see at once
    language: str = DEFAULT
    certificate: str | None = None
    model: str | None = None
    articles_version: str | None = None

    @property
    def is_from_articles(self) -> bool:
        """Whether the articles decided, or that there are none: no person was asked for, and nothing is urgent."""
        return self.decision in {"answer", "clarify"} or self.reason_code is HandOffCode.NO_ANSWER

    def shown(self, deflection_id: str, *, next_human_at: datetime | None, digits: int) -> DeflectionOut:
        """Return the reply as it goes over the wire."""
        return DeflectionOut(
            id=deflection_id,
            decision=self.decision,
            confidence=None if self.confidence is None else round(self.confidence, digits),
            answer=self.answer,
            articles=[_suggested(one, words, digits) for one, words in self.suggestions],
            clarification=self.clarification,
            offer=self.offer,
            reason=self.reason,
            reason_code=self.reason_code,
            while_you_wait=self.while_you_wait,
            next_human_at=next_human_at,
            certificate=self.certificate,
            needs_nobody=self.needs_nobody,
        )


def to_greeting(language: str) -> Reply:
    """Return what a greeting gets: nothing was asked yet."""
    welcome = phrase("welcome", language)
    asked_back = ClarificationOut(question=welcome, choices=[])
    reason = "This is a greeting; nothing has been asked yet."
    return Reply(decision="clarify", reason=reason, said=welcome, clarification=asked_back, eligible=False)


def to_no_words(language: str) -> Reply:
    """Return what a text without words gets: the question what it is about."""
    said = phrase("no_words", language)
    asked_back = ClarificationOut(question=said, choices=[])
    reason = "There are no words to go by; nothing has been asked yet."
    return Reply(decision="clarify", reason=reason, said=said, clarification=asked_back, eligible=False)


def to_closing(language: str, closed: Closed) -> Reply:
    """Return what thanks, a farewell or an automatic reply gets: a kind word, and nobody is called."""
    said = phrase("closing", language)
    asked_back = ClarificationOut(question=said, choices=[])
    reason = "Nothing is asked; nobody needs to act."
    return Reply(
        decision="clarify",
        reason=reason,
        said=said,
        clarification=asked_back,
        eligible=False,
        confirms=closed.confirms,
        needs_nobody=closed.needs_nobody,
    )


def for_person(language: str) -> Reply:
    """Return what asking for a person gets: a person, without another try at an answer."""
    reason = phrase("person", language)
    code = HandOffCode.PERSON_REQUESTED
    return Reply(decision="hand_off", reason=reason, reason_code=code, said=reason, human_requested=True)


def without_another_try(why: Literal["repeated", "dissatisfied", "complaint"], language: str) -> Reply:
    """Return what somebody gets whom the last answer did not help, or who scolds before there was one: a person."""
    reason = phrase(why, language)
    code = HandOffCode.REPEATED if why == "repeated" else HandOffCode.DISSATISFIED
    return Reply(decision="hand_off", reason=reason, reason_code=code, said=reason, eligible=why == "repeated")


def to_complaint(found: Reply, language: str) -> Reply:
    """Return what somebody gets who is angry and asks nothing: a person, and no article as if it were the answer."""
    reason, code = phrase("complaint", language), HandOffCode.DISSATISFIED
    to_person = replace(found, decision="hand_off", reason=reason, reason_code=code, said=reason, language=language)
    return replace(to_person, answer=None, clarification=None, offer=None, certificate=None)


def to_emergency(found: Reply, language: str) -> Reply:
    """Return what an emergency gets whatever was found: a person, with the article that answers beside it."""
    reason = phrase("emergency", language)
    return replace(
        found,
        decision="hand_off",
        reason=reason,
        reason_code=HandOffCode.EMERGENCY,
        said=reason,
        answer=None,
        while_you_wait=found.answer,
        clarification=None,
        offer=None,
        certificate=None,
    )


def to_incident(found: Reply, language: str) -> Reply:
    """Return what a question gets that is about an incident which the desk knows: its message, and no article."""
    said = phrase("incident", language)
    asked_back = ClarificationOut(question=said, choices=[])
    return replace(
        found,
        decision="clarify",
        reason="It is about an incident that goes on; the desk's own message is shown.",
        reason_code=None,
        said=said,
        answer=None,
        clarification=asked_back,
        offer=None,
        suggestions=(),
        may_be_held_out=False,
        certificate=None,
    )


def to_holdout(found: Reply) -> Reply:
    """Return what a question gets whose visitor sees no answers: a person, without a word about articles."""
    reason = phrase("holdout", found.language)
    return Reply(
        decision="holdout",
        reason=reason,
        reason_code=HandOffCode.HOLDOUT,
        said=reason,
        model=found.model,
        articles_version=found.articles_version,
    )


def reworded(reply: Reply, text: str) -> Reply:
    """Return an answer in a writer's words; its sources stay, and the transcript keeps what is shown."""
    if reply.answer is None:
        return reply
    answer = msgspec.structs.replace(reply.answer, text=text, written_by="writer")
    return replace(reply, answer=answer, said=text)


def of_finding(question: str, found: Finding, made_with: Versions, language: str, spoken: str | None = None) -> Reply:
    """Return what was found, as a reply; `spoken` is the language of an article that is offered."""
    clarification = _clarification(found.clarification, language) if found.clarification else None
    reason = _reason(found, language)
    offer = _offer(question, found.offer, language, spoken) if found.offer else None
    return Reply(
        decision=found.verdict.decision,
        reason=reason,
        reason_code=HandOffCode.NO_ANSWER if found.verdict.decision == "hand_off" else None,
        said=_said(found, clarification, reason if offer is None else f"{reason}\n{_offered(offer)}"),
        confidence=found.verdict.probability,
        answer=_answer(found.answer) if found.answer else None,
        clarification=clarification,
        offer=offer,
        suggestions=[(one, excerpt(question, one)) for one in found.suggestions],
        certificate=found.verdict.certificate,
        model=made_with.model,
        articles_version=made_with.articles,
    )


def _reason(found: Finding, language: str) -> str:
    """Say why in the customer's language; in English the verdict itself says more."""
    verdict = found.verdict
    if verdict.decision != "hand_off" or (language == DEFAULT and verdict.reason != OTHER_LANGUAGE):
        return verdict.reason
    return phrase("other_language" if verdict.reason == OTHER_LANGUAGE else "unsure", language)


def _said(found: Finding, clarification: ClarificationOut | None, reason: str) -> str:
    if found.answer is not None:
        return found.answer.text
    if clarification is not None:
        about = [clarification.article.title] if clarification.article else []
        choices = (f"- {choice.question}" for choice in clarification.choices)
        return "\n".join([*about, clarification.question, *choices])
    return reason


def _answer(answer: Answer) -> AnswerOut:
    sources = [
        SourceOut(**{name: getattr(each, name) for name in SourceOut.__struct_fields__}) for each in answer.sources
    ]
    steps = answer.steps or ((),) * len(answer.sources)
    sections = [
        SectionOut(heading=each.heading, url=each.url, text=each.quote, steps=list(of))
        for each, of in zip(answer.sources, steps, strict=True)
    ]
    return AnswerOut(text=answer.text, sources=sources, sections=sections)


def _clarification(asked_back: Clarification, language: str) -> ClarificationOut:
    choices = [ChoiceOut(question=each.label, article_id=each.article_id, url=each.url) for each in asked_back.choices]
    offered = asked_back.article
    if offered is None:
        return ClarificationOut(question=phrase("which", language), choices=choices)
    article = OfferedArticleOut(article_id=offered.id, title=offered.title, url=offered.url, summary=offered.summary)
    return ClarificationOut(question=phrase("which_part", language), choices=choices, article=article)


def _offer(question: str, one: Suggestion, language: str, spoken: str | None) -> OfferOut:
    article = one.article
    text = available(article.title, spoken, language)
    return OfferOut(
        article_id=article.id,
        title=article.title,
        url=article.url,
        language=spoken,
        text=text,
        excerpt=excerpt(question, one),
    )


def _offered(offer: OfferOut) -> str:
    """Return an offer for the transcript: with what it says where there is no address to read it at."""
    return offer.text if offer.url else f"{offer.text}\n{offer.excerpt}"


def _suggested(one: Suggestion, words: str, digits: int) -> SuggestedOut:
    return SuggestedOut(
        id=one.article.id, title=one.article.title, url=one.article.url, score=round(one.score, digits), excerpt=words
    )
