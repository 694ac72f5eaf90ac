"""Request and response bodies of the tag routes."""

from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct, field

from serving.http.fields import Channel, Locale, MailHeaders, Plan, SegmentIn, ShortText, channel_name
from serving.inference.tags import Tag
from serving.policy.routing_and_sla import Sla
from serving.policy.ticket_fields import FieldOut
from serving.storage.instants import Instant
from serving.tagging.certificates import CertificateOut
from triage.text.nobody.reasons import NobodyReason

Extra = Literal["similar_tickets", "articles"]
"""What a tag's answer holds beside the tags, where it is asked for."""
EXTRAS: Final[tuple[Extra, ...]] = get_args(Extra)


class FiledTicketIn(SegmentIn, forbid_unknown_fields=True, kw_only=True):
    """A ticket of another helpdesk, as first written."""

    subject: Annotated[str, Meta(max_length=2_000, examples=["CSV export is empty"])] = ""
    description: Annotated[
        str,
        Meta(max_length=200_000, examples=["Since this morning every CSV export has the header row and nothing else."]),
    ] = ""
    channel: Channel | None = None
    plan: Plan | None = None
    account: ShortText | None = None
    language: Locale | None = None
    created_at: Instant | None = None
    external_id: Annotated[str, Meta(max_length=200, examples=["zd-91"])] | None = None
    headers: MailHeaders = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channel = None if self.channel is None else channel_name(self.channel)


class BatchIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Tickets to tag."""

    tickets: Annotated[list[FiledTicketIn], Meta(min_length=1, max_length=256)]


class SimilarOut(Struct, kw_only=True):
    """A similar closed ticket, and what solved it."""

    id: str
    subject: str
    score: float
    resolution: str | None


class HelpfulOut(Struct, kw_only=True):
    """An article that may solve it."""

    id: str
    title: str
    url: str | None
    score: float


class ModelOut(Struct, kw_only=True):
    """The bundle that tagged, and its taxonomy version."""

    version: str
    taxonomy: str


class TagsOut(Struct, kw_only=True):
    """A ticket's tags, team, deadlines, similar tickets and articles; `id` is null if nothing could be stored.

    The last two are empty where they were not asked for.
    """

    id: str | None
    needs_nobody: NobodyReason | None = None  # why, if it does: it starts no clock and gets no answer
    tags: dict[str, Tag]
    certificates: dict[str, CertificateOut]  # those that the tags name, by id
    language: str
    team: str
    tier: str
    routing_reason: str
    sla: Sla
    similar_tickets: list[SimilarOut]
    articles: list[HelpfulOut]
    model: ModelOut
    fields: list[FieldOut] = field(default_factory=list)  # what the text says of the desk's declared fields


class BatchOut(Struct, kw_only=True):
    """One result per ticket, in the order of the request."""

    results: list[TagsOut]


class CorrectedOut(Struct, kw_only=True):
    """The corrected tags, with the new team and deadlines."""

    id: str
    tags: dict[str, Tag]
    team: str
    tier: str
    routing_reason: str
    sla: Sla
