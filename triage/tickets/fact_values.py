"""What every event has, and the values in events, with their stored form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from triage.errors import UnreadableRecord
from triage.instants import from_text, to_text, utc
from triage.reason_codes import ReasonCode, code_of

Json = Any  # what json.loads gives and json.dumps takes
SUGGESTED = "suggest"
Said = str | tuple[str, ...] | None  # what a head says of a ticket
AGENT = "agent"  # as a tag's mode: a person set it, and no model touches it again


def labels_in(said: Said) -> tuple[str, ...]:
    """Return the labels of what a head says: one, those of a list, or none."""
    return (said,) if isinstance(said, str) else said or ()


@dataclass(frozen=True)
class Message:
    """One message of a conversation, by `customer`, `firstline` or `agent`."""

    at: datetime
    by: str
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at, "at"))


@dataclass(frozen=True, kw_only=True)
class ListedLabel:
    """One of several labels of a head; `mode` is that of a tag: `auto`, `suggest`, or `agent` for a person's."""

    label: str
    mode: str
    confidence: float
    certificate: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One label of a ticket and its source; no label means that none is offered.

    Of a multi head `labels` are all of them, the likeliest first, and `label` is None.
    """

    label: str | None
    mode: str
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    certificate: str | None = None
    rung: str | None = None  # what the head that gave it has learnt from
    raised_by: str | None = None  # which never-miss floor made the priority more urgent
    reason: str = ""
    reason_code: ReasonCode | None = None  # None: stored before there were codes, and the rest does not tell it
    by: str = ""
    at: datetime | None = None
    labels: tuple[ListedLabel, ...] | None = None  # None: not a multi head

    def __post_init__(self) -> None:
        if self.at is not None:
            object.__setattr__(self, "at", utc(self.at, "at"))

    @property
    def said(self) -> Said:
        """What it says: a label, or the labels of a multi head; None where it says nothing."""
        return self.label if self.labels is None else tuple(each.label for each in self.labels)

    @property
    def certain(self) -> tuple[str, ...]:
        """Of a multi head, the labels that a person set or a certificate covers."""
        return tuple(each.label for each in self.labels or () if each.mode != SUGGESTED)


@dataclass(frozen=True, kw_only=True)
class FieldValue:
    """A value of a declared field, and where it comes from.

    `start` and `end` are places in the ticket's `source`, its subject or description; a value of a later reply, of a
    form or of a person has none. `problem` is `format`, `checksum`, `range` or `future`; None where the value is valid.
    """

    name: str
    value: str
    source: str
    as_written: str
    start: int | None = None
    end: int | None = None
    problem: str | None = None


def plain(value: Json) -> Json:
    """Write a value of a fact as plain JSON values."""
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, ReasonCode):
        return value.value
    if isinstance(value, Message | Tag | FieldValue | ListedLabel):
        written = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        if written.get("labels", "") is None:  # of a head with one label, as it always was
            del written["labels"]
        return written
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def value_of(name: str, written: Json) -> Json:
    """Read the value of a field from what `plain` wrote."""
    if name in {"at", "due_by", "since"}:
        return from_text(written, name)
    if name == "transcript":
        return tuple(Message(from_text(each["at"], "at"), each["by"], each["text"]) for each in written)
    if name == "tags":
        return {head: _tag(each) for head, each in written.items()}
    if name == "fields":  # null: erased
        return tuple(FieldValue(**each) for each in written or ())
    if name in {"tickets", "attachments", "names"}:
        return tuple(written)
    return written


def _tag(plain: Mapping[str, Any]) -> Tag:
    at, code, listed = plain.get("at"), plain.get("reason_code"), plain.get("labels")
    return Tag(
        **{
            **plain,
            "reason_code": ReasonCode(code) if code else code_of(plain["mode"], plain.get("raised_by")),
            "alternatives": tuple((label, share) for label, share in plain.get("alternatives", ())),
            "at": None if at is None else from_text(at, "at"),
            "labels": None if listed is None else tuple(ListedLabel(**each) for each in listed),
        }
    )


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened at an instant.

    By `customer`, `firstline`, `agent:<name>`, `helpdesk:<connection>` or `model:<version>`. The name is what the
    caller says; `key_id` is the API key that was shown for it, None for what no key did.
    """

    type: ClassVar[str] = ""

    at: datetime
    by: str
    key_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at, "at"))

    @property
    def is_by_model(self) -> bool:
        """Whether a model of a bundle did it."""
        return self.by.startswith("model:")

    def __init_subclass__(cls) -> None:
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read this fact from its record; fields with a default may be missing, unknown ones may not be there."""
        known = {each.name: each for each in fields(cls)}
        strange = set(record) - {"type", *known}
        lacking = {
            name for name, each in known.items() if each.default is MISSING and each.default_factory is MISSING
        } - set(record)
        if strange or lacking:
            raise UnreadableRecord(cls.type, f"unknown: {sorted(strange)}, missing: {sorted(lacking)}")
        try:
            return cls(**{name: value_of(name, record[name]) for name in known if name in record})
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise UnreadableRecord(cls.type, repr(problem)) from None
