"""Zammad: triggers send webhooks signed over the body; its escalation times cannot be written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import OURS, email, instant, items, last, plain, record, subject, text
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
)

_PAGE = 50


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a trigger's default body; only a customer's first article opens a case."""
    if text(payload, "ticket", connection.fields.get("external_id", "firstline_id")).startswith(OURS):
        return [Ignored("it is our own")]
    if text(payload, "article", "sender") not in {"Customer", ""}:
        return [Ignored("an agent or the system wrote it")]
    if text(payload, "ticket", "article_count") not in {"1", ""}:
        return [Ignored("a further article of a case")]
    found = Inbound(
        remote_id=text(payload, "ticket", "id"),
        subject=subject(payload, "ticket", "title"),
        text=plain(payload, "article", "body"),
        email=email(payload, "ticket", "customer", "email"),
        channel=_channel(text(payload, "article", "type")),
        created_at=instant(payload, "ticket", "created_at"),
    )
    return [found]


class Zammad(HelpdeskAdapter):
    """Finds tickets it created by a text object (`firstline_id`), otherwise by a tag."""

    capabilities = Capabilities(resolution_by="read_only", first_response_by="read_only", repeatable="late_search")
    priorities: ClassVar[Mapping[str, str]] = {
        "P0": "3 high",
        "P1": "3 high",
        "P2": "2 normal",
        "P3": "1 low",
        "P4": "1 low",
    }
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({"", "2 normal"})}

    def headers(self) -> Mapping[str, str]:
        """Show the access token."""
        return {"Authorization": f"Token token={self.connection.token}"}

    def probe(self) -> str:
        """Ask who we are."""
        return text(self.call("GET", "/api/v1/users/me"), "email")

    def find(self, external_id: str) -> str | None:
        """Look for our id in its object, or among the tags."""
        place = self.connection.fields.get("external_id")
        asked = f"{place}:{external_id}" if place else f'tags:"{external_id}"'
        found = self.call("GET", "/api/v1/tickets/search", query=asked, expand="true")
        return text(found, 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket with its first article."""
        wanted = self.wanted(case)
        place = self.connection.fields.get("external_id")
        tags = [*wanted.get("tags", ()), *([] if place else [case.external_id])]
        body = {
            "title": case.subject,
            "group": self.connection.options["group"],
            "customer_id": f"guess:{case.email}" if case.email else None,
            "article": {
                "subject": case.subject,
                "body": case.text or case.subject,
                "type": "note",
                "content_type": "text/plain",
                "internal": False,
            },
            **self._body(wanted),
            **({place: case.external_id} if place else {}),
            "tags": ",".join(tags),
        }
        return text(self.call("POST", "/api/v1/tickets", {k: v for k, v in body.items() if v is not None}), "id")

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write; tags are an object of their own."""
        ticket = self.call("GET", f"/api/v1/tickets/{remote_id}", expand="true")
        tagged = self.call("GET", "/api/v1/tags", object="Ticket", o_id=remote_id)
        values: dict[str, Value] = {
            name: text(ticket, place) for name in self.connection.fields if (place := self.maps(name))
        }
        tags = tuple(sorted(str(each) for each in items(tagged, "tags")))
        priority = text(ticket, "priority") or text(ticket, "priority", "name")
        return Remote(id=remote_id, values=values | {"priority": priority, "tags": tags})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text."""
        ticket = self.call("GET", f"/api/v1/tickets/{remote_id}", expand="true")
        first = next(iter(items(self.call("GET", f"/api/v1/ticket_articles/by_ticket/{remote_id}"))), None)
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "title"),
            text=plain(first, "body"),
            email=email(ticket, "customer"),
            channel=_channel(text(first, "type")),
            created_at=instant(ticket, "created_at"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; tags are added and taken away one by one."""
        if body := self._body(changes):
            self.call("PUT", f"/api/v1/tickets/{remote.id}", body)
        if "tags" not in changes:
            return
        before, after = set(remote.values.get("tags", ())), set(changes["tags"])
        for verb, path, several in (("POST", "add", after - before), ("DELETE", "remove", before - after)):
            for tag in sorted(several):
                self.call(verb, f"/api/v1/tags/{path}", {"item": tag, "object": "Ticket", "o_id": int(remote.id)})

    def note(self, remote_id: str, body: str) -> str:
        """Add an internal article."""
        article = {
            "ticket_id": int(remote_id),
            "body": body,
            "type": "note",
            "content_type": "text/plain",
            "internal": True,
        }
        return text(self.call("POST", "/api/v1/ticket_articles", article), "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the tickets that were closed, in the order of it."""
        number = int(cursor or "1")
        asked = f"state.name:closed AND close_at:>{since:%Y-%m-%dT%H:%M:%SZ}"
        query = {"query": asked, "sort_by": "close_at", "order_by": "asc", "expand": "true"}
        found = self.call("GET", "/api/v1/tickets/search", **query, per_page=str(_PAGE), page=str(number))
        rows = items(found)
        return Page(records=[self._record(row) for row in rows], cursor=str(number + 1), more=len(rows) == _PAGE)

    def _body(self, values: Values) -> dict[str, Any]:
        own = {"priority": values["priority"]} if "priority" in values else {}
        return own | dict(self.custom(values))

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        articles = items(self.call("GET", f"/api/v1/ticket_articles/by_ticket/{remote_id}"))
        public = [each for each in articles if not each.get("internal")]
        answers = [plain(each, "body") for each in public if text(each, "sender") == "Agent"]
        fields = self.connection.fields
        tagged = self.call("GET", "/api/v1/tags", object="Ticket", o_id=remote_id)
        labels = labels_in([str(each) for each in items(tagged, "tags")]) | {
            head: label
            for head in ("category", "product_area")
            if head in fields and (label := text(row, fields[head]))
        }
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "title"),
            description=plain(public[0], "body") if public else "",
            created_at=instant(row, "created_at"),
            first_response_at=instant(row, "first_response_at"),
            closed_at=instant(row, "close_at"),
            channel=_channel(text(public[0], "type")) if public else None,
            priority=self.level(text(row, "priority")),
            resolution=last(answers),
            **labels,
        )


def _channel(kind: str) -> str:
    return {"email": "email", "chat": "chat", "phone": "phone", "web": "web"}.get(kind, "api")
