"""A closed ticket as training data: original text, final labels and times; to and from the export's record."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from triage.errors import BadClosedTicket
from triage.taxonomy.heads import SHIPPED, names_of
from triage.text.cleaning import model_text
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

LABELS = names_of(SHIPPED)
TIMES = ("created_at", "closed_at", "first_response_at")
WORDS = ("channel", "plan", "language", "account", "resolution_type")
SOURCES = "label_sources"
_LONGEST_LABEL = 200
_MOST_LABELS = 200
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTicket:
    """One closed ticket; fields missing in the export are None (or empty)."""

    id: str
    subject: str = ""
    description: str = ""
    created_at: datetime | None = None
    closed_at: datetime | None = None
    first_response_at: datetime | None = None
    channel: str | None = None
    plan: str | None = None
    language: str | None = None
    account: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By head, those that a person stands for: what is learnt from and measured on."""
    unseen_labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By head, those that only the model set: they are no evidence of anything."""
    label_sources: Mapping[str, LabelSource] = field(default_factory=lambda: MappingProxyType({}))
    """By head, where its label comes from; a label without a source is from an export that does not say."""
    label_sets: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By multi head, all labels of the ticket. Empty: none fits; a head that is not here was not looked at."""
    resolution: str | None = None
    resolution_type: str | None = None
    csat: float | None = None
    spam: bool = False
    kb_article_ids: tuple[str, ...] = ()  # best first
    _text: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def final_labels(self) -> Mapping[str, str]:
        """All labels as the ticket ended, whoever set them: what deadlines hung on, and no evidence."""
        return {**self.labels, **self.unseen_labels}

    @property
    def seen_sets(self) -> Mapping[str, tuple[str, ...]]:
        """By multi head, the labels that a person stands for: what is learnt from and measured on."""
        unseen = LabelSource.MODEL_UNSEEN
        return {head: each for head, each in self.label_sets.items() if self.label_sources.get(head) is not unseen}

    @property
    def text(self) -> str:
        """What a model reads of it. A refit asks eight times, so it is found out once."""
        found = self._text
        if found is None:
            found = model_text(self.subject, self.description, (self.account,))
            object.__setattr__(self, "_text", found)  # frozen, and always the same
        return found


def fields_of(heads: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that are read of an export, of a desk with these heads."""
    return (
        *("id", "subject", "description", *TIMES, *WORDS, *heads, SOURCES),
        *("resolution", "csat", "spam", "kb_article_id"),
    )


FIELDS = fields_of(LABELS)


def heads_of(tickets: Iterable[ClosedTicket]) -> tuple[str, ...]:
    """Return the heads that any of the tickets has a label of: those that come with Firstline first."""
    found = {head for ticket in tickets for labels in (ticket.labels, ticket.unseen_labels) for head in labels}
    return in_order(found)


def in_order(heads: Collection[str]) -> tuple[str, ...]:
    """Return heads in the order in which they are shown: those that come with Firstline first."""
    return (*(head for head in LABELS if head in heads), *sorted(set(heads) - set(LABELS)))


def from_record(record: Mapping[str, object], heads: Sequence[str] = LABELS, multi: Sequence[str] = ()) -> ClosedTicket:
    """Read one row of an export; other columns are left alone. Raises `BadClosedTicket`: field and reason.

    `heads` have one label a ticket, `multi` a list of them.
    """
    labels = {head: word for head in heads if (word := _word(record, head))}
    sets = {head: found for head in multi if (found := _labels(record, head)) is not None}
    sources = _sources(record, (*labels, *sets))
    seen, unseen = parted(labels, sources)
    ticket = ClosedTicket(
        id=_identity(record.get("id")),
        subject=_text(record, "subject") or "",
        description=_text(record, "description") or "",
        created_at=_instant(record, "created_at"),
        closed_at=_instant(record, "closed_at"),
        first_response_at=_instant(record, "first_response_at"),
        channel=_word(record, "channel"),
        plan=_word(record, "plan"),
        language=_word(record, "language"),
        account=_word(record, "account"),
        labels=_frozen(seen),
        unseen_labels=_frozen(unseen),
        label_sources=_frozen(sources),
        label_sets=_frozen(sets),
        resolution=_text(record, "resolution"),
        resolution_type=_word(record, "resolution_type"),
        csat=_number(record, "csat"),
        spam=_flag(record, "spam"),
        kb_article_ids=_articles(record),
    )
    if not ticket.text:
        raise BadClosedTicket("description", "subject and description are both empty")
    return ticket


def to_record(ticket: ClosedTicket) -> dict[str, object]:
    """Return the row that `from_record` reads back to an equal ticket; what is unknown is left out."""
    row: dict[str, object] = {"id": ticket.id, "subject": ticket.subject, "description": ticket.description}
    for name in TIMES:
        instant: datetime | None = getattr(ticket, name)
        if instant is not None:
            row[name] = instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    row |= {name: getattr(ticket, name) for name in (*WORDS, "resolution", "csat") if getattr(ticket, name) is not None}
    labels = ticket.final_labels
    row |= labels
    row |= {head: list(each) for head, each in ticket.label_sets.items()}
    if sources := {head: source.value for head, source in ticket.label_sources.items() if head in row}:
        row[SOURCES] = sources
    if ticket.spam:
        row["spam"] = True
    if ticket.kb_article_ids:
        row["kb_article_id"] = list(ticket.kb_article_ids)
    return row


def parted(labels: Mapping[str, str], sources: Mapping[str, LabelSource]) -> tuple[dict[str, str], dict[str, str]]:
    """Part labels by head into those that a person stands for, and those that only the model set."""
    unseen = {head: label for head, label in labels.items() if sources.get(head) is LabelSource.MODEL_UNSEEN}
    return {head: label for head, label in labels.items() if head not in unseen}, unseen


def read_labels(head: str, value: object) -> str | tuple[str, ...] | None:
    """Read a label, or a list of labels; None where it is empty. Raises `BadClosedTicket`."""
    return _labels({head: value}, head) if isinstance(value, list) else _word({head: value}, head)


def _frozen(of: dict[str, _Value]) -> Mapping[str, _Value]:
    return MappingProxyType(of) if of else _NOTHING


def _identity(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadClosedTicket("id", "is missing" if value in (None, "") else "is neither text nor a whole number")
    return _sound("id", str(value).strip())


def _sound(name: str, text: str) -> str:
    if "\x00" in text:
        raise BadClosedTicket(name, "contains a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadClosedTicket(name, "is not valid Unicode (a lone surrogate)") from None
    return text


def _text(record: Mapping[str, object], name: str) -> str | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadClosedTicket(name, "is not text")
    return _sound(name, value)


def _word(record: Mapping[str, object], name: str) -> str | None:
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    word = (_text({name: value}, name) or "").strip()
    if len(word) > _LONGEST_LABEL:
        raise BadClosedTicket(name, f"is longer than {_LONGEST_LABEL} characters")
    return sys.intern(word) if word else None  # a million tickets share a few words


def _instant(record: Mapping[str, object], name: str) -> datetime | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise BadClosedTicket(name, "is not an RFC 3339 instant such as 2026-03-01T09:30:00Z") from None
    if not isinstance(value, datetime):
        raise BadClosedTicket(name, "is not an RFC 3339 instant such as 2026-03-01T09:30:00Z")
    if value.tzinfo is None:
        raise BadClosedTicket(name, "has no time zone; write 2026-03-01T09:30:00Z or +01:00 at the end")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise BadClosedTicket(name, "is outside the calendar") from None


def _number(record: Mapping[str, object], name: str) -> float | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        number = float("nan")
    if not abs(number) < 1e9:  # also refuses NaN
        raise BadClosedTicket(name, "is not a number")
    return number


def _flag(record: Mapping[str, object], name: str) -> bool:
    value = record.get(name)
    if isinstance(value, str):
        value = value.strip().lower()
    if value in (None, "", False, 0, "0", "false", "no"):
        return False
    if value in (True, 1, "1", "true", "yes"):
        return True
    raise BadClosedTicket(name, "is neither true nor false")


def _labels(record: Mapping[str, object], head: str) -> tuple[str, ...] | None:
    """Read a list of labels, each once; None where the row has no such list."""
    value = record.get(head)
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) > _MOST_LABELS:
        raise BadClosedTicket(head, f"is no list of at most {_MOST_LABELS} labels")
    words = (_word({head: each}, head) for each in value)
    return tuple(dict.fromkeys(word for word in words if word))


def _sources(record: Mapping[str, object], labels: Collection[str]) -> dict[str, LabelSource]:
    """Read where the labels come from; a head without a label has no source."""
    value = record.get(SOURCES)
    if isinstance(value, str) and value.strip():  # how an object looks in a CSV
        try:
            value = json.loads(value)
        except ValueError:
            raise BadClosedTicket(SOURCES, 'is no JSON object such as {"category": "person"}') from None
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise BadClosedTicket(SOURCES, 'is no JSON object such as {"category": "person"}')
    known = {source.value: source for source in LabelSource}
    given = {head: value[head] for head in labels if value.get(head) is not None}
    strange = sorted(head for head, source in given.items() if not isinstance(source, str) or source not in known)
    if strange:
        raise BadClosedTicket(SOURCES, f"of {strange[0]} is none of {', '.join(known)}")
    return {head: known[source] for head, source in given.items()}


def _articles(record: Mapping[str, object]) -> tuple[str, ...]:
    value = record.get("kb_article_id")
    if isinstance(value, str) and value.lstrip().startswith("["):  # how a list looks in a CSV
        try:
            value = json.loads(value)
        except ValueError:
            raise BadClosedTicket(
                "kb_article_id", 'is neither an article id nor a JSON list such as ["a", "b"]'
            ) from None
    if isinstance(value, str | int) or value is None:
        word = _word(record, "kb_article_id")
        return (word,) if word else ()
    if isinstance(value, list | tuple) and all(isinstance(item, str | int) for item in value):
        words = (_word({"kb_article_id": item}, "kb_article_id") for item in value)
        return tuple(dict.fromkeys(word for word in words if word))
    raise BadClosedTicket("kb_article_id", "is neither an article id nor a list of them")
