"""Request and response bodies of incidents that are opened by hand."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from serving.http.fields import Label, Name, Priority
from serving.storage.instants import Instant
from serving.surges.schemas import Message
from triage.surges.words import words_of

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Sign-in fails"])]
PublicMessage = Annotated[
    str, Meta(min_length=1, max_length=2_000, examples=["Sign-in fails for everybody; we are on it."])
]
Terms = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50, examples=[["sign in", "login"]])
]


class MessageIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What customers are told, and which of them: of questions those with all words of one of the terms."""

    title: Title
    message: PublicMessage
    terms: Terms = []
    area: Label | None = None
    actor: Name | None = None

    def __post_init__(self) -> None:
        if not (self.title.strip() and self.message.strip() and all(map(words_of, self.terms))):
            raise ValueError("`title`, `message` and each of `terms` need a word of three letters or more")


class OpenedIncidentIn(MessageIn, kw_only=True):
    """An incident to open."""

    priority: Priority | None = None
    tickets: Annotated[list[str], Meta(max_length=1_000)] = []
    """Tickets that follow the incident's from the start."""


class EndIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The end of an incident; with a text, it goes to all open tickets that follow it, which are resolved."""

    text: Message | None = None
    root_cause: Annotated[str, Meta(max_length=10_000)] | None = None
    actor: Name | None = None


class OpenedIncident(Struct, kw_only=True):
    """An incident that a person opened."""

    id: str
    state: Literal["open", "ended"]
    ticket_id: str
    title: str
    message: str
    terms: list[str]
    area: str | None
    opened_at: Instant
    opened_by: str
    ended_at: Instant | None
    ended_by: str | None
    told: int
    """Questions that got its message."""


class OpenedIncidents(Struct):
    """Incidents, the newest first."""

    incidents: list[OpenedIncident]


class ToldSession(Struct, kw_only=True):
    """A question that got the message."""

    deflection_id: str
    at: Instant
    visitor: str | None
    account: str | None
    email: str | None
    ticket_id: str | None
    """The ticket that became of it; null: none."""


class ToldSessions(Struct):
    """Who was told of an incident, the latest first."""

    total: int
    told: list[ToldSession]
