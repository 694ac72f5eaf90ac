"""Zendesk: event subscriptions and trigger webhooks in, the Ticketing API out. Its deadlines cannot be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import (
    OURS,
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
    Call,
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
)

_CREATED = "zen:event-type:ticket.created"


def heard(payload: Any, _: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read an event, whose detail lacks the address, or the body that our trigger's template makes."""
    if text(payload, "type"):
        if text(payload, "type") != _CREATED:
            return [Ignored(f"event {text(payload, 'type')!r}")]
        if text(payload, "detail", "external_id").startswith(OURS):
            return [Ignored("it is our own")]
        return [Inbound(remote_id=text(payload, "detail", "id"), has_text=False)]
    if text(payload, "ticket", "external_id").startswith(OURS):
        return [Ignored("it is our own")]
    found = Inbound(
        remote_id=text(payload, "ticket", "id"),
        subject=subject(payload, "ticket", "title"),
        text=plain(payload, "ticket", "description"),
        email=email(payload, "ticket", "requester_email"),
        channel=_channel(text(payload, "ticket", "via")),
    )
    return [found]


class Zendesk(HelpdeskAdapter):
    """Creates once per Idempotency-Key and finds by external_id; the SLA is the desk's own to keep."""

    capabilities = Capabilities(resolution_by="read_only", first_response_by="read_only", repeatable="key")
    priorities: ClassVar[Mapping[str, str]] = {"P0": "urgent", "P1": "high", "P2": "normal", "P3": "low", "P4": "low"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({""})}

    def headers(self) -> Mapping[str, str]:
        """Show the API token, as the user it was made for."""
        proof = b64encode(f"{self.connection.options['user']}/token:{self.connection.token}".encode()).decode()
        return {"Authorization": f"Basic {proof}"}

    def probe(self) -> str:
        """Ask who we are."""
        return text(self.call("GET", "/api/v2/users/me.json"), "user", "email")

    def find(self, external_id: str) -> str | None:
        """Look for our id."""
        found = self.call("GET", "/api/v2/tickets.json", external_id=external_id)
        return text(found, "tickets", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket; a repeat with the same key gets the same one."""
        ticket: dict[str, Any] = {
            "subject": case.subject,
            "comment": {"body": case.text or case.subject, "public": True},
            "external_id": case.external_id,
            **({"requester": {"email": case.email, "name": case.email.partition("@")[0]}} if case.email else {}),
            **self._body(self.wanted(case)),
        }
        key = {"Idempotency-Key": case.external_id}
        call = Call(method="POST", path="/api/v2/tickets.json", json={"ticket": ticket}, headers=key)
        return text(self.send(call).json, "ticket", "id")

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write; the version is the time of the last update."""
        ticket = self.call("GET", f"/api/v2/tickets/{remote_id}.json")["ticket"]
        customs = {text(each, "id"): each for each in items(ticket, "custom_fields")}
        values: dict[str, Value] = {
            name: text(customs.get(place), "value") for name in self.connection.fields if (place := self.maps(name))
        }
        values |= {"priority": text(ticket, "priority").lower(), "tags": words(ticket, "tags")}
        return Remote(id=remote_id, values=values, version=text(ticket, "updated_at") or None)

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that an event announced: its text, and the address of who asked."""
        ticket = self.call("GET", f"/api/v2/tickets/{remote_id}.json")["ticket"]
        if text(ticket, "external_id").startswith(OURS):
            return Ignored("it is our own")
        asker = self.call("GET", f"/api/v2/users/{text(ticket, 'requester_id')}.json")
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "subject"),
            text=plain(ticket, "description"),
            email=email(asker, "user", "email"),
            channel=_channel(text(ticket, "via", "channel")),
            created_at=instant(ticket, "created_at"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; `safe_update` refuses it if the ticket has changed since."""
        guard = {"safe_update": True, "updated_stamp": remote.version} if remote.version else {}
        self.call("PUT", f"/api/v2/tickets/{remote.id}.json", {"ticket": self._body(changes) | guard})

    def note(self, remote_id: str, body: str) -> str:
        """Add an internal note."""
        comment = {"comment": {"body": body, "public": False}}
        self.call("PUT", f"/api/v2/tickets/{remote_id}.json", {"ticket": comment})
        return ""

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the incremental export, and of it those that are solved or closed."""
        query = {"cursor": cursor} if cursor else {"start_time": str(int(since.timestamp()))}
        found = self.call("GET", "/api/v2/incremental/tickets/cursor.json", **query)
        closed = [row for row in items(found, "tickets") if text(row, "status") in {"solved", "closed"}]
        more = not (isinstance(found, dict) and found.get("end_of_stream"))
        return Page(
            records=[self._record(row) for row in closed],
            cursor=text(found, "after_cursor") or cursor or "",
            more=more and bool(text(found, "after_cursor")),
        )

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {name: _plain(values[name]) for name in ("priority", "tags") if name in values}
        customs = [{"id": int(place), "value": _plain(value)} for place, value in self.custom(values).items()]
        return body | ({"custom_fields": customs} if customs else {})

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        comments = items(self.call("GET", f"/api/v2/tickets/{remote_id}/comments.json"), "comments")
        answers = [
            plain(each, "plain_body") or plain(each, "body")
            for each in comments
            if each.get("public") and text(each, "author_id") != text(row, "requester_id")
        ]
        customs = {text(each, "id"): text(each, "value") for each in items(row, "custom_fields")}
        labels = labels_in(words(row, "tags")) | {
            head: label
            for head in ("category", "product_area")
            if (label := customs.get(self.connection.fields.get(head, "")))
        }
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "subject"),
            description=plain(row, "description"),
            created_at=instant(row, "created_at"),
            closed_at=instant(row, "updated_at"),
            channel=_channel(text(row, "via", "channel")),
            priority=self.level(text(row, "priority").lower()),
            resolution=last(answers),
            **labels,
        )


def _channel(via: str) -> str:
    known = {"email": "email", "mail": "email", "chat": "chat", "messaging": "chat", "voice": "phone", "web": "web"}
    return known.get(via.lower(), "api")


def _plain(value: Value) -> str | list[str]:
    return list(value) if isinstance(value, tuple) else value
