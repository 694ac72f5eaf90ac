"""The interface of the ticket desk for slices that may not import it: open and view tickets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

import msgspec
import sqlalchemy as sa
from litestar import Response
from msgspec import Struct

from serving.http.fields import SegmentOut
from serving.inference.tagger import TicketText
from serving.inference.tags import Tag
from serving.policy.routing_and_sla import Sla
from serving.policy.ticket_fields import FieldOut
from serving.storage.database import Write
from triage.model.assessment import Assessment
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.attributes import Attributes, CustomerAttributes
from triage.tickets.events import Message
from triage.tickets.outcome import Outcome
from triage.tickets.ticket import Ticket

MessageIn = tuple[str, Mapping[str, str]]  # text and headers of a mail


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket(CustomerAttributes):
    """A new ticket, with what is known of it."""

    subject: str
    description: str
    channel: str
    email: str | None = None
    arr: float | None = None
    health: str | None = None
    attachments: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # of its mail: what a machine wrote is known by them
    external_id: str | None = None
    created_at: datetime | None = None  # the customer's moment, if it is earlier than the request
    deflection_id: str | None = None
    transcript: tuple[Message, ...] = ()
    labels: Mapping[str, str | tuple[str, ...]] = field(
        default_factory=dict
    )  # labels that a person has set already; no model overrides them
    fields: Mapping[str, str] = field(default_factory=dict)  # declared fields that a form asked for, as they were typed
    by: str = "customer"
    key_id: str | None = None  # of the API key that opens it


class Turn(Struct):
    """One message of the ticket."""

    at: datetime
    by: Literal["customer", "firstline", "agent"]
    text: str


class Note(Struct):
    """An internal note."""

    at: datetime
    by: str
    text: str


class TicketOut(SegmentOut, kw_only=True):
    """A ticket as every route returns it."""

    id: str
    number: str  # for people; `GET /v1/tickets?number=` finds it
    status: Literal["new", "open", "pending", "resolved", "closed"]
    needs_nobody: NobodyReason | None = None  # why, until somebody is needed after all
    subject: str
    description: str
    channel: str
    plan: str | None
    account: str | None
    email: str | None
    language: str | None
    tags: dict[str, Tag]
    team: str | None
    tier: str | None
    routing_reason: str | None
    handling: str | None  # what engineering does with it at T3: incident response or the backlog
    incident_id: str | None  # the ticket of the incident whose case this is
    assignee: str | None
    sla: Sla
    transcript: list[Turn]
    deflection_id: str | None
    external_id: str | None
    arr: float | None
    health: str | None
    attachments: list[str]
    resolution_type: str | None
    root_cause: str | None
    kb_article_id: str | None
    csat: float | None
    csat_comment: str | None  # what the customer wrote beside the rating
    notes: list[str]
    internal_notes: list[Note]  # of agents, from the helpdesk; no customer sees them
    created_at: datetime
    updated_at: datetime
    version: int
    fields: list[FieldOut] = msgspec.field(default_factory=list)  # values of the desk's declared fields


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationOut:
    """The latest escalation of a ticket, to be shown outside."""

    at: datetime
    headline: str
    page: str  # with its packet: redacted, and of bounded length


def number_of(ticket_id: str) -> str:
    """Return the ticket's number for people, like K7Q2-9XMB: the last eight characters of its id, which are random."""
    tail = ticket_id[-8:].upper()
    return f"{tail[:4]}-{tail[4:]}"


def ending_of(number: str) -> str:
    """Return the end of the id that a number stands for, as people write numbers: i and l are 1, o is 0."""
    return number.replace("-", "").lower().translate(str.maketrans("ilo", "110"))


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def with_etag(ticket: TicketOut) -> Response[TicketOut]:
    """Return the response of a route that reads a ticket or corrects it."""
    return Response(ticket, headers={"etag": etag(ticket.version)})


def created(ticket: TicketOut) -> Response[TicketOut]:
    """Return the response of a route that creates: it says where the ticket is, too."""
    return Response(ticket, headers={"etag": etag(ticket.version), "location": f"/v1/tickets/{ticket.id}"})


class Tagged(Protocol):
    """What a model makes of one ticket."""

    @property
    def assessments(self) -> Mapping[str, Assessment]: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def model(self) -> str: ...  # noqa: D102

    @property
    def text(self) -> str: ...  # noqa: D102


class TagsTickets(Protocol):
    """Tags a ticket; raises `NotReady` while no model is loaded."""

    def tag(self, filed: TicketText, *, own: bool = False) -> Tagged:
        """Tag one ticket; one that is the desk's `own` never by the sample."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when, and with which key."""

    by: str
    at: datetime
    key_id: str | None


@runtime_checkable
class LeadsIncidents(Protocol):
    """Incidents as a whole, for other slices."""

    def open(
        self,
        new: NewTicket,
        cases: Sequence[str],
        act: Act,
        also: Callable[[sa.Connection, str], None],
        write: Write[TicketOut] | None = None,
    ) -> TicketOut:
        """Open the incident's ticket and link those of the tickets that can be, with what the caller does `also`.

        `write` is the transaction, where it keeps more than this.
        """
        ...

    def add(self, incident_id: str, cases: Sequence[str], act: Act) -> TicketOut:
        """Link more tickets to an incident, those that can be.

        Raises `IncidentRefused`: it is closed.
        """
        ...

    def conclude(self, incident_id: str, text: str, outcome: Outcome, act: Act) -> int:
        """Write the same to the incident and all its open cases, and resolve them; return how many tickets."""
        ...


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What customers are told of an incident, and when it began."""

    id: str
    """Of the proposal, or of the incident that a person opened."""
    title: str | None
    message: str
    since: datetime
    instead: bool = False
    """Whether the question is about this by the desk's own terms: then an article has nothing better to say."""


class KnowsIncidents(Protocol):
    """Knows what customers are told of incidents that go on."""

    def about(self, question: str, area: str | None, at: datetime) -> PublicIncident | None:
        """Return the incident that a question is about; `area` is that of its best article. None: it is about none."""
        ...


class AsksHelpdesks(Protocol):
    """Knows how far what is known of a ticket is behind its helpdesk."""

    def is_known(self, writing: sa.Connection, ticket_id: str, until: datetime, at: datetime) -> bool:
        """Tell whether all that happened to a ticket until an instant is known here; where it is not, ask for it."""
        ...


@runtime_checkable
class TicketDesk(Protocol):
    """The operations of the ticket desk for other slices."""

    def open(
        self,
        new: NewTicket,
        *,
        at: datetime,
        also: Callable[[sa.Connection, str], None] | None = None,
        write: Write[TicketOut] | None = None,
    ) -> TicketOut:
        """Open a ticket: tagged, routed, with its deadlines, in one transaction with what the caller does `also`.

        `write` runs the transaction; without it the desk does. A deflection that has a ticket already gets that one,
        and nothing is written.
        """
        ...

    def attributes(self, new: NewTicket) -> Attributes:
        """Return what routing would know of a ticket, with the labels that it would get; nothing is stored."""
        ...

    def reply_reasons(self, ticket_id: str, messages: Sequence[MessageIn]) -> list[NobodyReason | None]:
        """Return why customers' messages to a ticket need nobody; nothing is stored."""
        ...

    def read(self, ticket_id: str) -> TicketOut:
        """Return a ticket as it stands.

        Raises `NotFound`: there is none with this id.
        """
        ...

    def load(self, ticket_id: str) -> Ticket:
        """Return the domain's ticket.

        Raises `NotFound`: there is none with this id.
        """
        ...

    def escalation(self, ticket_id: str) -> EscalationOut | None:
        """Return the latest escalation of a ticket; None if there was none.

        Raises `NotFound`: there is no ticket with this id.
        """
        ...

    def change(
        self,
        ticket_id: str,
        change: Callable[[Ticket], Ticket],
        *,
        at: datetime,
        check: Callable[[sa.Connection, Ticket], None] | None = None,
    ) -> TicketOut:
        """Change a ticket, send it elsewhere if it now belongs there, and return it.

        `check` is called before the change, in its transaction.

        Raises `NotFound`: there is none with this id; and what the change raises.
        """
        ...
