"""Request and response bodies of the deflection routes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from serving.http.fields import (
    Account,
    BrandIn,
    Channel,
    FieldText,
    Locale,
    MailHeaders,
    Plan,
    SegmentIn,
    ShortText,
    TypedEmail,
    channel_name,
)
from serving.policy.ticket_fields import FieldOut, MissingOut
from triage.reason_codes import HandOffCode
from triage.text.nobody.reasons import NobodyReason

Decision = Literal["answer", "clarify", "hand_off", "holdout"]
Outcome = Literal["confirmed", "not_helpful", "abandoned"]
TicketStatus = Literal["new", "open", "pending", "resolved", "closed"]
By = Literal["customer", "firstline", "agent"]
Ended = Literal["confirmed", "abandoned", "escalated", "human_requested"]


class IdentityIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Who a visitor is, signed by the site's backend; docs/security.md says how."""

    id: Annotated[str, Meta(min_length=1, max_length=200, examples=["user-17"])]
    email: TypedEmail | None = None
    account: Account | None = None
    plan: Plan | None = None
    expires_at: Annotated[str, Meta(max_length=40, examples=["2024-03-01T09:30:00Z"])] | None = None
    hmac: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{64}$")]


class QuestionIn(SegmentIn, forbid_unknown_fields=True, kw_only=True):
    """A question as a customer asks it."""

    question: Annotated[str, Meta(max_length=10_000, examples=["How do I reset my password?"])]
    channel: Channel = "chat"
    visitor: ShortText | None = None
    account: Account | None = None
    plan: Plan | None = None
    brand: Account | None = None  # unlike that of a ticket it may be empty
    region: Account | None = None
    locale: Locale | None = None
    human_requested: bool = False
    headers: MailHeaders = field(default_factory=dict)
    identity: IdentityIn | None = None

    def __post_init__(self) -> None:
        self.channel = channel_name(self.channel)


class SourceOut(Struct, kw_only=True):
    """A source of the answer, quoted word for word."""

    article_id: str
    title: str
    url: str | None
    heading: str
    quote: str
    highlight: str  # the part of the quote that answers best


class SectionOut(Struct, kw_only=True):
    """A section of an article that is shown, under its heading."""

    heading: str
    url: str | None
    text: str  # verbatim
    steps: list[str]  # of its ordered list, in order; empty where it has none


class AnswerOut(Struct, kw_only=True):
    """The answer that a customer reads; the sources are always quoted word for word."""

    text: str
    sources: list[SourceOut]
    written_by: Literal["article", "writer"] = "article"
    sections: list[SectionOut] = field(default_factory=list)


class SuggestedOut(Struct, kw_only=True):
    """An article that may help."""

    id: str
    title: str
    url: str | None
    score: float
    excerpt: str


class OfferOut(Struct, kw_only=True):
    """An article in another language than the customer's that seems to answer."""

    article_id: str
    title: str
    url: str | None
    language: str | None  # of the article, where it is known
    text: str  # says so in the customer's language
    excerpt: str = ""  # what of it fits best, in its own language: all there is to read where it has no address


class ChoiceOut(Struct, kw_only=True):
    """One possible meaning; asking `question` returns its answer."""

    question: str
    article_id: str | None
    url: str | None = None  # where it can be read, at the section's heading where the address allows it


class OfferedArticleOut(Struct, kw_only=True):
    """An article that is about the question; which part of it answers is not sure, and none is claimed to."""

    article_id: str
    title: str
    url: str | None
    summary: str | None  # verbatim: its summary, else how it begins


class ClarificationOut(Struct, kw_only=True):
    """A question back to the customer, with choices."""

    question: str
    choices: list[ChoiceOut]
    article: OfferedArticleOut | None = None  # the one that is meant, where the choices are its sections


class IncidentOut(Struct, kw_only=True):
    """An incident that goes on and that the question is about, in the desk's words."""

    id: str
    title: str | None
    message: str
    since: datetime


class DeflectionOut(Struct, kw_only=True):
    """The response to a question; `id` is null during a database outage (answered from memory, no session)."""

    id: str | None
    client_secret: str | None = None  # opens the session together with the publishable key; shown here only
    decision: Decision
    confidence: float | None
    answer: AnswerOut | None
    articles: list[SuggestedOut]
    clarification: ClarificationOut | None
    reason: str
    reason_code: HandOffCode | None = None  # why it is handed off; null for other decisions
    while_you_wait: AnswerOut | None = None  # what an article says, beside an emergency that is handed off
    offer: OfferOut | None = None  # an article in another language, where none in the customer's answers
    next_human_at: datetime | None
    certificate: str | None = None  # what stands behind an answer, by id; /v1/models spells it out
    fields: list[FieldOut] = field(default_factory=list)  # of a hand-off: what the question says of declared fields
    missing: list[MissingOut] = field(default_factory=list)  # fields that its ticket should have, too; none is a must
    incident: IncidentOut | None = None  # to be shown before everything else
    needs_nobody: NobodyReason | None = None  # why; what a machine wrote must get no answer by mail
    notes: list[str] = field(default_factory=list)  # for whoever builds the page: what of the request did not count

    def with_incident(self, said: str) -> str:
        """Return what is said, after the message about the incident that it is about, if there is one."""
        return said if self.incident is None else f"{self.incident.message}\n\n{said}"


class TypedIn(BrandIn, forbid_unknown_fields=True, kw_only=True):
    """What a customer has typed so far."""

    question: Annotated[str, Meta(min_length=1, max_length=4_000, examples=["reset passw"])]
    locale: Locale | None = None
    brand: Account | None = None


class TitleOut(Struct, kw_only=True):
    """An article that may help."""

    id: str
    title: str
    url: str | None


class SuggestionsOut(Struct, kw_only=True):
    """Articles that may help, the best first."""

    articles: list[TitleOut]


class OutcomeIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The customer's feedback."""

    outcome: Outcome


class OutcomeOut(Struct, kw_only=True):
    """The recorded outcome of the session."""

    id: str
    outcome: Outcome
    ended: Ended | None
    at: datetime


class TicketRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Turns a question into a ticket; omitted fields are taken from the question.

    `email` may be omitted if the question had a signed one. `plan` and `account` count only from a secret key.
    """

    email: TypedEmail | None = None
    subject: Annotated[str, Meta(min_length=1, max_length=2_000)] | None = None
    description: Annotated[str, Meta(min_length=1, max_length=200_000)] | None = None
    channel: Channel | None = None
    plan: Plan | None = None
    account: Account | None = None
    fields: Annotated[
        dict[str, FieldText],
        Meta(max_length=50, description="Fields that were `missing`, as typed; unknown names count for nothing"),
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channel = None if self.channel is None else channel_name(self.channel)


class TurnOut(Struct, kw_only=True):
    """One message of the conversation."""

    at: datetime
    by: By
    text: str


class ReceiptOut(Struct, kw_only=True):
    """A session as its customer sees it."""

    id: str  # of the session
    number: str | None  # of the ticket, to name it to a person; null without one
    status: TicketStatus | None  # of the ticket; null without one
    next_human_at: datetime | None  # null where nobody is to answer any more
    transcript: list[TurnOut]  # with the public replies of agents
    survey: str | None = None  # the path of a page that asks how the help was, once the ticket is resolved
