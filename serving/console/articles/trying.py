"""Try a question: what the service would answer now. Nothing is stored, counted or sent anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.answering.ranking import Suggestion
from serving.deflections.asking import FINE, Answering
from serving.deflections.customer_language import CustomerLanguages
from serving.deflections.replies import Reply
from serving.deflections.schemas import QuestionIn, SourceOut
from triage.reason_codes import HandOffCode
from triage.text.cleaning import clean

DECISIONS: Final = {
    "answer": ("Would answer", "good"),
    "clarify": ("Would ask back", "warn"),
    "hand_off": ("Would hand off to a person", "bad"),
}
LONGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage word for word, with the part that answers best."""

    source: SourceOut
    before: str
    highlight: str
    after: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the articles that were found, and why it would not be answered from, if so."""

    suggestion: Suggestion
    excerpt: str

    @property
    def score(self) -> str:
        """How well it fits."""
        return f"{self.suggestion.score:.{FINE}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a question would get."""

    title: str
    tone: str
    reply: Reply
    language: str | None
    quotes: Sequence[Quote]
    candidates: Sequence[Candidate]
    index: str


def problem_of(question: str) -> str | None:
    """Say why a question cannot be asked; None when it can."""
    if len(question) > LONGEST:
        return f"At most {LONGEST:,} characters."
    return None if clean(question) else "Ask something: there are no words in it."


def tried(answering: Answering, question: str, locale: str | None, brand: str | None) -> Trial:
    """Ask a question as a customer would, who has not asked before; no other service writes the answer.

    Raises `NotReady` while model or articles are being loaded.
    """
    asked = QuestionIn(question=question, locale=locale, brand=brand)
    index = answering.articles.take().index
    reply = answering.reply(clean(question), asked, [])
    languages = CustomerLanguages.of(clean(question), locale, answering.languages, [*index.translations.languages])
    shown = reply.answer or reply.while_you_wait
    title, tone = DECISIONS.get(reply.decision, (reply.decision, "warn"))
    return Trial(
        title=title,
        tone=tone,
        reply=reply,
        language=languages.written,
        quotes=[_quote(each) for each in shown.sources] if shown else [],
        candidates=[Candidate(one, words) for one, words in reply.suggestions],
        index=index.version[:12],
    )


def code_in_words(code: HandOffCode | None) -> str | None:
    """Write a reason's code as a reader says it."""
    return None if code is None else code.value.replace("_", " ")


def _quote(source: SourceOut) -> Quote:
    before, found, after = source.quote.partition(source.highlight) if source.highlight else (source.quote, "", "")
    return Quote(source, before, found, after)
