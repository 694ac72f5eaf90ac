"""Freshdesk: automation rules send webhooks, API v2 takes tickets, and both of its deadlines can be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import (
    OURS,
    dig,
    email,
    instant,
    items,
    last,
    plain,
    record,
    subject,
    text,
    words,
)
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
    labels_in,
    stamp,
)

_PAGE = 100
_DUE = {"resolution_by": "due_by", "first_response_by": "fr_due_by"}
_RESOLVED, _CLOSED = 4, 5
_SOURCES = {"1": "email", "2": "web", "3": "phone", "7": "chat", "9": "web"}


def heard(payload: Any, _: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read the rule's simple content, or the JSON that our page says to paste."""
    told = dig(payload, "freshdesk_webhook") or payload
    event = text(told, "triggered_event")
    if event and "created" not in event:
        return [Ignored(f"event {event!r}")]
    if OURS in text(told, "ticket_tags") or text(told, "firstline_id").startswith(OURS):
        return [Ignored("it is our own")]
    found = Inbound(
        remote_id=text(told, "ticket_id").rpartition("-")[2],
        subject=subject(told, "ticket_subject"),
        text=plain(told, "ticket_description"),
        email=email(told, "requester_email")
        or email(told, "ticket_requester_email")
        or email(told, "ticket_contact_email"),
        channel=text(told, "ticket_source").lower()
        if text(told, "ticket_source").lower() in {"email", "chat", "phone"}
        else "api",
    )
    return [found]


class Freshdesk(HelpdeskAdapter):
    """Finds tickets it created by a tag with our id; search lists a new ticket only after a while."""

    capabilities = Capabilities(resolution_by="written", first_response_by="written", repeatable="late_search")
    priorities: ClassVar[Mapping[str, str]] = {"P0": "4", "P1": "3", "P2": "2", "P3": "1", "P4": "1"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({"", "1"})}

    def headers(self) -> Mapping[str, str]:
        """Show the API key."""
        return {"Authorization": f"Basic {b64encode(f'{self.connection.token}:X'.encode()).decode()}"}

    def probe(self) -> str:
        """Ask who we are."""
        return text(self.call("GET", "/api/v2/agents/me"), "contact", "email")

    def find(self, external_id: str) -> str | None:
        """Look for the tag that is our id."""
        found = self.call("GET", "/api/v2/search/tickets", query=f"\"tag:'{external_id}'\"")
        return text(found, "results", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket; one without an address gets one that no mail can reach, as Freshdesk insists on a person."""
        body = {
            "subject": case.subject,
            "description": _html(case.text or case.subject),
            "email": case.email or "unknown@customer.invalid",
            "status": 2,
            "source": 2,
            **self._body({"priority": "1"} | self.wanted(case)),
        }
        body["tags"] = [*body.get("tags", []), case.external_id]
        return text(self.call("POST", "/api/v2/tickets", body), "id")

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write."""
        ticket = self.call("GET", f"/api/v2/tickets/{remote_id}")
        values: dict[str, Value] = {
            name: text(ticket, "custom_fields", place) for name in self.connection.fields if (place := self.maps(name))
        }
        for ours, theirs in _DUE.items():
            at = instant(ticket, theirs)
            values[ours] = stamp(at) if at else ""
        return Remote(
            id=remote_id, values=values | {"priority": text(ticket, "priority"), "tags": words(ticket, "tags")}
        )

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text."""
        ticket = self.call("GET", f"/api/v2/tickets/{remote_id}", include="requester")
        if any(tag.startswith(OURS) for tag in words(ticket, "tags")):
            return Ignored("it is our own")
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "subject"),
            text=plain(ticket, "description_text"),
            email=email(ticket, "requester", "email"),
            channel=_SOURCES.get(text(ticket, "source"), "api"),
            created_at=instant(ticket, "created_at"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; both deadlines go together, because one alone is refused."""
        values = dict(changes)
        if set(values) & set(_DUE):
            values = {name: remote.values[name] for name in _DUE if remote.values.get(name)} | values
        self.call("PUT", f"/api/v2/tickets/{remote.id}", self._body(values))

    def note(self, remote_id: str, body: str) -> str:
        """Add a private note."""
        made = self.call("POST", f"/api/v2/tickets/{remote_id}/notes", {"body": _html(body), "private": True})
        return text(made, "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the tickets that changed since, and of it those that are resolved or closed."""
        number = int(cursor or "1")
        query = {"updated_since": stamp(since), "include": "stats,requester,description"}
        query |= {"order_by": "updated_at", "order_type": "asc", "per_page": str(_PAGE), "page": str(number)}
        found = self.call("GET", "/api/v2/tickets", **query)
        rows = items(found)
        closed = [row for row in rows if row.get("status") in {_RESOLVED, _CLOSED}]
        return Page(records=[self._record(row) for row in closed], cursor=str(number + 1), more=len(rows) == _PAGE)

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {_DUE[name]: values[name] for name in _DUE if name in values}
        if "priority" in values:
            body["priority"] = int(str(values["priority"]))
        if "tags" in values:
            body["tags"] = list(values["tags"])
        customs = self.custom(values)
        return body | ({"custom_fields": dict(customs)} if customs else {})

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        said = items(self.call("GET", f"/api/v2/tickets/{remote_id}/conversations"))
        answers = [plain(each, "body_text") for each in said if not each.get("private") and not each.get("incoming")]
        fields = self.connection.fields
        labels = labels_in(words(row, "tags")) | {
            head: label
            for head in ("category", "product_area")
            if head in fields and (label := text(row, "custom_fields", fields[head]))
        }
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "subject"),
            description=plain(row, "description_text") or plain(row, "description"),
            created_at=instant(row, "created_at"),
            first_response_at=instant(row, "stats", "first_responded_at"),
            closed_at=instant(row, "stats", "closed_at") or instant(row, "stats", "resolved_at"),
            channel=_SOURCES.get(text(row, "source"), "api"),
            priority=self.level(text(row, "priority")),
            resolution=last(answers),
            **labels,
        )


def _html(said: str) -> str:
    return escape(said).replace("\n", "<br>")
