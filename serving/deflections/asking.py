"""Answer a question from the knowledge base, ask back, or hand off to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from prometheus_client import Counter

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.ranking import Suggestion
from retrieval.answering.wording import retyped
from retrieval.articles.translations import tongue
from serving.deflections import replies
from serving.deflections import store as sessions
from serving.deflections.access import client_secret, hashed
from serving.deflections.announcing import announce_decision
from serving.deflections.closed import closed_by
from serving.deflections.confirming import confirm_last
from serving.deflections.customer_language import CustomerLanguages, languages_before
from serving.deflections.customers import Customer, proven
from serving.deflections.holding_out import Holdout
from serving.deflections.opening.beside import BesideTheAnswer, shown
from serving.deflections.opening.session import attributes_of, session_of
from serving.deflections.phrases import DEFAULT
from serving.deflections.repeating import SESSION, chosen, was_asked
from serving.deflections.replies import Reply
from serving.deflections.schemas import DeflectionOut, QuestionIn, TypedIn
from serving.deflections.small_talk import (
    asks_for_person,
    complains,
    greeting_language,
    is_dissatisfied,
    is_greeting,
    says_nothing,
    scolds,
)
from serving.deflections.store import Deflection, DeflectionStore, Remembered
from serving.errors import FieldError, InvalidRequest
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.emergencies import is_emergency
from serving.inference.languages import Languages
from serving.inference.loaded_model import LoadedModel
from serving.inference.rephraser import Writer
from serving.keys.api_keys import Caller
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import next_human_at
from serving.storage.database import Write
from serving.storage.errors import StorageAway
from serving.storage.ids import new_id
from serving.telemetry import Telemetry
from triage.model.urgency import UrgencyPhrases
from triage.text.cleaning import clean
from triage.tickets.events import Message

NEEDS_NO_SESSION = {"answer", "clarify"}  # a hand-off is a promise, which is only made in writing
# Decimals of confidence and scores. A publishable key is in the hands of everybody: with one decimal its model cannot
# be copied by asking.
COARSE, FINE = 1, 2
LOOKED_AT = 10  # articles, of which a customer may not be able to read some
T_co = TypeVar("T_co", covariant=True)


class Takes(Protocol[T_co]):
    """Gives what answers now: `LiveModels` and `LiveArticles`, or what is tried."""

    def take(self) -> T_co:
        """Return it; it is kept for the whole question. Raises `NotReady` while it is being loaded."""
        ...


@dataclass(frozen=True, slots=True)
class Answering:
    """The articles and the model that are live when a question is asked."""

    models: Takes[LoadedModel]
    articles: Takes[ArticleSnapshot]
    languages: Languages
    urgency: UrgencyPhrases
    writer: Writer | None = None
    #: Whether an article in another language than the question may answer it; else it is offered by its title.
    across_languages: bool = False

    def reply(self, question: str, asked: QuestionIn, earlier: Sequence[Deflection]) -> Reply:
        """Decide what the question gets; `earlier` are the sessions of the same visitor shortly before."""
        before = languages_before(earlier, self.languages)

        def language() -> str:  # a question that is searched for is looked at again, rightly spelt
            return CustomerLanguages.of(question, asked.locale, self.languages, before).told

        if asked.human_requested or asks_for_person(question):
            return replies.for_person(language())
        if (closes := closed_by(question, asked, self.urgency)) is not None:
            return replies.to_closing(language(), closes)
        if is_greeting(question):
            return replies.to_greeting(greeting_language(question, tongue(asked.locale or "") or DEFAULT))
        if earlier and is_dissatisfied(question):
            return replies.without_another_try("dissatisfied", language())
        if scolds(question):  # nothing was answered yet, and there is nothing to search for
            return replies.without_another_try("complaint", language())
        if says_nothing(question):
            if any(says_nothing(session.question) for session in earlier[:1]):
                return replies.without_another_try("repeated", language())
            return replies.to_no_words(language())
        choice = chosen(question, earlier)
        if choice is None and was_asked(question, earlier):
            return replies.without_another_try("repeated", language())
        return self._found(question, asked, before, choice)

    def near(self, typed: TypedIn) -> list[Suggestion]:
        """Return public articles near to what a customer has typed so far, in languages that they read.

        Raises `NotReady` while model or articles are being loaded.
        """
        model, snapshot = self.models.take(), self.articles.take()
        translations = snapshot.index.translations
        text = retyped(typed.question, snapshot.index, snapshot.encoder)
        customer = CustomerLanguages.of(text, typed.locale, self.languages, [*translations.languages])
        reader = Reader(customer.understands(), customer.sees(typed.brand, translations), None, customer.written)
        return _finder(model, snapshot).suggest(text, limit=LOOKED_AT, reader=reader)

    def _found(self, question: str, asked: QuestionIn, before: Sequence[str], choice: str | None) -> Reply:
        model, snapshot = self.models.take(), self.articles.take()
        translations = snapshot.index.translations
        question = retyped(question, snapshot.index, snapshot.encoder)
        customer = CustomerLanguages.of(question, asked.locale, self.languages, [*before, *translations.languages])
        sees = customer.sees(asked.brand, translations)
        reader = Reader(customer.understands(), sees, choice, customer.written, self.across_languages)
        found = _finder(model, snapshot).find(question, reader=reader)
        made_with = replies.Versions(model.version, snapshot.index.version)
        spoken = customer.spoken(found.offer) if found.offer else None
        reply = replies.of_finding(question, found, made_with, customer.told, spoken)
        # Whoever chose an article was asked which one they mean, and emergencies are never asked back.
        critical = model.bundle.critical if model.bundle and _one_encoder(model, snapshot) else None
        encode = snapshot.encoder.encode
        if choice is None and is_emergency(found.question, found.vector, self.urgency, critical, encode):
            return replies.to_emergency(reply, customer.told)
        if choice is None and complains(question):
            return replies.to_complaint(reply, customer.told)
        # A choice goes on with the question before it.
        return replace(reply, may_be_held_out=choice is None, language=customer.told)

    def worded(self, question: str, reply: Reply) -> Reply:
        """Return a reply with its answer in a writer's words, where there is a writer and nothing speaks against it."""
        if self.writer is None or reply.answer is None:
            return reply
        text = self.writer.rephrase(question, reply.answer.text)
        return reply if text is None else replies.reworded(reply, text)


def _one_encoder(model: LoadedModel, snapshot: ArticleSnapshot) -> bool:
    """Whether model and articles share an encoder; while articles are indexed anew after a swap, they do not."""
    return snapshot.encoder.fingerprint == model.encoder.fingerprint


def _finder(model: LoadedModel, snapshot: ArticleSnapshot) -> Finder:
    precedents = model.precedents if _one_encoder(model, snapshot) else None
    second = model.second_reader(snapshot.second)
    return Finder(snapshot.index, snapshot.encoder, model.answerability, precedents, model.ranker, second)


class Asking:
    """The use case: a question is answered and its session opened."""

    def __init__(
        self,
        answering: Answering,
        policies: Policies,
        store: DeflectionStore,
        telemetry: Telemetry,
        holdout: Holdout,
        beside: BesideTheAnswer,
    ) -> None:
        self._beside = beside
        self._answering, self._policies, self._store, self._telemetry = answering, policies, store, telemetry
        self._holdout, self._installation, registry = holdout, holdout.installation, telemetry.registry
        self._decisions = Counter("firstline_deflections", "Questions asked", ["decision"], registry=registry)
        self._unrecorded = Counter(
            "firstline_answers_unrecorded", "Questions answered while nothing could be kept", registry=registry
        )

    def ask(
        self, asked: QuestionIn, *, at: datetime, caller: Caller, write: Write[DeflectionOut], unrecorded: bool
    ) -> DeflectionOut:
        """Answer a question and open its session.

        Parameters
        ----------
        asked
            The question and who asks it.
        at
            Now.
        caller
            The key that asks; a publishable one proves plan and account by a signed identity.
        write
            Runs the transaction that keeps the session; it never sees the session's secret.
        unrecorded
            Whether an answer may come from memory while nothing can be kept.

        Returns
        -------
        DeflectionOut
            The decision with what the customer is to see, and the secret that opens the session. From memory comes an
            answer or a question back: without an id, as no session was opened, and in no report.

        Raises
        ------
        InvalidRequest
            The question is empty, or the identity is not signed.
        UnknownPlan
            The policy does not know the plan.
        NotReady
            While model or articles are being loaded.
        StorageAway
            Nothing can be kept, and either a person is needed or the answer may not come from memory.
        """
        question = clean(asked.question)
        if not asked.question.strip():
            raise InvalidRequest([FieldError("question", "Ask something: there are no words in it.")])
        customer = proven(asked, caller, self._installation, at)
        asked = msgspec.structs.replace(asked, plan=customer.plan, account=customer.account)
        human_at = next_human_at(self._policies, attributes_of(asked), at)
        earlier = self._earlier(_remembered(asked, customer, caller), at)
        session_id = new_id("dfl", at)
        reply, incident = self._beside.with_incident(question, self._answering.reply(question, asked, earlier), at)
        arm = self._holdout.arm(asked, customer, caller, session_id) if reply.may_be_held_out else None
        reply = replies.to_holdout(reply) if arm == "holdout" else self._answering.worded(question, reply)
        digits = COARSE if caller.is_publishable else FINE
        answer = reply.shown(session_id, next_human_at=human_at, digits=digits)
        answer.notes = list(customer.notes)
        answer.incident = shown(incident)
        fields = self._beside.add(answer, asked, reply, at, known=(customer.email, asked.account))
        secret = client_secret(self._installation, session_id)
        said = answer.with_incident(reply.said)
        turns = Message(at, "customer", asked.question.strip()), Message(at, "firstline", said)
        session = replace(
            session_of(session_id, answer, asked, reply, at),
            key_id=caller.key_id,
            origin=caller.origin,
            secret_hash=hashed(secret),
            identity_id=customer.identity_id,
            email=customer.email,
        )

        def operation(connection: sa.Connection) -> DeflectionOut:
            if reply.confirms:
                confirm_last(connection, earlier, turns[0], key_id=caller.key_id)
            sessions.insert(connection, session, turns)
            if incident is not None:
                sessions.note_told(connection, session, incident.id)
            if arm is not None:
                sessions.note_arm(connection, session, arm, self._holdout.share)
            announce_decision(connection, session)
            return answer

        try:
            write(operation)
        except StorageAway:
            if reply.decision not in NEEDS_NO_SESSION or not unrecorded:
                raise
            self._unrecorded.inc()
            return msgspec.structs.replace(answer, id=None, fields=fields)
        self._decisions.labels(answer.decision).inc()
        self._telemetry.event("deflection.opened", deflection_id=session_id, decision=answer.decision)
        return msgspec.structs.replace(answer, client_secret=secret, fields=fields)

    def _earlier(self, whose: Remembered, at: datetime) -> Sequence[Deflection]:
        """Return the visitor's sessions shortly before, as far as anybody remembers."""
        try:
            return self._store.recent(whose, at - SESSION)
        except StorageAway:
            return []


def _remembered(asked: QuestionIn, customer: Customer, caller: Caller) -> Remembered:
    key_id = caller.key_id if caller.is_publishable else None
    return Remembered(asked.visitor, customer.identity_id, key_id, caller.origin)
