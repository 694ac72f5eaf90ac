"""Tag tickets of another helpdesk: tags, team, deadlines and similar tickets; store the result."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import sqlalchemy as sa

from retrieval.answering.similar_texts import Query
from serving.errors import FieldError, InvalidRequest
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.errors import ArticlesNotReady
from serving.inference.live_articles import LiveArticles
from serving.inference.loaded_model import DEFAULTS
from serving.inference.suggestions import helpful
from serving.inference.tagger import Tagged, Tagger, TicketText
from serving.inference.tags import Tag, from_assessment, with_paths, without_model
from serving.inference.watching.store import ask
from serving.policy.nobody import labelled_reason, nobody_reason
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import Placement, place
from serving.policy.ticket_fields import FieldOut, fields_out, stored_only
from serving.storage.database import Write
from serving.storage.errors import StorageAway
from serving.storage.ids import new_id
from serving.storage.instants import in_utc
from serving.tagging import store
from serving.tagging.certificates import CertificateOut, named_by
from serving.tagging.older_words import in_words_of
from serving.tagging.schemas import EXTRAS, Extra, FiledTicketIn, HelpfulOut, ModelOut, SimilarOut, TagsOut
from serving.tagging.store import Tagging
from triage.fields.finding import WrittenText, found
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.attributes import Attributes, CustomerAttributes

_THANKS = 4_000  # characters; whoever writes more does not only thank


@dataclass(frozen=True, slots=True)
class TicketTagging:
    """The use case: tag tickets of another helpdesk."""

    tagger: Tagger
    articles: LiveArticles
    policies: Policies
    shadowed: Callable[[str, Tagged], None] = lambda _id, _tagged: None
    """Called with each tagging that was stored."""

    def tag(
        self,
        tickets: Sequence[FiledTicketIn],
        *,
        at: datetime,
        write: Write[list[TagsOut]],
        unrecorded: bool,
        speaks: str | None = None,
        include: Collection[Extra] = EXTRAS,
    ) -> list[TagsOut]:
        """Tag tickets with one model but for a canary's share, remember all or none, and return their tags in order.

        What is not to be included is not looked for, and its list is empty. While nothing can be kept, and they may go
        `unrecorded`, the tags come without an id: a helpdesk routes by them all the same, and nobody can correct them
        here.

        Raises `InvalidRequest` when a ticket has no text; `UnknownPlan` when a ticket names a plan that the policy
        does not know; `ModelNotReady` while no model is live; `UnknownTaxonomy` when the client speaks one that the
        model has no memory of; `StorageAway` when nothing can be kept, and it had to be.
        """
        tagged = self.tagger.tag_all(
            [
                TicketText(
                    each.subject,
                    each.description,
                    each.language,
                    each.plan,
                    each.channel,
                    known=(each.account,),
                    headers=each.headers,
                    external_id=each.external_id,
                )
                for each in tickets
            ],
            speaks=speaks,
        )
        _refuse_empty(tagged)
        snapshot = self._snapshot() if "articles" in include else None
        answers, remembered, fields = [], [], []
        for ticket, one in zip(tickets, tagged, strict=True):
            tagging, placement = self._place(ticket, one, at)
            remembered.append(tagging)
            answer = _answer(tagging, placement, named_by(one))
            answer.tags = with_paths(in_words_of(speaks, one.by.lineage, tagging.tags), one.by.trees)
            fields.append(self._fields(ticket, one, tagging.filed_at))
            answer.fields = stored_only(self.policies.fields, fields[-1])  # a receipt may keep the answer
            answer.needs_nobody = self._needs_nobody(ticket, one)
            if include:
                query = one.by.cases.query(one.read().vectors[0], one.text)
                answer.similar_tickets = _similar(one, query) if "similar_tickets" in include else []
                answer.articles = _helpful(snapshot, one, query) if snapshot is not None else []
            answers.append(answer)

        def operation(connection: sa.Connection) -> list[TagsOut]:
            store.insert(connection, remembered)
            for tagging, one in zip(remembered, tagged, strict=True):
                ask(connection, one.assessments, {"tagging_id": tagging.id}, at)
            return answers

        try:
            done = write(operation)
        except StorageAway:
            if not unrecorded:
                raise
            done = [msgspec.structs.replace(each, id=None) for each in answers]
            return _with_fields(done, fields)
        for tagging, one in zip(remembered, tagged, strict=True):
            self.shadowed(tagging.id, one)
        return _with_fields(done, fields)

    def _needs_nobody(self, ticket: FiledTicketIn, one: Tagged) -> NobodyReason | None:
        head, urgency = self.policies.nobody, self.policies.urgency
        by_label = labelled_reason(head, one.assessments, ticket.subject, ticket.description, urgency)
        if not one.ticket.reading.automatic and len(ticket.description) > _THANKS:
            return by_label
        return nobody_reason(ticket.subject, ticket.description, ticket.headers, urgency) or by_label

    def _fields(self, ticket: FiledTicketIn, one: Tagged, filed_at: datetime) -> list[FieldOut]:
        written = WrittenText(ticket.subject, ticket.description, (ticket.account,), one.text)
        return fields_out(found(self.policies.fields, written, filed_at.date()))

    def _place(self, ticket: FiledTicketIn, one: Tagged, at: datetime) -> tuple[Tagging, Placement]:
        heads = self.policies.taxonomy.names if one.model == DEFAULTS else ()
        given = {head: from_assessment(each, by=_given_by(one)) for head, each in one.assessments.items()}
        tags = {head: without_model() for head in heads} | given
        filed_at = in_utc(ticket.created_at or at)
        customer = replace(CustomerAttributes.of(ticket), language=one.language)
        placement = place(self.policies, attributes_of(customer, ticket.channel, tags), created_at=filed_at)
        reading = one.ticket.reading
        tagging = Tagging(
            **vars(customer),
            id=new_id("tag", at),
            created_at=at,
            external_id=ticket.external_id,
            subject=reading.redacted(ticket.subject),
            description=reading.redacted(ticket.description),
            channel=ticket.channel,
            filed_at=filed_at,
            tags=tags,
            team=placement.team,
            tier=placement.tier,
            model=one.model,
            taxonomy=one.taxonomy,
        )
        return tagging, placement

    def _snapshot(self) -> ArticleSnapshot | None:
        try:
            return self.articles.take()
        except ArticlesNotReady:
            return None  # tags do not wait for articles


def _with_fields(answers: Sequence[TagsOut], fields: Sequence[list[FieldOut]]) -> list[TagsOut]:
    """Return the answers with all fields, also those that are never stored."""
    return [msgspec.structs.replace(answer, fields=each) for answer, each in zip(answers, fields, strict=True)]


def _given_by(one: Tagged) -> str:
    return "firstline" if one.model == DEFAULTS else f"model:{one.model}"


def attributes_of(customer: CustomerAttributes, channel: str | None, tags: Mapping[str, Tag]) -> Attributes:
    """Return what routing and deadlines depend on; a head that abstains says nothing."""
    known = Attributes(**vars(CustomerAttributes.of(customer)), channel=channel)
    return known.labelled({head: tag.said for head, tag in tags.items()})


def _refuse_empty(tagged: Sequence[Tagged]) -> None:
    empty = [number for number, one in enumerate(tagged) if not one.text]
    if not empty:
        return
    fields = [f"tickets[{number}].description" for number in empty] if len(tagged) > 1 else ["description"]
    message = "Give a subject or a description with words in it."
    raise InvalidRequest([FieldError(field, message) for field in fields])


def _similar(one: Tagged, query: Query) -> list[SimilarOut]:
    return [
        SimilarOut(id=case.id, subject=case.subject, score=round(case.score, 2), resolution=case.resolution)
        for case in one.by.cases.like(query)
    ]


def _helpful(snapshot: ArticleSnapshot, one: Tagged, query: Query) -> list[HelpfulOut]:
    return [
        HelpfulOut(id=each.article.id, title=each.article.title, url=each.article.url, score=round(each.score, 2))
        for each in helpful(snapshot, one.by, one.text, query, one.language)
    ]


def _answer(
    tagging: Tagging,
    placement: Placement,
    certificates: dict[str, CertificateOut],
) -> TagsOut:
    return TagsOut(
        id=tagging.id,
        tags=dict(tagging.tags),
        certificates=certificates,
        language=tagging.language,
        team=placement.team,
        tier=placement.tier,
        routing_reason=placement.reason,
        sla=placement.sla,
        similar_tickets=[],
        articles=[],
        model=ModelOut(version=tagging.model, taxonomy=tagging.taxonomy),
    )
