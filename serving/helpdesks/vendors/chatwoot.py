"""Chatwoot: conversations instead of tickets; values without a field go into custom attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import (
    OURS,
    dig,
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
from serving.helpdesks.port.tags import labels_at
from serving.helpdesks.port.timeline import PAGES, gone, is_gone
from serving.helpdesks.vendors import chatwoot_thread

_PAGE, _MESSAGES = 25, 20  # fixed by Chatwoot
_FIRST = timedelta(seconds=10)  # a message so soon after its conversation began opened it
_CHANGES = {
    "conversation_updated",
    "conversation_status_changed",
    "conversation_opened",  # these two are sent to an agent bot
    "conversation_resolved",
}
_FORBIDDEN = {401, 403}
_EXTERNAL = "firstline_id"


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a message, or which conversation something happened to.

    A later message of a customer says both: it opens the ticket where the conversation is not known yet.
    """
    event = text(payload, "event")
    if event in _CHANGES:
        return [_changed(text(payload, "id"))]
    if event not in {"message_created", "message_updated"}:
        return [Ignored(f"event {event!r}")]
    later = _changed(text(payload, "conversation", "id"))
    if text(payload, "message_type") not in {"incoming", "0"} or dig(payload, "private") is True:
        return [Ignored("it is our own") if _is_bot(dig(payload, "sender"), connection) else later]
    ours = text(payload, "conversation", "custom_attributes", _EXTERNAL).startswith(OURS)
    if event == "message_updated" or (ours and not _opens(payload)):
        return [later]
    if ours:
        return [Ignored("it is our own")]
    if not plain(payload, "content"):
        return [Ignored("a message without text")] if _opens(payload) else [later]
    return [chatwoot_thread.case(payload)] if _opens(payload) else [chatwoot_thread.case(payload), later]


def _changed(remote_id: str) -> Changed | Ignored:
    return Changed(remote_id) if remote_id else Ignored("an event without a conversation")


def _opens(payload: Any) -> bool:  # noqa: ANN401
    """Tell whether a message is the first of its conversation; one that does not say when it began counts as new."""
    begun, at = instant(payload, "conversation", "created_at"), instant(payload, "created_at")
    return begun is None or at is None or at - begun <= _FIRST


def _is_bot(sender: Any, connection: Connection) -> bool:  # noqa: ANN401
    return bool(connection.bot) and connection.bot in {text(sender, name) for name in ("id", "name", "email")}


class Chatwoot(HelpdeskAdapter):
    """Writes priority, labels and custom attributes, each by a call of its own."""

    capabilities = Capabilities(resolution_by="absent", first_response_by="absent", repeatable="search", threads=True)
    priorities: ClassVar[Mapping[str, str]] = {"P0": "urgent", "P1": "high", "P2": "medium", "P3": "low", "P4": "low"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({""})}

    def headers(self) -> Mapping[str, str]:
        """Show the access token."""
        return {"api_access_token": self.connection.token}

    def probe(self) -> str:
        """Ask for the inbox that conversations go to."""
        return f"inbox {text(self.call('GET', self._path('inboxes', self.connection.options['inbox_id'])), 'name')}"

    def find(self, external_id: str) -> str | None:
        """Look for our id among the custom attributes."""
        asked = {"attribute_key": _EXTERNAL, "filter_operator": "equal_to", "values": [external_id]}
        found = self.call("POST", self._path("conversations", "filter"), {"payload": [asked]})
        return text(found, "payload", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Make the contact known, and open a conversation for humans with the case as its first message."""
        wanted = self.wanted(case)
        inbox = self.connection.options["inbox_id"]
        known = self.call("GET", self._path("contacts", "search"), q=case.email) if case.email else None
        contact = text(known, "payload", 0, "id")
        if not contact:
            made = {"inbox_id": int(inbox), **({"email": case.email, "name": case.email} if case.email else {})}
            contact = text(self.call("POST", self._path("contacts"), made), "payload", "contact", "id")
        conversation = {
            "inbox_id": int(inbox),
            "contact_id": int(contact),
            "status": "open",
            "additional_attributes": {"mail_subject": case.subject},
            "custom_attributes": {_EXTERNAL: case.external_id, **self.custom(wanted)},
            "message": {"content": case.text or case.subject, "message_type": "incoming"},
        }
        remote_id = text(self.call("POST", self._path("conversations"), conversation), "id")
        own: Values = {name: value for name, value in wanted.items() if name in {"priority", "tags"}}
        self.update(Remote(id=remote_id, values={}), own)
        return remote_id

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write."""
        return self._remote(remote_id, self._conversation(remote_id))

    def _conversation(self, remote_id: str) -> Any:  # noqa: ANN401
        """Read a conversation; one of an inbox that our agent is not in is as good as none."""
        try:
            return self.call("GET", self._path("conversations", remote_id))
        except DeskRefused as refused:
            if refused.status not in _FORBIDDEN:
                raise
            self.probe()  # refused: it is the token
            raise DeskRefused(self.connection.name, 404, "the agent is not in this conversation's inbox") from None

    def _remote(self, remote_id: str, found: Any) -> Remote:  # noqa: ANN401
        values: dict[str, Value] = {
            name: text(found, "custom_attributes", place)
            for name in self.connection.fields
            if (place := self.maps(name))
        }
        return Remote(
            id=remote_id, values=values | {"priority": text(found, "priority"), "tags": words(found, "labels")}
        )

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a conversation whose first message did not reach us."""
        try:
            found = self._conversation(remote_id)
        except DeskRefused as refused:
            if is_gone(refused):
                return Ignored(refused.reason or "it is gone")
            raise
        if text(found, "custom_attributes", _EXTERNAL).startswith(OURS):
            return Ignored("it is our own")
        messages, _ = self._messages(remote_id)
        opening = next((each for each in messages if chatwoot_thread.is_asked(each)), None)
        if opening is None:
            return Ignored("a conversation without a customer's words")
        sent = {**opening, "conversation": {**found, "channel": text(found, "meta", "channel")}}
        sender = dig(found, "meta", "sender")
        case = chatwoot_thread.case(sent | {"sender": sender, "inbox": {"name": self._inbox(found)}})
        return replace(case, created_at=instant(found, "created_at") or case.created_at)

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; custom attributes are replaced as a whole, so those that others set are read and kept."""
        if "priority" in changes:
            self.call(
                "POST", self._path("conversations", remote.id, "toggle_priority"), {"priority": changes["priority"]}
            )
        if "tags" in changes:
            self.call("POST", self._path("conversations", remote.id, "labels"), {"labels": list(changes["tags"])})
        if customs := self.custom(changes):
            there = dig(self.call("GET", self._path("conversations", remote.id)), "custom_attributes") or {}
            kept = {"custom_attributes": {**there, **customs}}
            self.call("POST", self._path("conversations", remote.id, "custom_attributes"), kept)

    def note(self, remote_id: str, body: str) -> str:
        """Add a private note."""
        message = {"content": body, "message_type": "outgoing", "private": True}
        return text(self.call("POST", self._path("conversations", remote_id, "messages"), message), "id")

    def thread(self, remote_id: str) -> Thread:
        """Read a conversation and its messages, the newest of a long one."""
        try:
            found = self._conversation(remote_id)
        except DeskRefused as refused:
            if not is_gone(refused) or refused.reason:
                raise
            self.probe()  # refused: it is the account or the token, and not the conversation
            return gone(remote_id)
        messages, whole = self._messages(remote_id)
        remote = self._remote(remote_id, found)
        inbox = self._inbox(found)
        return chatwoot_thread.thread(remote, found, messages, self.connection, whole=whole, inbox=inbox)

    def _inbox(self, conversation: Any) -> str:  # noqa: ANN401
        inbox = text(conversation, "inbox_id")
        return text(self.call("GET", self._path("inboxes", inbox)), "name") if inbox else ""

    def _messages(self, remote_id: str) -> tuple[list[Any], bool]:
        """Return the messages of a conversation, oldest first, and whether these are all."""
        messages: list[Any] = []
        before: dict[str, str] = {}
        whole = False
        for _ in range(2 * PAGES):
            page = items(self.call("GET", self._path("conversations", remote_id, "messages"), **before), "payload")
            messages = [*page, *messages]
            whole = len(page) < _MESSAGES
            if whole or not text(page, 0, "id"):
                break
            before = {"before": text(page, 0, "id")}
        return messages, whole

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the conversations that were active since; Chatwoot is asked by day."""
        number = int(cursor or "1")
        day = f"{since - timedelta(days=1):%Y-%m-%d}"  # days of the account may be behind
        asked = {"attribute_key": "last_activity_at", "filter_operator": "is_greater_than", "values": [day]}
        found = self.call("POST", self._path("conversations", "filter"), {"payload": [asked]}, page=str(number))
        rows = items(found, "payload")
        fresh = [row for row in rows if (at := _active(row)) is None or at >= since]
        ids = [remote_id for row in fresh if (remote_id := text(row, "id"))]
        return ChangedPage(ids=ids, cursor=str(number + 1), more=len(rows) == _PAGE)

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of resolved conversations that were active since."""
        number = int(cursor or "1")
        asked = {
            "attribute_key": "status",
            "filter_operator": "equal_to",
            "values": ["resolved"],
            "query_operator": "and",
        }
        later = {
            "attribute_key": "last_activity_at",
            "filter_operator": "is_greater_than",
            "values": [f"{since:%Y-%m-%d}"],
        }
        call = self._path("conversations", "filter")
        found = self.call("POST", f"{call}", {"payload": [asked, later]}, page=str(number))
        rows = items(found, "payload")
        return Page(records=[self._record(row) for row in rows], cursor=str(number + 1), more=len(rows) == _PAGE)

    def _path(self, *parts: str) -> str:
        return "/".join([f"/api/v1/accounts/{self.connection.options['account_id']}", *map(segment, parts)])

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        said = items(self.call("GET", self._path("conversations", remote_id, "messages")), "payload")
        public = [each for each in said if not each.get("private")]
        asked = [plain(each, "content") for each in public if text(each, "message_type") in {"0", "incoming"}]
        answers = [plain(each, "content") for each in public if text(each, "message_type") in {"1", "outgoing"}]
        fields = self.connection.fields
        labels = labels_at(words(row, "labels"), self.connection) | {
            head: label
            for head in self.connection.topics
            if head in fields and (label := text(row, "custom_attributes", fields[head]))
        }
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "additional_attributes", "mail_subject"),
            description=asked[0] if asked else "",
            created_at=instant(row, "created_at"),
            first_response_at=instant(row, "first_reply_created_at"),
            closed_at=instant(row, "last_activity_at"),
            channel="chat",
            priority=self.level(text(row, "priority")),
            resolution=last(answers),
            **labels,
        )


def _active(row: Any) -> datetime | None:  # noqa: ANN401
    found = [at for name in ("last_activity_at", "updated_at") if (at := instant(row, name))]
    return max(found, default=None)
