"""What has happened to a ticket: facts in the past tense, which nobody changes afterwards.

A ticket is the fold of its facts (`triage.ticket`), and so are its deadlines (`triage.sla`). `to_record` and
`from_record` give a fact the form in which it is stored and sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from triage.errors import UnreadableRecord
from triage.instants import from_text, to_text, utc

Json = Any  # what json.loads gives and json.dumps takes

AGENT = "agent"  # as a tag's mode: a person set it, and no model touches it again


@dataclass(frozen=True)
class Message:
    """One turn of a conversation, said by `customer`, `firstline` or `agent`."""

    at: datetime
    by: str
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at, "at"))


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One label of a ticket and where it comes from; no label means that none is offered."""

    label: str | None
    mode: str
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    certificate: str | None = None
    reason: str = ""
    by: str = ""
    at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at is not None:
            object.__setattr__(self, "at", utc(self.at, "at"))


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened at an instant, by `customer`, `firstline`, `agent:<name>` or `model:<version>`."""

    type: ClassVar[str] = ""

    at: datetime
    by: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at, "at"))

    def __init_subclass__(cls) -> None:
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read this fact from its record; fields with a default may be missing, unknown ones may not be there."""
        known = {each.name: each for each in fields(cls)}
        strange = set(record) - {"type", *known}
        lacking = {name for name, each in known.items() if each.default is MISSING} - set(record)
        if strange or lacking:
            raise UnreadableRecord(cls.type, f"unknown: {sorted(strange)}, missing: {sorted(lacking)}")
        try:
            return cls(**{name: _value(name, record[name]) for name in known if name in record})
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise UnreadableRecord(cls.type, repr(problem)) from None


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Fact):
    """A case came in; everything that is known of it from the start."""

    id: str
    subject: str
    description: str
    channel: str
    plan: str | None = None
    account: str | None = None
    email: str | None = None
    language: str | None = None
    arr: float | None = None
    deflection_id: str | None = None
    external_id: str | None = None
    transcript: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TicketTagged(Fact):
    """Heads got labels, from a model or from an agent."""

    tags: Mapping[str, Tag]


@dataclass(frozen=True, kw_only=True)
class PlanChanged(Fact):
    """The customer's plan became another, or became known."""

    plan: str | None


@dataclass(frozen=True, kw_only=True)
class TicketRouted(Fact):
    """The case went to a team and tier, for a reason in words."""

    team: str
    tier: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Fact):
    """Somebody took the case, or nobody has it any more."""

    assignee: str | None


@dataclass(frozen=True, kw_only=True)
class AgentReplied(Fact):
    """An agent wrote to the customer; the first time ends the wait for a first response."""

    text: str


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(Fact):
    """The customer wrote."""

    text: str


@dataclass(frozen=True, kw_only=True)
class TicketStarted(Fact):
    """Work began: the case is no longer new."""


@dataclass(frozen=True, kw_only=True)
class TicketPaused(Fact):
    """The case waits for the customer."""


@dataclass(frozen=True, kw_only=True)
class TicketResumed(Fact):
    """The wait for the customer is over."""


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Fact):
    """The case has its answer."""

    resolution_type: str | None = None
    root_cause: str | None = None
    kb_article_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Fact):
    """The answer did not hold."""


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Fact):
    """The case is over for good."""

    csat: int | None = None


@dataclass(frozen=True, kw_only=True)
class TicketEscalated(Fact):
    """The case went up a tier with all that must travel; at T3 it says what engineering does with it."""

    tier_before: str
    tier: str
    queue: str
    handling: str | None
    packet: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class SlaBreached(Fact):
    """A deadline went by; a contract's earns the customer a credit."""

    source: str
    kind: str
    due_by: datetime
    credit_percent: int = 0


FACTS = {fact.type: fact for fact in Fact.__subclasses__()}


def to_record(fact: Fact) -> dict[str, Any]:
    """Write a fact as plain JSON values."""
    return {"type": fact.type, **{each.name: _plain(getattr(fact, each.name)) for each in fields(fact)}}


def from_record(record: Mapping[str, Any]) -> Fact:
    """Read what `to_record` wrote, or refuse it."""
    kind = FACTS.get(str(record.get("type")))
    if kind is None:
        raise UnreadableRecord("fact", f"type {record.get('type')!r} is unknown; known are {', '.join(FACTS)}")
    return kind.read(record)


def _plain(value: Json) -> Json:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Message | Tag):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _value(name: str, plain: Json) -> Json:
    if name in {"at", "due_by"}:
        return from_text(plain, name)
    if name == "transcript":
        return tuple(Message(from_text(each["at"], "at"), each["by"], each["text"]) for each in plain)
    if name == "tags":
        return {head: _tag(each) for head, each in plain.items()}
    return plain


def _tag(plain: Mapping[str, Any]) -> Tag:
    at = plain.get("at")
    return Tag(
        **{
            **plain,
            "alternatives": tuple((label, share) for label, share in plain.get("alternatives", ())),
            "at": None if at is None else from_text(at, "at"),
        }
    )
