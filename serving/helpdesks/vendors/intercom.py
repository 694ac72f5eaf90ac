"""Intercom tickets: every value is an attribute of the ticket type, which the workspace's owner creates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, markup, plain, record, subject, text
from serving.helpdesks.port.port import (
    Capabilities,
    Changed,
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
from serving.helpdesks.port.timeline import gone, is_gone
from serving.helpdesks.vendors import intercom_thread

_TITLE, _BODY = "_default_title_", "_default_description_"
_VERSION = "2.15"
_PAGE = 50
_EXTERNAL = "firstline_id"
_ABOUT = ("ticket.", "conversation.")
_NOT_CHANGES = {"conversation.read", "conversation.admin.single.created"}
_HIDDEN = {403, 404, 410}
_SEARCHES = ("tickets", "conversations")


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a notification: a ticket, a conversation that a person began, or which of them something happened to.

    A notification does not say who the customer is, so with a token the ticket is fetched.
    """
    topic, item = text(payload, "topic"), dig(payload, "data", "item")
    if topic == "conversation.user.created":
        return [_conversation(item, has_text=not connection.token)]
    if topic == "ticket.created":
        ticket = dig(item, "ticket") or item
        if _external(ticket, connection).startswith(OURS):
            return [Ignored("it is our own")]
        return [_ticket(ticket, has_text=not connection.token)]
    if not topic.startswith(_ABOUT) or topic in _NOT_CHANGES:
        return [Ignored(f"topic {topic!r}")]
    if connection.bot and intercom_thread.author_of_last(item) == connection.bot:
        return [Ignored("it is our own")]
    remote_id = text(item, "ticket", "id") or text(item, "id") or text(item, "conversation_id")
    return [Changed(remote_id) if remote_id else Ignored("a notification without a ticket")]


class Intercom(HelpdeskAdapter):
    """Updates one attribute at a time of those that the connection maps."""

    capabilities = Capabilities(priority=False, tags=False, repeatable="late_search", threads=True)
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
        return self._remote(remote_id, self.call("GET", f"/tickets/{segment(remote_id)}"))

    def _remote(self, remote_id: str, found: Any) -> Remote:  # noqa: ANN401
        values: dict[str, Value] = {
            name: text(found, "ticket_attributes", place)
            for name in self.connection.fields
            if (place := self.maps(name))
        }
        return Remote(id=remote_id, values=values)

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a ticket or conversation, and who asks."""
        try:
            found = self._found(remote_id)
        except DeskRefused as refused:
            self._see_token(refused)
            return Ignored("it is gone")
        if _external(found, self.connection).startswith(OURS):
            return Ignored("it is our own")
        case = _conversation(found) if dig(found, "source") else _ticket(found)
        about = self._customer(found)
        return replace(case, email=case.email or email(about, "contact.email"), fields={**case.fields, **about})

    def thread(self, remote_id: str) -> Thread:
        """Read a ticket, or else the conversation of this id."""
        try:
            found = self._found(remote_id)
        except DeskRefused as refused:
            self._see_token(refused)
            return gone(remote_id)
        return intercom_thread.thread(self._remote(remote_id, found), found, self._customer(found), self.connection)

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the tickets that changed, and after them of the conversations."""
        what, _, after = (cursor or _SEARCHES[0]).partition(" ")
        later = {"field": "updated_at", "operator": ">", "value": int(since.timestamp()) - 1}
        page = {"per_page": _PAGE, **({"starting_after": after} if after else {})}
        found = self.call("POST", f"/{what}/search", {"query": later, "pagination": page})
        following = text(found, "pages", "next", "starting_after")
        ids = [remote_id for row in items(found, what) if (remote_id := text(row, "id"))]
        if following:
            return ChangedPage(ids=ids, cursor=f"{what} {following}", more=True)
        is_last = what == _SEARCHES[-1]
        return ChangedPage(ids=ids, cursor=what if is_last else _SEARCHES[-1], more=not is_last)

    def _see_token(self, refused: DeskRefused) -> None:
        """Raise unless a ticket is gone: where the probe is refused, too, it is the token or the address."""
        if not is_gone(refused):
            raise refused
        self.probe()

    def _found(self, remote_id: str) -> Any:  # noqa: ANN401
        try:
            return self.call("GET", f"/tickets/{segment(remote_id)}")
        except DeskRefused as refused:
            if not is_gone(refused):
                raise
            return self.call("GET", f"/conversations/{segment(remote_id)}")

    def _customer(self, found: Any) -> dict[str, str]:  # noqa: ANN401
        """Return what is known of who asks; nothing where the contact is gone, or the token may not read it."""
        contact_id = text(found, "contacts", "contacts", 0, "id")
        if not contact_id:
            return {}
        try:
            contact = self.call("GET", f"/contacts/{segment(contact_id)}")
            companies = self.call("GET", f"/contacts/{segment(contact_id)}/companies")
        except DeskRefused as refused:
            if refused.status not in _HIDDEN:
                raise
            return {}
        return intercom_thread.customer(contact, dig(companies, "data", 0))

    def update(self, remote: Remote, changes: Values) -> None:
        """Write attributes; the others stay as they are."""
        self.call("PUT", f"/tickets/{segment(remote.id)}", {"ticket_attributes": self.custom(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a note by the admin who the connection names as `bot`."""
        reply = {"message_type": "note", "type": "admin", "admin_id": self.connection.bot, "body": markup(body)}
        return text(self.call("POST", f"/tickets/{segment(remote_id)}/reply", reply), "id")

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
            head: text(row, "ticket_attributes", fields[head]) for head in self.connection.heads if head in fields
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


def _ticket(item: Any, *, has_text: bool = True) -> Inbound:  # noqa: ANN401
    return Inbound(
        remote_id=text(item, "id"),
        subject=subject(item, "ticket_attributes", _TITLE),
        text=plain(item, "ticket_attributes", _BODY),
        email=email(item, "contacts", "contacts", 0, "email"),
        channel="chat",
        created_at=instant(item, "created_at"),
        has_text=has_text,
        fields=intercom_thread.told(item),
    )


def _conversation(item: Any, *, has_text: bool = True) -> Inbound:  # noqa: ANN401
    return Inbound(
        remote_id=text(item, "id"),
        subject=subject(item, "source", "subject"),
        text=plain(item, "source", "body"),
        email=email(item, "source", "author", "email"),
        channel="email" if text(item, "source", "type") == "email" else "chat",
        created_at=instant(item, "created_at"),
        has_text=has_text,
        attachments=intercom_thread.attachments(item),
        fields=intercom_thread.told(item),
    )


def _external(item: Any, connection: Connection) -> str:  # noqa: ANN401
    return text(item, "ticket_attributes", connection.fields.get("external_id", _EXTERNAL))
