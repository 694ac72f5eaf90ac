"""Request bodies of the ticket desk, and the form of lists and deadlines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from serving.http.fields import (
    MOST_OF_A_LIST,
    Channel,
    Email,
    FieldText,
    KnownArticle,
    Label,
    Language,
    MailHeaders,
    Name,
    PlanName,
    Priority,
    Reference,
    SegmentIn,
    SegmentPatch,
    channel_name,
)
from serving.policy.routing_and_sla import DueBy, SlaDeadline
from serving.storage.instants import Instant
from serving.ticket_desk import TicketOut
from triage.taxonomy.heads import MOST_HEADS
from triage.tickets.fact_values import Said

MAX_SUBJECT, MAX_TEXT = 1_000, 100_000

Subject = Annotated[str, Meta(max_length=MAX_SUBJECT, examples=["Export writes the wrong format"])]
Text = Annotated[
    str, Meta(max_length=MAX_TEXT, examples=["Since this morning every CSV has semicolons instead of commas."])
]

FileName = Annotated[str, Meta(min_length=1, max_length=255, examples=["export.csv"])]


Labels = Annotated[
    dict[str, Label | Annotated[list[Label], Meta(max_length=MOST_OF_A_LIST)] | None],
    Meta(
        max_length=MOST_HEADS,
        description="Labels that a person sets, by head: one, or a list of all where a head has several; an omitted "
        "label is unchanged, null removes it",
        examples=[{"category": "billing", "priority": "P2", "product_area": None}],
    ),
]


def said_of(tags: Mapping[str, str | list[str] | None]) -> dict[str, Said]:
    """Return what a person says of each head."""
    return {head: tuple(each) if isinstance(each, list) else each for head, each in tags.items()}


class TicketIn(SegmentIn, forbid_unknown_fields=True, kw_only=True):
    """A new ticket; subject or description may be empty, not both."""

    subject: Subject = ""
    description: Text = ""
    channel: Channel = "api"
    plan: PlanName | None = None
    account: Reference | None = None
    email: Email | None = None
    language: Language | None = None
    arr: Annotated[float, Meta(ge=0)] | None = None
    health: Annotated[str, Meta(max_length=64, description="The account's health", examples=["red"])] | None = None
    attachments: Annotated[tuple[FileName, ...], Meta(max_length=100, description="Names of files")] = ()
    headers: MailHeaders = field(default_factory=dict)
    external_id: Reference | None = None
    created_at: Instant | None = None
    tags: Labels = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channel = channel_name(self.channel)


class TicketPatch(SegmentPatch, forbid_unknown_fields=True, kw_only=True):
    """An agent's changes; omitted fields are unchanged."""

    tags: Labels = field(default_factory=dict)
    plan: PlanName | UnsetType | None = UNSET
    fields: Annotated[
        dict[str, FieldText | None],
        Meta(max_length=50, description="Declared fields by name; null removes", examples=[{"order_number": "10234"}]),
    ] = field(default_factory=dict)
    assignee: Name | UnsetType | None = UNSET
    needs_nobody: UnsetType | None = UNSET  # null: it needs somebody after all
    actor: Name | None = None


class ReplyIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A reply by an agent or the customer."""

    text: Text
    by: Literal["agent", "customer"] = "agent"
    actor: Name | None = None
    headers: MailHeaders = field(default_factory=dict)


class TransitionIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The new status, and how the ticket ended, if known."""

    to: Literal["open", "pending", "resolved", "closed"]
    resolution_type: Annotated[str, Meta(examples=["solved"])] | None = None
    root_cause: Text | None = None
    kb_article_id: KnownArticle | None = None
    csat: Annotated[int, Meta(ge=1, le=5)] | None = None
    actor: Name | None = None


class EscalationIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The new tier, and the escalation packet."""

    to: Literal["T2", "T3"]
    packet: Annotated[
        dict[str, Any],
        Meta(examples=[{"steps_taken": "Cleared the cache", "customer_impact": "Cannot export", "reproduction": "…"}]),
    ]
    actor: Name | None = None


class TicketList(Struct):
    """A page of tickets, newest first; repeat with `cursor=next_cursor` until it is null."""

    tickets: list[TicketOut]
    next_cursor: str | None


class HistoryEntry(Struct):
    """One event of a ticket, without its texts; `by` is what the caller said, `key_id` the API key that was shown."""

    number: int
    at: datetime
    type: str
    by: str
    key_id: str | None


class History(Struct):
    """All events of a ticket, oldest first."""

    events: list[HistoryEntry]


class Pause(Struct, forbid_unknown_fields=True, kw_only=True):
    """A time in which the ticket waited for the customer; without an end it is still waiting."""

    begins: Instant = field(name="from")
    ends: Instant | None = field(name="to", default=None)


class DeadlinesIn(SegmentIn, forbid_unknown_fields=True, kw_only=True):
    """A ticket to compute deadlines for; nothing is stored."""

    created_at: Instant
    plan: PlanName | None = None
    priority: Priority | None = None
    pauses: Annotated[list[Pause], Meta(max_length=1_000)] = field(default_factory=list)


class DeadlinesOut(Struct):
    """Contract and target deadlines, each with an explanation."""

    contract: DueBy
    target: DueBy
    sla_deadline: SlaDeadline | None
    inherited: list[str]
    policy: str
    explain: list[dict[str, Any]]
