"""Request bodies of the ticket desk, and the form of lists and deadlines."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from serving.policy.routing_and_sla import DueBy, SlaDeadline
from serving.storage.instants import Instant
from serving.ticket_desk import TicketOut

MAX_SUBJECT, MAX_TEXT = 1_000, 100_000

Subject = Annotated[str, Meta(max_length=MAX_SUBJECT, examples=["Export writes the wrong format"])]
Text = Annotated[
    str, Meta(max_length=MAX_TEXT, examples=["Since this morning every CSV has semicolons instead of commas."])
]
Channel = Annotated[
    str,
    Meta(pattern="^[a-z][a-z0-9_]{0,31}$", description="email, chat, phone, in_app, web, api, …", examples=["email"]),
]
Plan = Annotated[str, Meta(min_length=1, max_length=64, description="A plan of the SLA policy", examples=["premium"])]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["kim"])]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320, examples=["ada@acme.example"])]
Language = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=16, examples=["en"])]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Priority = Annotated[str, Meta(description="P0 (most urgent) to P4", examples=["P1"])]


class Labels(Struct, forbid_unknown_fields=True, kw_only=True):
    """Labels that a person sets; an omitted label is unchanged, null removes it."""

    category: Label | UnsetType | None = UNSET
    priority: Priority | UnsetType | None = UNSET
    product_area: Label | UnsetType | None = UNSET

    def given(self) -> dict[str, str | None]:
        """Return the heads that were named."""
        named = {head: getattr(self, head) for head in self.__struct_fields__}
        return {head: label for head, label in named.items() if label is not UNSET}


class TicketIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A new ticket; subject or description may be empty, not both."""

    subject: Subject = ""
    description: Text = ""
    channel: Channel = "api"
    plan: Plan | None = None
    account: Name | None = None
    email: Email | None = None
    language: Language | None = None
    arr: Annotated[float, Meta(ge=0)] | None = None
    external_id: Name | None = None
    brand: Name | None = None
    region: Name | None = None
    created_at: Instant | None = None
    tags: Labels = field(default_factory=Labels)


class TicketPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """An agent's changes; omitted fields are unchanged."""

    tags: Labels = field(default_factory=Labels)
    plan: Plan | UnsetType | None = UNSET
    brand: Name | UnsetType | None = UNSET
    region: Name | UnsetType | None = UNSET
    assignee: Name | UnsetType | None = UNSET
    actor: Name | None = None


class ReplyIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A reply by an agent or the customer."""

    text: Text
    by: Literal["agent", "customer"] = "agent"
    actor: Name | None = None


class TransitionIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The new status, and how the ticket ended, if known."""

    to: Literal["open", "pending", "resolved", "closed"]
    resolution_type: Annotated[str, Meta(examples=["solved"])] | None = None
    root_cause: Text | None = None
    kb_article_id: Name | None = None
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


class Pause(Struct, forbid_unknown_fields=True, kw_only=True):
    """A time in which the ticket waited for the customer; without an end it is still waiting."""

    begins: Instant = field(name="from")
    ends: Instant | None = field(name="to", default=None)


class DeadlinesIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A ticket to compute deadlines for; nothing is stored."""

    created_at: Instant
    plan: Plan | None = None
    priority: Priority | None = None
    brand: Name | None = None
    region: Name | None = None
    pauses: Annotated[list[Pause], Meta(max_length=1_000)] = []


class DeadlinesOut(Struct):
    """Contract and target deadlines, each with an explanation."""

    contract: DueBy
    target: DueBy
    sla_deadline: SlaDeadline | None
    inherited: list[str]
    policy: str
    explain: list[dict[str, Any]]
