"""Intercom tickets: every value is an attribute of the ticket type, which the workspace's owner creates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, plain, record, subject, text
from serving.helpdesks.port.port import (
    Capabilities,
    Handoff,
    Heard,
    HelpdeskAdapter,
    Ignored,
    Inbound,
    Page,
    Remote,
    Value,
    Values,
)

_TITLE, _BODY = "_default_title_", "_default_description_"
_VERSION = "2.15"
_PAGE = 50
_EXTERNAL = "firstline_id"


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a notification: a ticket, or a conversation that a person began."""
    topic, item = text(payload, "topic"), dig(payload, "data", "item")
    if topic == "conversation.user.created":
        found = Inbound(
            remote_id=text(item, "id"),
            subject=subject(item, "source", "subject"),
            text=plain(item, "source", "body"),
            email=email(item, "source", "author", "email"),
            channel="email" if text(item, "source", "type") == "email" else "chat",
            created_at=instant(item, "created_at"),
        )
        return [found]
    if topic != "ticket.created":
        return [Ignored(f"topic {topic!r}")]
    if _external(item, connection).startswith(OURS):
        return [Ignored("it is our own")]
    return [_ticket(item)]


class Intercom(HelpdeskAdapter):
    """Updates one attribute at a time of those that the connection maps."""

    capabilities = Capabilities(priority=False, tags=False, repeatable="late_search")
    priorities: ClassVar[Mapping[str, str]] = {name: name for name in ("P0", "P1", "P2", "P3", "P4")}

    def headers(self) -> Mapping[str, str]:
        """Show the access token, and which version of the API is spoken."""
        return {"Authorization": f"Bearer {self.connection.token}", "Intercom-Version": _VERSION}

    def probe(self) -> str:
        """Ask for the ticket type."""
        found = self.call("GET", f"/ticket_types/{self.connection.options['ticket_type_id']}")
        return f"ticket type {text(found, 'name')}"

    def find(self, external_id: str) -> str | None:
        """Look for our id in its attribute."""
        asked = {"field": f"ticket_attribute.{self._external}", "operator": "=", "value": external_id}
        return text(self.call("POST", "/tickets/search", {"query": asked}), "tickets", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket for the contact of this address."""
        told = {_TITLE: case.subject, _BODY: case.text or case.subject, self._external: case.external_id}
        body = {
            "ticket_type_id": self.connection.options["ticket_type_id"],
            "contacts": [{"email": case.email or "unknown@customer.invalid"}],
            "ticket_attributes": told | self.custom(self.wanted(case)),
        }
        return text(self.call("POST", "/tickets", body), "id")

    def read(self, remote_id: str) -> Remote:
        """Read the attributes that we may write."""
        found = self.call("GET", f"/tickets/{remote_id}")
        values: dict[str, Value] = {
            name: text(found, "ticket_attributes", place)
            for name in self.connection.fields
            if (place := self.maps(name))
        }
        return Remote(id=remote_id, values=values)

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a ticket."""
        return _ticket(self.call("GET", f"/tickets/{remote_id}"))

    def update(self, remote: Remote, changes: Values) -> None:
        """Write attributes; the others stay as they are."""
        self.call("PUT", f"/tickets/{remote.id}", {"ticket_attributes": self.custom(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a note by the admin who the connection names as `bot`."""
        reply = {"message_type": "note", "type": "admin", "admin_id": self.connection.bot, "body": body}
        return text(self.call("POST", f"/tickets/{remote_id}/reply", reply), "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of tickets that are closed and were updated since."""
        closed = {"field": "open", "operator": "=", "value": False}
        later = {"field": "updated_at", "operator": ">", "value": int(since.timestamp())}
        page = {"per_page": _PAGE, **({"starting_after": cursor} if cursor else {})}
        query = {"operator": "AND", "value": [closed, later]}
        found = self.call("POST", "/tickets/search", {"query": query, "pagination": page})
        following = text(found, "pages", "next", "starting_after")
        records = [self._record(row) for row in items(found, "tickets")]
        return Page(records=records, cursor=following or cursor or "", more=bool(following))

    @property
    def _external(self) -> str:
        return self.connection.fields.get("external_id", _EXTERNAL)

    def custom(self, values: Values) -> dict[str, Value]:
        """Return attributes; a list has none, so tags are one text."""
        found = super().custom(values)
        return {place: " ".join(value) if isinstance(value, tuple) else value for place, value in found.items()}

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return tags as the one text that an attribute holds."""
        return " ".join(value) if isinstance(value, tuple) else super().word(name, value)

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        parts = items(row, "ticket_parts", "ticket_parts")
        answers = [
            plain(each, "body")
            for each in parts
            if text(each, "part_type") == "comment" and text(each, "author", "type") == "admin"
        ]
        fields = self.connection.fields
        labels = {
            head: text(row, "ticket_attributes", fields[head])
            for head in ("category", "product_area", "priority")
            if head in fields
        }
        found = _ticket(row)
        return record(
            id=f"{self.connection.name}-{found.remote_id}",
            subject=found.subject,
            description=found.text,
            created_at=found.created_at,
            closed_at=instant(row, "updated_at"),
            channel=found.channel,
            resolution=last(answers),
            **labels,
        )


def _ticket(item: Any) -> Inbound:  # noqa: ANN401
    return Inbound(
        remote_id=text(item, "id"),
        subject=subject(item, "ticket_attributes", _TITLE),
        text=plain(item, "ticket_attributes", _BODY),
        email=email(item, "contacts", "contacts", 0, "email"),
        channel="chat",
        created_at=instant(item, "created_at"),
    )


def _external(item: Any, connection: Connection) -> str:  # noqa: ANN401
    return text(item, "ticket_attributes", connection.fields.get("external_id", _EXTERNAL))
