"""The port that every helpdesk adapter implements: a ticket on both sides, and the operations on it.

An adapter is a class over a `Send`: it turns operations into calls (plain values) and parses the replies. It knows
neither sockets nor our database. Values are kept in the helpdesk's own words, so that an agent's change can be told
from what we wrote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Protocol

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.tags import tags_of

Value = str | tuple[str, ...]
Values = Mapping[str, Value]  # by our names: the heads, resolution_by, first_response_by, tags
INSTANTS = ("resolution_by", "first_response_by")
Place = Literal["written", "by_day", "read_only", "absent"]
EventKind = Literal["agent_reply", "customer_reply", "note", "status"]
RemoteStatus = Literal["new", "open", "pending", "resolved", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Which values a helpdesk accepts; the others go into a mapped custom field or an internal note."""

    create: bool = True
    priority: bool = True  # a field of its own
    resolution_by: Place = "absent"
    first_response_by: Place = "absent"
    tags: bool = True
    custom_fields: bool = True
    repeatable: Literal["key", "search", "late_search"] = "search"  # how a create that was cut off is found again
    guarded: bool = False  # a write can be refused by the desk if an agent was faster
    closed_since: bool = True
    threads: bool = False  # what happens there can be read: `thread` and `changed_since`
    edits_notes: bool = False  # a note of ours can be rewritten: `edit_note`


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Our ticket as sent to a helpdesk: its text, labels, team and deadlines."""

    external_id: str
    subject: str
    text: str
    email: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)  # by head, and no uncertain ones
    listed: tuple[str, ...] = ()  # of heads with several labels: they are tags there
    fields: Mapping[str, str] = field(default_factory=dict)  # values of declared fields, by name
    resolution_by: datetime | None = None
    first_response_by: datetime | None = None

    def values(self) -> dict[str, str | datetime | tuple[str, ...]]:
        """Return what a desk shall show, by our names; what is not known is left out."""
        deadlines = {name: at for name in INSTANTS if (at := getattr(self, name)) is not None}
        return {**self.fields, **self.labels, **deadlines, "tags": tags_of(self.labels, self.listed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A ticket as the helpdesk shows it now; empty values are empty strings."""

    id: str
    values: Values
    version: str | None = None  # what a guarded write names


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A ticket that was created in the helpdesk; without text it has to be fetched."""

    remote_id: str
    subject: str = ""
    text: str = ""
    email: str | None = None
    channel: str = "api"
    created_at: datetime | None = None
    has_text: bool = True
    automatic: bool = False  # the helpdesk knows that a machine wrote it
    headers: Mapping[str, str] = field(default_factory=dict)  # of its mail, as `triage.text.nobody.headers` reads them
    attachments: tuple[str, ...] = ()  # names
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the helpdesk knows of the customer and the ticket, by its own names, for the mapping of the connection."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A delivery about a ticket that is already there: something changed, and the thread says what."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery that needs no action, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Closed tickets as records of the training file, and the cursor of the next page."""

    records: Sequence[Mapping[str, Any]]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteEvent:
    """Something that happened at the helpdesk, in our words. The opening message is not among the events."""

    id: str  # the helpdesk's id, the same at every reading
    kind: EventKind
    at: datetime
    by: str = ""  # the person's name or id there
    text: str = ""  # of a reply or note
    status: RemoteStatus | None = None  # of a status event: the status from then on
    automatic: bool = False  # the helpdesk knows that a machine wrote it
    headers: Mapping[str, str] = field(default_factory=dict)  # of its mail, as `triage.text.nobody.headers` reads them


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A ticket at the helpdesk: what happened, oldest first, and how it stands now.

    A webhook about a known ticket says only that something changed. A job then reads the thread and applies what is
    new, by the ids of the events. So a delivery that arrives twice, late, out of order or never makes no difference:
    the poll (`changed_since`) leads to the same thread.
    """

    remote: Remote  # its values now, as `read` returns them
    events: Sequence[RemoteEvent] = ()
    status: RemoteStatus | None = None  # now; None where the helpdesk does not say
    changed_at: datetime | None = None  # when the ticket last changed
    assignee: str | None = None  # now: a name or id; empty for nobody, None where the helpdesk does not say
    merged_into: str | None = None  # the ticket that goes on in its place
    merged_from: tuple[str, ...] = ()  # tickets that were merged into this one, where the helpdesk says so only here
    deleted: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)  # as `Inbound.fields`


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPage:
    """Ids of tickets that changed at the helpdesk, and the cursor of the next page."""

    ids: Sequence[str]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as a value."""

    method: str
    path: str
    json: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; an empty body is None."""

    json: Any
    headers: Mapping[str, str] = field(default_factory=dict)


Heard = Inbound | Changed | Thread | Ignored
"""What one delivery tells. A sender that has no API to read from delivers the thread itself, as far as it goes."""

Send = Callable[[Call], Reply]
"""Makes a call. Raises `DeskRefused` or `DeskUnreachable` unless it succeeded."""


class Helpdesk(Protocol):
    """The operations of every helpdesk; see `HelpdeskAdapter` for what adapters share."""

    capabilities: ClassVar[Capabilities]
    untouched: ClassVar[Mapping[str, frozenset[str]]]

    def headers(self) -> Mapping[str, str]: ...  # noqa: D102 (what proves who we are)
    def probe(self) -> str: ...  # noqa: D102 (a harmless question: who are we there?)
    def wanted(self, case: Handoff) -> dict[str, Value]: ...  # noqa: D102
    def places(self, name: str) -> bool: ...  # noqa: D102
    def untold(self, case: Handoff) -> dict[str, str]: ...  # noqa: D102
    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value: ...  # noqa: D102
    def label(self, head: str, shown: str) -> str | None: ...  # noqa: D102
    def find(self, external_id: str) -> str | None: ...  # noqa: D102
    def create(self, case: Handoff) -> str: ...  # noqa: D102
    def read(self, remote_id: str) -> Remote: ...  # noqa: D102
    def fetch(self, remote_id: str) -> Inbound | Ignored: ...  # noqa: D102
    def update(self, remote: Remote, changes: Values) -> None: ...  # noqa: D102
    def note(self, remote_id: str, body: str) -> str: ...  # noqa: D102 (the note's id, empty where it has none)
    def edit_note(self, remote_id: str, note_id: str, body: str) -> None: ...  # noqa: D102
    def closed_since(self, since: datetime, cursor: str | None) -> Page: ...  # noqa: D102
    def thread(self, remote_id: str) -> Thread: ...  # noqa: D102
    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage: ...  # noqa: D102


class HelpdeskAdapter:
    """What adapters share: which field a value goes to, and in which form."""

    capabilities: ClassVar[Capabilities] = Capabilities()
    priorities: ClassVar[Mapping[str, str]] = {}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {}  # values that nobody chose: the desk's own defaults

    def __init__(self, connection: Connection, send: Send) -> None:
        self.connection, self.send = connection, send

    def places(self, name: str) -> bool:
        """Tell whether the desk shows a value: in a field of its own, or in one that the connection maps."""
        can = self.capabilities
        own = {"priority": can.priority, "tags": can.tags}
        if name in INSTANTS:
            return getattr(can, name) in {"written", "by_day"} or name in self.connection.fields
        return own.get(name, False) or name in self.connection.fields

    def maps(self, name: str) -> str | None:
        """Return the custom field that takes a value; a field of the desk's own goes first."""
        can = self.capabilities
        owns = {"priority": can.priority, "tags": can.tags} | {
            each: getattr(can, each) in {"written", "by_day"} for each in INSTANTS
        }
        return None if owns.get(name) else self.connection.fields.get(name)

    def wanted(self, case: Handoff) -> dict[str, Value]:
        """Return what the desk shall show, in its words."""
        return {name: self.word(name, value) for name, value in case.values().items() if self.places(name)}

    def untold(self, case: Handoff) -> dict[str, str]:
        """Return what has no place on this desk, for a note: nothing is dropped in silence."""
        return {
            name: stamp(value) if isinstance(value, datetime) else str(value)
            for name, value in case.values().items()
            if name != "tags" and not self.places(name)
        }

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return a value as the desk says it."""
        if isinstance(value, datetime):
            return stamp(value)
        if name == "priority" and self.capabilities.priority and isinstance(value, str):
            return self.priorities[value]
        return value

    def label(self, head: str, shown: str) -> str | None:
        """Return our label for a value of a field as the desk shows it; whether the desk here has it is not checked."""
        if head == "priority" and self.capabilities.priority:
            return self.level(shown)
        return shown or None

    def custom(self, values: Values) -> dict[str, Value]:
        """Return those of the values that go into custom fields, by the desk's name for the field."""
        return {place: value for name, value in values.items() if (place := self.maps(name)) is not None}

    def edit_note(self, remote_id: str, note_id: str, body: str) -> None:
        """Rewrite a note of ours, where `edits_notes` says that the helpdesk can."""
        raise NotImplementedError(self.connection.kind)

    def thread(self, remote_id: str) -> Thread:
        """Read what happened to a ticket, where `threads` says that the helpdesk tells."""
        raise NotImplementedError(self.connection.kind)

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Read which tickets changed from an instant on, oldest change first, where `threads` says so."""
        raise NotImplementedError(self.connection.kind)

    def level(self, word: str | None) -> str | None:
        """Return our priority for the desk's word: the milder one where it has one word for two."""
        found = [ours for ours, theirs in self.priorities.items() if theirs == word]
        return next((ours for ours in found if ours not in {"P0", "P4"}), found[0] if found else None)

    def call(self, method: str, path: str, json: Any = None, **query: str) -> Any:  # noqa: ANN401 (whatever they answer)
        """Make a call and return the body of the reply."""
        return self.send(Call(method=method, path=path, json=json, query=query)).json


def stamp(instant: datetime) -> str:
    """Return an instant in seconds of UTC, which every desk reads."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
