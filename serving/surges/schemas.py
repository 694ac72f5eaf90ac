"""What is asked and said of proposals."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from serving.http.fields import Name, Priority
from serving.storage.instants import Instant
from triage.surges.arrival import Kind
from triage.surges.words import words_of

State = Literal["open", "accepted", "dismissed"]
Message = Annotated[str, Meta(min_length=1, max_length=100_000, examples=["Sign-in works again since 13:30 UTC."])]


class WindowCount(Struct, kw_only=True):
    """The count that gave the burst away: people who wrote in a window, and how many are usual."""

    kind: Kind
    name: str | None
    window_minutes: int
    n: int
    expected: float
    usual_most: int
    """What 97.5 of 100 such windows do not exceed."""
    p_value: float
    """The probability of so many or more in such a window without a cause."""


class PublicOut(Struct, kw_only=True):
    """What customers are told of the incident while it goes on, as the person who confirmed it wrote it."""

    title: str | None
    message: str
    terms: list[str]


class ProposalOut(Struct, kw_only=True):
    """An unusual burst of tickets."""

    id: str
    state: State
    proposed_at: Instant
    began_at: Instant
    grew_at: Instant
    ended_at: Instant | None
    """When it had been quiet for three hours; null while it goes on."""
    senders: int
    tickets: int
    words: list[str]
    area: str | None
    priority: str | None
    counted: WindowCount
    incident_id: str | None
    decided_at: Instant | None
    actor: str | None
    public: PublicOut | None


class ProposalWithTickets(ProposalOut, kw_only=True):
    """An unusual burst, with its tickets."""

    ticket_ids: list[str]


class ProposalList(Struct):
    """Proposals, the newest first."""

    proposals: list[ProposalOut]


class PublicIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What customers who ask are told first, while the incident's ticket is neither resolved nor closed."""

    message: Annotated[
        str, Meta(min_length=1, max_length=2_000, examples=["Sign-in fails for everybody; we are on it."])
    ]
    title: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    terms: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)] = []
    """Only questions with all words of one of these; empty: every question."""

    def __post_init__(self) -> None:
        if not self.message.strip() or not all(map(words_of, self.terms)):
            raise ValueError("`message` and each of `terms` need a word of three letters or more")


class AcceptIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Make an incident of it; of one that was accepted, change what customers are told, null: nothing."""

    subject: Annotated[str, Meta(max_length=200)] | None = None
    priority: Priority | None = None
    public: PublicIn | UnsetType | None = UNSET
    actor: Name | None = None


class DismissIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """It is no incident."""

    actor: Name | None = None


class ConcludeIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """One message to the incident and all its open tickets, which are resolved with it."""

    text: Message
    root_cause: Annotated[str, Meta(max_length=10_000)] | None = None
    actor: Name | None = None


class Concluded(Struct):
    """How many tickets got the message."""

    tickets: int
