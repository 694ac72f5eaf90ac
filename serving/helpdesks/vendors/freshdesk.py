"""Freshdesk: automation rules send webhooks, API v2 takes tickets, and both of its deadlines can be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.deliveries import changed
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paging import ByTime
from serving.helpdesks.port.paths import segment
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
    whole,
    words,
)
from serving.helpdesks.port.port import (
    Capabilities,
    ChangedPage,
    Handoff,
    Heard,
    HelpdeskAdapter,
    Ignored,
    Inbound,
    Page,
    Remote,
    Thread,
    Value,
    Values,
    stamp,
)
from serving.helpdesks.port.tags import labels_at
from serving.helpdesks.port.timeline import PAGES, gone, is_gone
from serving.helpdesks.vendors.freshdesk_thread import attachments, events, fields, merged_into, sent_fields, status

_PAGE = 100
_DUE = {"resolution_by": "due_by", "first_response_by": "fr_due_by"}
_RESOLVED, _CLOSED = 4, 5
_SOURCES = {"1": "email", "2": "web", "3": "phone", "7": "chat", "9": "web"}


_HIDDEN = {403, 404, 410}


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a rule's simple content, or the JSON that our page says to paste."""
    sent = dig(payload, "freshdesk_webhook") or payload
    remote_id = text(sent, "ticket_id").rpartition("-")[2]
    event = text(sent, "triggered_event") or text(sent, "event")
    if event and "created" not in event:
        return [changed(remote_id, connection)]
    if OURS in text(sent, "ticket_tags") or text(sent, "firstline_id").startswith(OURS):
        return [Ignored("it is our own")]
    source = text(sent, "ticket_source").lower()
    found = Inbound(
        remote_id=remote_id,
        subject=subject(sent, "ticket_subject"),
        text=plain(sent, "ticket_description"),
        email=email(sent, "requester_email")
        or email(sent, "ticket_requester_email")
        or email(sent, "ticket_contact_email"),
        channel=source if source in {"email", "chat", "phone"} else "api",
        has_text=isinstance(sent, dict) and bool({"ticket_subject", "ticket_description"} & set(sent)),
        fields=sent_fields(sent),
    )
    return [found]


class Freshdesk(HelpdeskAdapter):
    """Finds tickets it created by a tag with our id; search lists a new ticket only after a while."""

    capabilities = Capabilities(
        resolution_by="written",
        first_response_by="written",
        repeatable="late_search",
        threads=True,
        edits_notes=True,
    )
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
        return self._remote(remote_id, self.call("GET", f"/api/v2/tickets/{segment(remote_id)}"))

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text, and what is known of the customer."""
        ticket = whole(self.call("GET", f"/api/v2/tickets/{segment(remote_id)}", include="requester,company"))
        if any(tag.startswith(OURS) for tag in words(ticket, "tags")):
            return Ignored("it is our own")
        if _is_deleted(ticket):
            return Ignored("it was deleted, or is spam")
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "subject"),
            text=plain(ticket, "description_text") or plain(ticket, "description"),
            email=email(ticket, "requester", "email"),
            channel=_SOURCES.get(text(ticket, "source"), "api"),
            created_at=instant(ticket, "created_at"),
            attachments=attachments(ticket),
            fields=self._fields(ticket),
        )

    def thread(self, remote_id: str) -> Thread:
        """Read a ticket with its conversations."""
        try:
            ticket = whole(self.call("GET", f"/api/v2/tickets/{segment(remote_id)}", include="requester,company,stats"))
        except DeskRefused as refused:
            if is_gone(refused) and self.probe():  # and it is not all of the helpdesk that is gone
                return gone(remote_id)
            raise
        said = self._conversations(remote_id)
        return Thread(
            remote=self._remote(remote_id, ticket),
            events=events(ticket, said, self.connection),
            status=status(ticket, self.connection),
            changed_at=instant(ticket, "updated_at"),
            assignee=text(ticket, "responder_id") if "responder_id" in ticket else None,
            merged_into=merged_into(ticket, said),
            deleted=_is_deleted(ticket),
            fields=self._fields(ticket),
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the tickets that changed; those in the trash or marked as spam are not listed."""
        place = ByTime.read(since, cursor)
        query = {"updated_since": stamp(place.since), "order_by": "updated_at", "order_type": "asc"}
        found = self.call("GET", "/api/v2/tickets", **query, per_page=str(_PAGE), page=str(place.page))
        rows = items(found)
        more = len(rows) == _PAGE
        ids = dict.fromkeys(number for each in rows if (number := text(each, "id")))
        following = place.after([instant(each, "updated_at") for each in rows], more=more)
        return ChangedPage(ids=list(ids), cursor=following.cursor(), more=more)

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; both deadlines go together, because one alone is refused."""
        values = dict(changes)
        if set(values) & set(_DUE):
            values = {name: remote.values[name] for name in _DUE if remote.values.get(name)} | values
        self.call("PUT", f"/api/v2/tickets/{segment(remote.id)}", self._body(values))

    def note(self, remote_id: str, body: str) -> str:
        """Add a private note."""
        made = self.call("POST", f"/api/v2/tickets/{segment(remote_id)}/notes", {"body": _html(body), "private": True})
        return text(made, "id")

    def edit_note(self, remote_id: str, note_id: str, body: str) -> None:  # noqa: ARG002 (its number is enough)
        """Rewrite a note of ours."""
        self.call("PUT", f"/api/v2/conversations/{segment(note_id)}", {"body": _html(body)})

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the tickets that changed since, and of it those that are resolved or closed."""
        number = int(cursor or "1")
        query = {"updated_since": stamp(since), "include": "stats,requester,description"}
        query |= {"order_by": "updated_at", "order_type": "asc", "per_page": str(_PAGE), "page": str(number)}
        found = self.call("GET", "/api/v2/tickets", **query)
        rows = items(found)
        closed = [row for row in rows if row.get("status") in {_RESOLVED, _CLOSED}]
        return Page(records=[self._record(row) for row in closed], cursor=str(number + 1), more=len(rows) == _PAGE)

    def _remote(self, remote_id: str, ticket: Any) -> Remote:  # noqa: ANN401
        values: dict[str, Value] = {
            name: text(ticket, "custom_fields", place) for name in self.connection.fields if (place := self.maps(name))
        }
        for ours, theirs in _DUE.items():
            at = instant(ticket, theirs)
            values[ours] = stamp(at) if at else ""
        return Remote(
            id=remote_id, values=values | {"priority": text(ticket, "priority"), "tags": words(ticket, "tags")}
        )

    def _conversations(self, remote_id: str) -> list[Any]:
        said: list[Any] = []
        for number in range(1, PAGES + 1):
            query = {"per_page": str(_PAGE), "page": str(number)}
            page = items(self.call("GET", f"/api/v2/tickets/{segment(remote_id)}/conversations", **query))
            said += page
            if len(page) < _PAGE:
                break
        return said

    def _fields(self, ticket: Any) -> dict[str, str]:  # noqa: ANN401
        return fields(
            ticket,
            self._other("contacts", text(ticket, "requester_id")),
            self._other("companies", text(ticket, "company_id")),
            self._other("products", text(ticket, "product_id")),
        )

    def _other(self, kind: str, number: str) -> Any:  # noqa: ANN401
        """Ask for a record that the ticket names; none where it is gone or not for us to see."""
        if not number:
            return None
        try:
            return self.call("GET", f"/api/v2/{kind}/{segment(number)}")
        except DeskRefused as refused:
            if refused.status in _HIDDEN:
                return None
            raise

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
        said = items(self.call("GET", f"/api/v2/tickets/{segment(remote_id)}/conversations"))
        answers = [plain(each, "body_text") for each in said if not each.get("private") and not each.get("incoming")]
        fields = self.connection.fields
        labels = labels_at(words(row, "tags"), self.connection) | {
            head: label
            for head in self.connection.topics
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


def _is_deleted(ticket: Any) -> bool:  # noqa: ANN401
    return dig(ticket, "deleted") is True or dig(ticket, "spam") is True
