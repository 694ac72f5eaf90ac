"""A Zendesk ticket as a thread: its audits as events, merges, and what Zendesk knows of the customer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, instant, items, plain, text, words
from serving.helpdesks.port.port import EventKind, RemoteEvent, RemoteStatus
from serving.helpdesks.port.timeline import flat, flat_text, in_order

#: On hold is open to us: it waits for a third party, and the customer still waits for an answer.
_STATUSES: Mapping[str, RemoteStatus] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "open",
    "solved": "resolved",
    "closed": "closed",
}
_SAID = {"Comment", "VoiceComment", "FacebookComment"}
_SYSTEM = "-1"
_GENERATED = {"4"}  # the flag of a comment that was automatically generated
_MERGED_TAG = "closed_by_merge"
_INTO = re.compile(r"merged into request #?(\d{1,20})", re.IGNORECASE)
_NUMBER = re.compile(r"#(\d{1,20})")
People = Mapping[str, Any]  # by their ids


def status(word: str) -> RemoteStatus | None:
    """Return a status in our words."""
    return _STATUSES.get(word.lower())


def events(audits: Sequence[Any], people: People, requester: str, connection: Connection) -> tuple[RemoteEvent, ...]:
    """Return what happened, from the audits of a ticket in their order; the first comment opened it and is left out."""
    pairs = [(audit, event) for audit in audits for event in items(audit, "events")]
    said = [pair for pair in pairs if text(pair[1], "type") in _SAID][1:]
    moved = [pair for pair in pairs if text(pair[1], "field_name") == "status"]
    reader = _EventReader(people, requester, connection)
    return in_order([*(reader.comment(*pair) for pair in said), *(reader.change(*pair) for pair in moved)])


class _EventReader:
    """Reads an event of an audit as ours."""

    def __init__(self, people: People, requester: str, connection: Connection) -> None:
        self._people, self._requester, self._connection = people, requester, connection

    def comment(self, audit: Any, event: Any) -> RemoteEvent | None:  # noqa: ANN401 (JSON)
        at, author = instant(audit, "created_at"), text(event, "author_id") or text(audit, "author_id")
        if at is None or not text(event, "id"):
            return None
        machine = author == _SYSTEM or "rule" in {text(each, "via", "channel") for each in (event, audit)}
        body = event if text(event, "body") or text(event, "html_body") else dig(event, "data")
        return RemoteEvent(
            id=text(event, "id"),
            kind=self._kind(audit, event, author, machine=machine),
            at=at,
            by=self.name(author),
            text=plain(body, "plain_body") or plain(body, "body") or plain(body, "html_body"),
            automatic=machine or generated(event) or generated(audit),
        )

    def change(self, audit: Any, event: Any) -> RemoteEvent | None:  # noqa: ANN401
        at, now = instant(audit, "created_at"), status(text(event, "value"))
        first = text(event, "type") == "Create" and now in {"new", "open"}
        if at is None or now is None or first or not text(event, "id"):
            return None
        return RemoteEvent(
            id=text(event, "id"), kind="status", at=at, by=self.name(text(audit, "author_id")), status=now
        )

    def name(self, author: str) -> str:
        """Return a person's name; the connection's `bot` where it is our own user."""
        person = self._people.get(author)
        known = [text(person, "name"), author, text(person, "email")]
        if self._connection.bot and self._connection.bot in known:
            return self._connection.bot
        return "Zendesk" if author == _SYSTEM else next((each for each in known if each), "")

    def _kind(self, audit: Any, event: Any, author: str, *, machine: bool) -> EventKind:  # noqa: ANN401
        if machine or _is_merge(audit) or dig(event, "public") is False:
            return "note"
        asks = author == self._requester or text(self._people.get(author), "role") == "end-user"
        return "customer_reply" if asks else "agent_reply"


def generated(found: Any) -> bool:  # noqa: ANN401
    """Tell whether Zendesk flags a comment or an audit as automatically generated."""
    return bool(_GENERATED & {text(each) for each in items(found, "metadata", "flags")})


def is_merged(ticket: Any) -> bool:  # noqa: ANN401
    """Tell whether a ticket was closed by a merge into another one."""
    return _MERGED_TAG in words(ticket, "tags")


def merged_into(ticket: Any, audits: Sequence[Any]) -> str | None:  # noqa: ANN401
    """Return the ticket that goes on in the place of a merged one; Zendesk names it in the comment that closed it."""
    if not is_merged(ticket):
        return None
    for audit in reversed(audits):
        for event in items(audit, "events"):
            said = plain(event, "body")
            found = _INTO.search(said) or (_NUMBER.search(said) if _is_merge(audit) else None)
            if found and found[1] != text(ticket, "id"):
                return found[1]
    return None


def fields(ticket: Any, requester: Any, organization: Any, group: Any, brand: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what Zendesk knows of the customer and the ticket, by the names of docs/helpdesks/zendesk.md."""
    own = {
        "brand": text(brand, "name"),
        "group": text(group, "name"),
        "type": text(ticket, "type"),
        "form": text(ticket, "ticket_form_id"),
        "tags": flat_text(dig(ticket, "tags")),
        "organization": text(organization, "name"),
        "organization.external_id": text(organization, "external_id"),
        "organization.domains": flat_text(dig(organization, "domain_names")),
        "organization.tags": flat_text(dig(organization, "tags")),
        "requester.locale": text(requester, "locale"),
        "requester.time_zone": text(requester, "time_zone"),
        "requester.external_id": text(requester, "external_id"),
        "requester.tags": flat_text(dig(requester, "tags")),
    }
    customs = {text(each, "id"): dig(each, "value") for each in items(ticket, "custom_fields")}
    return {
        **flat(dig(organization, "organization_fields"), "organization."),
        **flat(dig(requester, "user_fields"), "requester."),
        **flat(customs, "field."),
        **{name: value for name, value in own.items() if value},
    }


def _is_merge(audit: Any) -> bool:  # noqa: ANN401
    return "merge" in {text(audit, "via", "channel"), text(audit, "via", "source", "rel")}
