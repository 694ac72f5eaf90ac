"""Ask golden questions as customers would, by the decision of `POST /v1/deflections`; nothing is kept or counted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from retrieval.answering.answerability import Thresholds
from retrieval.articles.article import Article
from retrieval.articles.golden_questions import GoldenQuestion
from retrieval.evals.judging import Judgement, Outcome, judge
from retrieval.index.article_index import build
from serving.deflections.asking import Answering
from serving.deflections.customer_language import CustomerLanguages
from serving.deflections.replies import Reply
from serving.deflections.schemas import QuestionIn
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.languages import Languages
from serving.inference.loaded_model import LoadedModel
from triage.model.urgency import UrgencyPhrases
from triage.reason_codes import HandOffCode
from triage.text.cleaning import clean

T = TypeVar("T")
MOST_PASSAGES: Final = 20_000  # of an index that is built anew to try a change


@dataclass(frozen=True, slots=True)
class Fixed(Generic[T]):
    """Gives the same model or articles each time."""

    value: T

    def take(self) -> T:
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of every question, and of what it was asked."""

    judged: Sequence[Judgement]
    articles_version: str
    model: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks questions of any model and any articles."""

    languages: Languages
    urgency: UrgencyPhrases

    def judged(
        self, questions: Sequence[GoldenQuestion], model: LoadedModel, snapshot: ArticleSnapshot
    ) -> list[Judgement]:
        """Ask every question once, of a customer who has not asked before; no writer writes the answer.

        Parameters
        ----------
        questions
            In any order.
        model
            What answers.
        snapshot
            Its articles, with the model's encoders.

        Returns
        -------
        list of Judgement
            In the order of the questions.
        """
        answering = Answering(Fixed(model), Fixed(snapshot), self.languages, self.urgency)
        articles = snapshot.index.articles.keys() - snapshot.index.withdrawn
        return [judge(each, _outcome(answering, each, model), articles) for each in questions]


def with_changes(
    snapshot: ArticleSnapshot, changed: Sequence[Article], removed: Collection[str]
) -> ArticleSnapshot | None:
    """Return the articles as they would be with some changed, new or gone; None where there are too many to try it.

    Only passages that are new are encoded.
    """
    if len(snapshot.index.passages) > MOST_PASSAGES:
        return None
    articles = {**snapshot.index.articles, **{each.id: each for each in changed}}
    kept = [each for each in articles.values() if each.id not in {*snapshot.index.withdrawn, *removed}]
    index = build(kept, snapshot.encoder, second=snapshot.second, previous=snapshot.index)
    return replace(snapshot, index=index)


def with_encoder_of(model: LoadedModel, snapshot: ArticleSnapshot) -> ArticleSnapshot:
    """Return the articles as a model searches them: encoded anew where it has another encoder, or another second."""
    encoder, second = model.encoder, model.second_encoder
    if snapshot.is_by(encoder, second):
        return snapshot
    index = build(snapshot.index.articles.values(), encoder, second=second, previous=snapshot.index)
    return replace(snapshot, encoder=encoder, second=second, index=index)


def _outcome(answering: Answering, golden: GoldenQuestion, model: LoadedModel) -> Outcome:
    asked = QuestionIn(question=golden.ask, locale=golden.locale, brand=golden.brand)
    question = clean(golden.ask)
    if not question:
        return Outcome(decision="hand_off", reason="There are no words in it.")
    known = [*answering.articles.take().index.translations.languages]
    written = CustomerLanguages.of(question, golden.locale, answering.languages, known).written
    at = model.answerability.of(written)
    return _seen(answering.reply(question, asked, []), Thresholds(at.answer_at, at.clarify_at))


def _seen(reply: Reply, thresholds: Thresholds) -> Outcome:
    shown = reply.answer or reply.while_you_wait
    sources, sections = (shown.sources, shown.sections) if shown else ([], [])
    choices = reply.clarification.choices if reply.clarification else []
    decision = "hand_off" if reply.decision == "holdout" else reply.decision
    return Outcome(
        decision=decision,
        is_emergency=reply.reason_code == HandOffCode.EMERGENCY,
        cited=tuple(each.article_id for each in sources),
        quoted="\n".join(
            [shown.text if shown else "", *(each.quote for each in sources), *(each.text for each in sections)]
        ),
        choices=tuple(each.article_id for each in choices if each.article_id),
        ranked=tuple((each.article.id, each.score) for each, _ in reply.suggestions),
        probability=reply.confidence,
        thresholds=thresholds,
        reason=reply.reason,
    )
