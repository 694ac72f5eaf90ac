"""Zammad: triggers send webhooks signed over the body; its escalation times cannot be written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.deliveries import changed
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paging import ByTime
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, plain, record, subject, text, whole
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
from serving.helpdesks.port.timeline import gone, is_gone
from serving.helpdesks.vendors.zammad_thread import (
    EventReader,
    assignee,
    attachments,
    fields,
    is_automatic,
    is_first,
    merged_into,
    opening,
    own_states,
    state_types,
    status,
)

_PAGE = 50


_HIDDEN = {403, 404, 410}


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a trigger's default body; only a customer's first article opens a case."""
    ticket, article = dig(payload, "ticket"), dig(payload, "article")
    if not is_first(ticket, article):
        return [changed(text(ticket, "id"), connection, _who(ticket, article))]
    if text(ticket, connection.fields.get("external_id", "firstline_id")).startswith(OURS):
        return [Ignored("it is our own")]
    if text(article, "sender") not in {"Customer", ""}:
        return [Ignored("an agent or the system wrote it")]
    found = Inbound(
        remote_id=text(ticket, "id"),
        subject=subject(ticket, "title"),
        text=plain(article, "body"),
        email=email(ticket, "customer", "email"),
        channel=_channel(text(article, "type")),
        created_at=instant(ticket, "created_at"),
        automatic=is_automatic(article),
        attachments=attachments(article),
        fields=fields(ticket, dig(ticket, "customer"), dig(ticket, "organization")),
    )
    return [found]


def _who(ticket: Any, article: Any) -> set[str]:  # noqa: ANN401
    actor = dig(article, "created_by") or dig(ticket, "updated_by")
    return {text(actor, key) for key in ("id", "login", "email")} | {text(actor)}


class Zammad(HelpdeskAdapter):
    """Finds tickets it created by a text object (`firstline_id`), otherwise by a tag."""

    capabilities = Capabilities(
        resolution_by="read_only", first_response_by="read_only", repeatable="search", threads=True
    )
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
        """Look for our id in its object, or among the tags; in the database, so that a new ticket is found at once."""
        place = self.connection.fields.get("external_id")
        operator = "is" if place else "contains one"
        found = self._search(_where(place or "tags", operator, external_id))
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
        return self._remote(remote_id, self.call("GET", f"/api/v1/tickets/{segment(remote_id)}", expand="true"))

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text, and what is known of the customer."""
        ticket = whole(self.call("GET", f"/api/v1/tickets/{segment(remote_id)}", expand="true"))
        if text(ticket, self.connection.fields.get("external_id", "firstline_id")).startswith(OURS):
            return Ignored("it is our own")
        remote = self._remote(remote_id, ticket)
        if any(tag.startswith(OURS) for tag in remote.values["tags"]):
            return Ignored("it is our own")
        first = opening(ticket, items(self.call("GET", f"/api/v1/ticket_articles/by_ticket/{segment(remote_id)}")))
        customer = self._other("users", text(ticket, "customer_id"))
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "title"),
            text=plain(first, "body"),
            email=email(customer, "email") or email(ticket, "customer"),
            channel=_channel(text(first, "type")),
            created_at=instant(ticket, "created_at"),
            automatic=is_automatic(first),
            attachments=attachments(first),
            fields=self._fields(ticket, customer, remote),
        )

    def thread(self, remote_id: str) -> Thread:
        """Read a ticket with its articles and its history."""
        try:
            ticket = whole(self.call("GET", f"/api/v1/tickets/{segment(remote_id)}", expand="true"))
        except DeskRefused as refused:
            if is_gone(refused) and self.probe():  # and it is not all of the helpdesk that is gone
                return gone(remote_id)
            raise
        remote = self._remote(remote_id, ticket)
        articles = items(self.call("GET", f"/api/v1/ticket_articles/by_ticket/{segment(remote_id)}"))
        history = self.call("GET", f"/api/v1/ticket_history/{segment(remote_id)}")
        known = (
            state_types(self.call("GET", "/api/v1/ticket_states", expand="true")) if own_states(ticket, history) else {}
        )
        state = text(ticket, "state")
        return Thread(
            remote=remote,
            events=EventReader(self.connection, known).events(ticket, articles, history),
            status=status(state, known, self.connection),
            changed_at=instant(ticket, "updated_at"),
            assignee=assignee(ticket),
            merged_into=merged_into(history),
            deleted=state == "removed",
            fields=self._fields(ticket, self._other("users", text(ticket, "customer_id")), remote),
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the tickets that changed, from the database and not from the search index."""
        place = ByTime.read(since, cursor)
        changed = _where("updated_at", "after (absolute)", stamp(place.since))
        rows = self._search(changed, sort_by="updated_at", order_by="asc", per_page=str(_PAGE), page=str(place.page))
        more = len(rows) == _PAGE
        ids = dict.fromkeys(number for each in rows if (number := text(each, "id")))
        following = place.after([instant(each, "updated_at") for each in rows], more=more)
        return ChangedPage(ids=list(ids), cursor=following.cursor(), more=more)

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; tags are added and taken away one by one."""
        if body := self._body(changes):
            self.call("PUT", f"/api/v1/tickets/{segment(remote.id)}", body)
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
        closed = _where("close_at", "after (absolute)", stamp(since))
        rows = self._search(closed, sort_by="close_at", order_by="asc", per_page=str(_PAGE), page=str(number))
        records = [self._record(row) for row in rows if text(row, "state") in {"closed", ""}]
        return Page(records=records, cursor=str(number + 1), more=len(rows) == _PAGE)

    def _search(self, condition: Mapping[str, str], **query: str) -> list[Any]:
        return items(self.call("GET", "/api/v1/tickets/search", **condition, expand="true", **query))

    def _remote(self, remote_id: str, ticket: Any) -> Remote:  # noqa: ANN401
        tagged = self.call("GET", "/api/v1/tags", object="Ticket", o_id=remote_id)
        values: dict[str, Value] = {
            name: text(ticket, place) for name in self.connection.fields if (place := self.maps(name))
        }
        tags = tuple(sorted(str(each) for each in items(tagged, "tags")))
        priority = text(ticket, "priority") or text(ticket, "priority", "name")
        return Remote(id=remote_id, values=values | {"priority": priority, "tags": tags})

    def _fields(self, ticket: Any, customer: Any, remote: Remote) -> dict[str, str]:  # noqa: ANN401
        organization = self._other("organizations", text(ticket, "organization_id"))
        return fields(ticket, customer, organization, tuple(remote.values["tags"]))

    def _other(self, kind: str, number: str) -> Any:  # noqa: ANN401
        """Ask for a record that the ticket names; none where it is gone or not for us to see."""
        if not number:
            return None
        try:
            return self.call("GET", f"/api/v1/{kind}/{segment(number)}")
        except DeskRefused as refused:
            if refused.status in _HIDDEN:
                return None
            raise

    def _body(self, values: Values) -> dict[str, Any]:
        own = {"priority": values["priority"]} if "priority" in values else {}
        return own | dict(self.custom(values))

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        articles = items(self.call("GET", f"/api/v1/ticket_articles/by_ticket/{segment(remote_id)}"))
        public = [each for each in articles if not each.get("internal")]
        answers = [plain(each, "body") for each in public if text(each, "sender") == "Agent"]
        fields = self.connection.fields
        tagged = self.call("GET", "/api/v1/tags", object="Ticket", o_id=remote_id)
        labels = labels_at([str(each) for each in items(tagged, "tags")], self.connection) | {
            head: label for head in self.connection.topics if head in fields and (label := text(row, fields[head]))
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


def _where(name: str, operator: str, value: str) -> dict[str, str]:
    """Return a condition on a ticket as Zammad's search takes it beside, or in place of, words to look for."""
    return {f"condition[ticket.{name}][operator]": operator, f"condition[ticket.{name}][value]": value}
