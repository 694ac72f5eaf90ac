"""Zendesk: event subscriptions and trigger webhooks in, the Ticketing API out. Its deadlines cannot be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.deliveries import changed
from serving.helpdesks.port.errors import DeskRefused
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
    Call,
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
)
from serving.helpdesks.port.tags import labels_at
from serving.helpdesks.port.timeline import PAGES, flat, gone, is_gone
from serving.helpdesks.vendors.zendesk_thread import events, fields, generated, is_merged, merged_into, status

_EVENT = "zen:event-type:ticket."
_SIDE = "users,organizations,groups"
_LATE = 120  # seconds: the export refuses an instant within the last minute
_HIDDEN = {403, 404, 410}


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read an event, whose detail lacks the address, or the body that our trigger's template makes."""
    if kind := text(payload, "type"):
        return [_of_event(payload, kind, connection)]
    remote_id, ticket = text(payload, "ticket", "id"), dig(payload, "ticket")
    if text(payload, "event") not in {"", "created"}:
        return [changed(remote_id, connection, {text(payload, "actor")})]
    if text(ticket, "external_id").startswith(OURS):
        return [Ignored("it is our own")]
    has_text = isinstance(ticket, dict) and bool({"title", "description"} & set(ticket))
    found = Inbound(
        remote_id=remote_id,
        subject=subject(ticket, "title"),
        text=plain(ticket, "description"),
        email=email(ticket, "requester_email"),
        channel=_channel(text(ticket, "via")),
        has_text=has_text,
        fields=flat(dig(payload, "fields")),
    )
    return [found]


def _of_event(payload: Any, kind: str, connection: Connection) -> Heard:  # noqa: ANN401
    if not kind.startswith(_EVENT):
        return Ignored(f"event {kind!r}")
    remote_id, actor = text(payload, "detail", "id"), text(payload, "detail", "actor_id")
    if kind != f"{_EVENT}created":
        return changed(remote_id, connection, {actor})
    if text(payload, "detail", "external_id").startswith(OURS) or (actor and actor == connection.bot):
        return Ignored("it is our own")
    return Inbound(remote_id=remote_id, has_text=False)


class Zendesk(HelpdeskAdapter):
    """Creates once per Idempotency-Key and finds by external_id; the SLA is the desk's own to keep."""

    capabilities = Capabilities(
        resolution_by="read_only", first_response_by="read_only", repeatable="key", guarded=True, threads=True
    )
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
        return self._remote(remote_id, self.call("GET", f"/api/v2/tickets/{segment(remote_id)}.json")["ticket"])

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that an event announced: its text, the address of who asked, and what is known of them."""
        shown = self.call("GET", f"/api/v2/tickets/{segment(remote_id)}.json", include=_SIDE)
        ticket = whole(shown, "ticket")
        if text(ticket, "external_id").startswith(OURS):
            return Ignored("it is our own")
        asker = self._requester(shown)
        comments = self.call("GET", f"/api/v2/tickets/{segment(remote_id)}/comments.json", **{"page[size]": "1"})
        first = dig(comments, "comments", 0)
        files = (text(each, "file_name") for each in items(first, "attachments"))
        return Inbound(
            remote_id=remote_id,
            subject=subject(ticket, "subject"),
            text=plain(ticket, "description"),
            email=email(asker, "email"),
            channel=_channel(text(ticket, "via", "channel")),
            created_at=instant(ticket, "created_at"),
            automatic=generated(first),
            attachments=tuple(name for name in files if name),
            fields=self._fields(shown, asker),
        )

    def thread(self, remote_id: str) -> Thread:
        """Read a ticket with its audits; one that was deleted is not found any more."""
        try:
            shown = self.call("GET", f"/api/v2/tickets/{segment(remote_id)}.json", include=_SIDE)
        except DeskRefused as refused:
            if is_gone(refused) and self.probe():  # and it is not all of the helpdesk that is gone
                return gone(remote_id)
            raise
        ticket = whole(shown, "ticket")
        audits, people = self._audits(remote_id)
        people |= {text(each, "id"): each for each in items(shown, "users")}
        assignee = text(ticket, "assignee_id")
        return Thread(
            remote=self._remote(remote_id, ticket),
            events=events(audits, people, text(ticket, "requester_id"), self.connection),
            status=status(text(ticket, "status")),
            changed_at=instant(ticket, "updated_at"),
            assignee=(text(people.get(assignee), "name") or assignee) if "assignee_id" in ticket else None,
            merged_into=merged_into(ticket, audits),
            deleted=text(ticket, "status") == "deleted",
            fields=self._fields(shown, self._requester(shown)),
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the incremental export, which lists every change, also deletions."""
        query = {"cursor": cursor} if cursor else {"start_time": str(int(since.timestamp()) - _LATE)}
        found = self.call("GET", "/api/v2/incremental/tickets/cursor.json", **query)
        ids = dict.fromkeys(number for each in items(found, "tickets") if (number := text(each, "id")))
        after = text(found, "after_cursor")
        return ChangedPage(
            ids=list(ids), cursor=after or cursor or "", more=bool(after) and dig(found, "end_of_stream") is not True
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; `safe_update` refuses it if the ticket has changed since."""
        guard = {"safe_update": True, "updated_stamp": remote.version} if remote.version else {}
        self.call("PUT", f"/api/v2/tickets/{segment(remote.id)}.json", {"ticket": self._body(changes) | guard})

    def note(self, remote_id: str, body: str) -> str:
        """Add an internal note."""
        comment = {"comment": {"body": body, "public": False}}
        made = self.call("PUT", f"/api/v2/tickets/{segment(remote_id)}.json", {"ticket": comment})
        noted = (each for each in items(made, "audit", "events") if text(each, "type") == "Comment")
        return text(next(noted, None), "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the incremental export, and of it those that were solved or closed, and not by a merge."""
        query = {"cursor": cursor} if cursor else {"start_time": str(int(since.timestamp()))}
        found = self.call("GET", "/api/v2/incremental/tickets/cursor.json", **query)
        closed = [
            row for row in items(found, "tickets") if text(row, "status") in {"solved", "closed"} and not is_merged(row)
        ]
        more = not (isinstance(found, dict) and found.get("end_of_stream"))
        return Page(
            records=[self._record(row) for row in closed],
            cursor=text(found, "after_cursor") or cursor or "",
            more=more and bool(text(found, "after_cursor")),
        )

    def _remote(self, remote_id: str, ticket: Any) -> Remote:  # noqa: ANN401
        customs = {text(each, "id"): each for each in items(ticket, "custom_fields")}
        values: dict[str, Value] = {
            name: text(customs.get(place), "value") for name in self.connection.fields if (place := self.maps(name))
        }
        values |= {"priority": text(ticket, "priority").lower(), "tags": words(ticket, "tags")}
        return Remote(id=remote_id, values=values, version=text(ticket, "updated_at") or None)

    def _audits(self, remote_id: str) -> tuple[list[Any], dict[str, Any]]:
        audits: list[Any] = []
        people: dict[str, Any] = {}
        query = {"include": "users", "page[size]": "100"}
        for _ in range(PAGES):
            page = self.call("GET", f"/api/v2/tickets/{segment(remote_id)}/audits.json", **query)
            audits += items(page, "audits")
            people |= {text(each, "id"): each for each in items(page, "users")}
            after = text(page, "meta", "after_cursor")
            if not after or dig(page, "meta", "has_more") is not True:
                break
            query |= {"page[after]": after}
        return audits, people

    def _requester(self, shown: Any) -> Any:  # noqa: ANN401
        number = text(shown, "ticket", "requester_id")
        return self._beside(shown, "users", number, "user_fields") or self._other("user", number)

    def _fields(self, shown: Any, asker: Any) -> dict[str, str]:  # noqa: ANN401
        ticket = shown["ticket"]
        number = text(ticket, "organization_id")
        organization = self._beside(shown, "organizations", number, "organization_fields")
        return fields(
            ticket,
            asker,
            organization or self._other("organization", number),
            self._beside(shown, "groups", text(ticket, "group_id"), "name"),
            self._other("brand", text(ticket, "brand_id")),
        )

    def _beside(self, shown: Any, kind: str, number: str, needed: str) -> Any:  # noqa: ANN401
        """Return a record that came with the ticket, if it is whole."""
        return next((each for each in items(shown, kind) if text(each, "id") == number and needed in each), None)

    def _other(self, kind: str, number: str) -> Any:  # noqa: ANN401
        """Ask for a record that the ticket names; none where it is gone or not for us to see."""
        if not number:
            return None
        try:
            return dig(self.call("GET", f"/api/v2/{kind}s/{segment(number)}.json"), kind)
        except DeskRefused as refused:
            if refused.status in _HIDDEN:
                return None
            raise

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {name: _plain(values[name]) for name in ("priority", "tags") if name in values}
        customs = [{"id": int(place), "value": _plain(value)} for place, value in self.custom(values).items()]
        return body | ({"custom_fields": customs} if customs else {})

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        comments = items(self.call("GET", f"/api/v2/tickets/{segment(remote_id)}/comments.json"), "comments")
        answers = [
            plain(each, "plain_body") or plain(each, "body")
            for each in comments
            if each.get("public") and text(each, "author_id") != text(row, "requester_id")
        ]
        customs = {text(each, "id"): text(each, "value") for each in items(row, "custom_fields")}
        labels = labels_at(words(row, "tags"), self.connection) | {
            head: label
            for head in self.connection.topics
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
