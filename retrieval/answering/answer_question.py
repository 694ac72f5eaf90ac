"""The one call that answers a question: encode, search, rank, judge, compose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from retrieval.answering.answerability import MOST_CHOICES, UNCERTAIN, Answerability, Verdict
from retrieval.answering.exact_codes import having_code
from retrieval.answering.precedents import History, Precedents
from retrieval.answering.quotes import Answer, Clarification, article_offered, clarification, compose, section_label
from retrieval.answering.ranker import LinearRanker, Ranker
from retrieval.answering.ranking import RankingQuery, Suggestion, suggest
from retrieval.answering.second_view import SecondReader, asks_for_second
from retrieval.answering.sections import RankedSection
from retrieval.answering.wording import worded
from retrieval.answering.writing_scripts import script, written_in
from retrieval.articles.article import Article, Passage
from retrieval.articles.translations import tongue
from retrieval.index.article_index import ArticleIndex
from retrieval.index.codes import codes
from retrieval.index.spelling import written
from retrieval.index.text_encoder import TextEncoder
from retrieval.index.tokens import words
from triage.text.cleaning import model_text
from triage.text.short_text_cache import cached_if_short

OTHER_LANGUAGE: Final = "No article on this is in the language of the question."
#: Where few articles are in the question's language, the first must be as near as this (cosine): texts in one language
#: are near each other whatever they say. Of twenty German and French questions it told all that an article answers.
NEAR_IN_A_RARE_LANGUAGE: Final = 0.5
#: Words of a question that is too short to be sure of; scores from which on an article is near to them, and by which
#: the one that has the word in its title leads the next where it is clearly meant.
FEW_WORDS: Final = 2
NEAR: Final = 0.4
CLEAR: Final = 0.1
SHORT: Final = "A word or two can mean several things."
#: What a complaint about the answer before is made of ("still not working"): it names nothing to choose from.
COMPLAINT: Final = frozenset(
    """
    no not nope still again wrong useless cant dont doesnt didnt wont can't don't doesn't didn't won't isn't
    nicht kein keine immer noch falsch ne pas toujours encore sigue todavia non ancora niet nog steeds nao ainda
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)
#: How near (cosine) an article in another language must be to be offered. Of seven questions in five languages that the
#: sample does not answer, none had one nearer than .27. The probability says little: the two share no words. Without a
#: second encoder it must lead the next by `CLEAR` as well: to an encoder of English all that is Dutch is alike.
NEAR_ENOUGH_TO_OFFER: Final = 0.35
#: How many times as many suggestions are looked through for those in the customer's language.
WIDER: Final = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """The customer, and which articles may be shown to them."""

    #: Whether they read the article's language: others are suggested behind those, and never answered from.
    understands: Callable[[Suggestion], bool] = lambda _: True
    #: Whether they may see the article at all.
    shows: Callable[[Article], bool] = lambda _: True
    #: The article that they chose when they were asked which one they meant.
    chose: str | None = None
    #: The language that the question is clearly written in.
    writes: str | None = None
    #: Whether an article in another language than theirs may answer where none in their own does.
    takes_others: bool = False

    def readable(self, text: str, found: Sequence[Suggestion]) -> list[Suggestion]:
        """Return what may be answered from of articles that they may see: in a language and script that they read."""
        ours = script(text)
        return [each for each in found if self.understands(each) and written_in(each.passage.text, ours)]


ANYBODY: Final = Reader()


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a question."""

    question: str
    suggestions: tuple[Suggestion, ...]
    verdict: Verdict
    #: Set when the verdict is to answer.
    answer: Answer | None = None
    #: Set when the verdict is to ask back.
    clarification: Clarification | None = None
    #: Set when it is handed off although an article in a language that the customer does not read seems to answer.
    offer: Suggestion | None = None
    #: The question's vector (dim,), for whoever wants to know more of it; None where it has no words.
    vector: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def offers_article(self) -> bool:
        """Whether one article is offered to be read: it is sure, and which of its sections answers is not."""
        return self.clarification is not None and self.clarification.article is not None


@dataclass(frozen=True)
class Finder:
    """Everything that answers questions; immutable, so threads share it."""

    index: ArticleIndex
    encoder: TextEncoder
    answerability: Answerability = field(default_factory=Answerability)
    precedents: Precedents | None = None
    ranker: Ranker = field(default_factory=LinearRanker)
    #: For questions in languages that the first encoder does not read; None where there is no second encoder.
    second: SecondReader | None = None

    def find(self, question: str, *, limit: int = 5, reader: Reader = ANYBODY) -> Finding:
        """Answer a question, ask back, or say that a person is needed.

        Parameters
        ----------
        question
            As typed; it is cleaned as every text is, and personal data is taken out before it is encoded.
        limit
            Most suggestions.
        reader
            Who asks. What is written in another script than the question is never answered from either.

        Returns
        -------
        Finding
        """
        cleaned = model_text(None, question)
        text = worded(question, self.index, self.encoder, reader.writes, cleaned)
        vector = self._vector(text)
        ranked = [] if vector is None else self._ranked(text, vector, max(limit, 2) * WIDER, reader.writes)
        found = [each for each in ranked if reader.shows(each.article)]
        readable = reader.readable(text, found)
        named = [self._picked(text, each) for each in _named(text, readable, reader.chose)]
        first = {each.article.id for each in named}
        readable = [*named, *(each for each in readable if each.article.id not in first)]
        ids = {each.article.id for each in readable}
        suggestions = (*readable, *(each for each in found if each.article.id not in ids))
        if suggestions and not readable:
            verdict = Verdict("hand_off", 0.0, OTHER_LANGUAGE)
        else:
            decider = self.answerability.of(reader.writes)
            verdict = decider.decide(text, readable, among=found, named=len(named) == 1)
            if not named and self._is_near_by_language_only(readable[:1], reader):
                verdict = Verdict("hand_off", verdict.probability, UNCERTAIN)
        choices = self._choices(text, verdict, readable)
        if choices:
            verdict = Verdict("clarify", verdict.probability, SHORT)
        offer = self._offered([each for each in found if each.article.id not in ids], verdict, reader.writes)
        if (
            offer is not None
            and reader.takes_others
            and (sure := self._answers(text, offer, found, reader)) is not None
        ):
            suggestions = (offer, *(each for each in suggestions if each is not offer))
            verdict, offer = sure, None
        return Finding(
            question=cleaned,
            suggestions=suggestions[:limit],
            verdict=verdict,
            answer=compose(text, suggestions[0], self.index.section) if verdict.decision == "answer" else None,
            clarification=clarification(choices) if choices else self._asked_back(verdict, readable),
            offer=offer,
            vector=vector,
        )

    def _offered(self, unread: Sequence[Suggestion], verdict: Verdict, language: str | None) -> Suggestion | None:
        """Return the best article in another language, where nothing better was found and it is about the question."""
        first, behind = next(iter(unread), None), next((each.score for each in unread[1:]), 0.0)
        if verdict.decision != "hand_off" or first is None or first.article.requires_human:
            return None
        leads = self._reads_both(language) or first.score - behind >= CLEAR
        return first if leads and max(first.known, first.title_cosine) >= NEAR_ENOUGH_TO_OFFER else None

    def _reads_both(self, language: str | None) -> bool:
        """Tell whether an encoder of many languages compares a question with the articles."""
        return self.second is not None and self.index.second is not None and asks_for_second(language)

    def _answers(self, text: str, offer: Suggestion, found: Sequence[Suggestion], reader: Reader) -> Verdict | None:
        """Return the verdict to answer from an article in another language; None where that is not sure enough.

        Nothing is promised of such an answer: certificates are earned on articles in the customer's language.
        """
        probability = self.answerability.probability(text, [offer, *(each for each in found if each is not offer)])
        if probability < self.answerability.of(reader.writes).answer_at:
            return None
        return Verdict("answer", probability, f"{offer.article.title!r}, in another language, answers it.")

    def _is_near_by_language_only(self, first: Sequence[Suggestion], reader: Reader) -> bool:
        """Tell whether an article leads because hardly another one is in the language of the question."""
        return any(
            tongue(each.article.locale or "") == reader.writes
            and self.index.translations.is_rare(reader.writes)
            and each.known < NEAR_IN_A_RARE_LANGUAGE
            for each in first
        )

    def _choices(self, text: str, verdict: Verdict, readable: Sequence[Suggestion]) -> list[Suggestion]:
        """Return what is offered for a word or two, or a code: the nearest articles, where none is clearly meant."""
        if not readable or verdict.decision == "clarify":
            return []
        near = [each for each in readable[:MOST_CHOICES] if each.score >= NEAR and not each.article.requires_human]
        near = [each for each in near if not each.foreign]
        unsure = verdict.decision == "hand_off" and verdict.reason == UNCERTAIN
        having = {number for code in codes(text) for number in having_code(self.index, code)} if unsure else set()
        if having & {self.index.number(each.article.id) for each in near}:
            return near
        asked = set(words(text))
        if len(asked) > FEW_WORDS or COMPLAINT & set(written(text)):
            return []
        first, *behind = readable
        in_title = asked <= set(words(first.article.title))
        if verdict.decision == "hand_off":  # by an article that needs a person only where the word is in its title
            return near if unsure or (len(asked) == 1 and not in_title) else []
        is_named = in_title and (not behind or first.score - behind[0].score >= CLEAR)
        return [] if is_named or len(asked) > 1 or len(near) < MOST_CHOICES - 1 else near

    def _asked_back(self, verdict: Verdict, readable: Sequence[Suggestion]) -> Clarification | None:
        if verdict.decision != "clarify":
            return None
        if verdict.choose == "sections":
            return article_offered(readable[0], self._opening(readable[0].article))
        return clarification(self.answerability.choices(readable))

    def _opening(self, article: Article) -> Passage | None:
        """Return what stands before an article's first heading."""
        number = self.index.number(article.id)
        first = None if number is None else self.index.passages[self.index.passages_of(number).start]
        return first if first is not None and not first.heading else None

    def suggest(self, text: str, *, limit: int = 5, reader: Reader = ANYBODY) -> list[Suggestion]:
        """Rank the articles for a text; one without words (an emoji, dots) is like nothing at all."""
        text = worded(text, self.index, self.encoder, reader.writes)
        vector = self._vector(text)
        ranked = [] if vector is None else self._ranked(text, vector, limit, reader.writes)
        return reader.readable(text, [each for each in ranked if reader.shows(each.article)])

    def _vector(self, text: str) -> np.ndarray | None:
        return self.encoder.encode([text])[0] if words(text) else None

    def _ranked(self, text: str, vector: np.ndarray, limit: int, language: str | None) -> list[Suggestion]:
        history = self.precedents.recall(vector, text) if self.precedents is not None else History()
        second = self.second.query(text, language) if self.second and self.index.second else None
        query = RankingQuery(text, vector, history=history, second=second)
        sections = self.answerability.passages.sections
        return suggest(self.index, query, limit=limit, ranker=self.ranker, sections=sections)

    def _picked(self, text: str, named: Suggestion) -> Suggestion:
        """Put the section first that was chosen when the customer was asked which one they meant."""
        number = self.index.number(named.article.id)
        rows = self.index.passages_of(number) if number is not None else range(0)
        for passage in self.index.passages[rows.start : rows.stop]:
            label = section_label(named.article.title, passage)
            if passage.heading and _plain(label) == _plain(text):
                return replace(named, passage=passage, sections=(RankedSection(passage, 1.0, 1.0, 1.0),))
        return named


def _named(text: str, found: Sequence[Suggestion], chosen: str | None) -> list[Suggestion]:
    """Return what the question names: the article that was chosen, else that whose title it is, word for word.

    A question back offers titles, and whoever chooses one asks it. Nothing where several have that title: it is not
    known which of them is meant.
    """
    by_choice = [each for each in found if each.article.id == chosen]
    asked = tuple(words(text))
    alike = [each for each in found if _title_words(each.article.title) == asked]  # cheap, and cleaning is not
    by_title = [each for each in alike if _plain(each.article.title) == _plain(text)]
    return by_choice or (by_title if len(by_title) == 1 else [])


@cached_if_short(1 << 12, 200)
def _title_words(title: str) -> tuple[str, ...]:
    return tuple(words(title))


def _plain(text: str) -> str:
    return model_text(None, text).casefold().rstrip(" .?!")
