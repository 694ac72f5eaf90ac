"""Any system that signs by Standard Webhooks: it sends tickets and receives our own webhooks."""

# ruff: noqa: ARG002 (a port is filled whole, also where there is nothing to do)

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, email, instant, items, plain, subject, text
from serving.helpdesks.port.port import (
    Capabilities,
    EventKind,
    Handoff,
    Heard,
    HelpdeskAdapter,
    Ignored,
    Inbound,
    Page,
    Remote,
    RemoteEvent,
    RemoteStatus,
    Thread,
    Value,
    Values,
)
from serving.helpdesks.port.timeline import flat, flat_text, in_order
from triage.text.nobody.headers import known_fields

_CHANNELS = {"email", "chat", "phone", "in_app", "web", "api"}
_TYPES = {"ticket.replied", "ticket.noted", "ticket.updated", "ticket.merged", "ticket.deleted"}
_STATUSES = {"new", "open", "pending", "resolved", "closed"}
_ABOUT = ("plan", "account", "arr", "region", "language", "brand", "health", "organization", "tags")


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a delivery in the form of docs/helpdesks/standard.md: a new ticket, or what happened to one."""
    kind, data = text(payload, "type"), dig(payload, "data")
    if kind == "ticket.created":
        return [_created(payload, data)]
    if kind not in _TYPES:
        return [Ignored(f"event {kind!r}")]
    if not text(data, "id"):
        return [Ignored("an event without the id of its ticket")]
    if connection.bot and text(data, "author") == connection.bot:
        return [Ignored("it is our own")]
    return [_thread(payload, kind, data, connection.heads)]


def _created(payload: Any, data: Any) -> Inbound:  # noqa: ANN401
    names = (flat_text(each) for each in items(data, "attachments"))
    return Inbound(
        remote_id=text(data, "id"),
        subject=subject(data, "subject"),
        text=plain(data, "description"),
        email=email(data, "email"),
        channel=channel if (channel := text(data, "channel")) in _CHANNELS else "api",
        created_at=instant(data, "created_at") or instant(payload, "timestamp"),
        automatic=dig(data, "automatic") is True,
        headers=_headers(data),
        attachments=tuple(name for name in names if name),
        fields=_told(data),
    )


def _thread(payload: Any, kind: str, data: Any, heads: Sequence[str]) -> Thread:  # noqa: ANN401
    at = instant(data, "at") or instant(payload, "timestamp")
    status = cast("RemoteStatus", found) if (found := text(data, "status").casefold()) in _STATUSES else None
    values: dict[str, Value] = {name: value for name in heads if (value := text(data, name))}
    is_told = isinstance(data, Mapping) and "assignee" in data
    return Thread(
        remote=Remote(id=text(data, "id"), values=values),
        events=in_order(_events(payload, kind, data, at, status)) if at else (),
        status=status,
        changed_at=at,
        assignee=text(data, "assignee") if is_told else None,
        merged_into=text(data, "into") or None if kind == "ticket.merged" else None,
        deleted=kind == "ticket.deleted",
        fields=_told(data),
    )


def _events(
    payload: Any,  # noqa: ANN401
    kind: str,
    data: Any,  # noqa: ANN401
    at: datetime,
    status: RemoteStatus | None,
) -> Iterator[RemoteEvent]:
    number = text(data, "message_id") or _fingerprint(payload)
    author, body, machine = text(data, "author"), plain(data, "text"), dig(data, "automatic") is True
    if body and kind in {"ticket.replied", "ticket.noted"}:
        said: EventKind = "customer_reply" if text(data, "by") == "customer" else "agent_reply"
        noted = kind == "ticket.noted" or (machine and said == "agent_reply")
        about: EventKind = "note" if noted else said
        headers = _headers(data)
        yield RemoteEvent(id=number, kind=about, at=at, by=author, text=body, automatic=machine, headers=headers)
    if status:
        yield RemoteEvent(id=f"{number}:status", kind="status", at=at, by=author, status=status, automatic=machine)


def _headers(data: Any) -> dict[str, str]:  # noqa: ANN401
    found = dig(data, "headers")
    given = found.items() if isinstance(found, Mapping) else ()
    return known_fields({str(name): value for name, value in given if isinstance(value, str)})


def _told(data: Any) -> dict[str, str]:  # noqa: ANN401
    named = {name: value for name in _ABOUT if (value := flat_text(dig(data, name)))}
    return flat(dig(data, "fields")) | named


def _fingerprint(payload: Any) -> str:  # noqa: ANN401
    """Return an id for an event without one: the same at every attempt to deliver it."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:32]


class Standard(HelpdeskAdapter):
    """Receives tickets; there is nothing to write to."""

    capabilities = Capabilities(create=False, priority=False, tags=False, custom_fields=False, closed_since=False)

    def places(self, name: str) -> bool:
        """Tell whether such a system says a value: its deliveries may name each label."""
        return name in self.connection.heads

    def headers(self) -> Mapping[str, str]:
        """Show nothing: nothing is sent."""
        return {}

    def probe(self) -> str:
        """Ask nothing."""
        return "inbound only: what is decided goes out by /v1/webhooks"

    def find(self, external_id: str) -> str | None:
        """Find nothing."""
        return None

    def create(self, case: Handoff) -> str:
        """Refuse."""
        raise NotImplementedError(self.connection.kind)

    def read(self, remote_id: str) -> Remote:
        """Show no values."""
        return Remote(id=remote_id, values={})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Fetch nothing: whoever sends a ticket sends its text."""
        return Ignored("it came without text")

    def update(self, remote: Remote, changes: Values) -> None:
        """Write nothing."""

    def note(self, remote_id: str, body: str) -> str:
        """Write nothing."""
        return ""

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Know of no closed tickets."""
        return Page(records=[], cursor="", more=False)
