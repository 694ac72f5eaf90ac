"""Request Tracker 5, over REST 2.0; its webhook is a Scrip that we publish, signed by Standard Webhooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, plain, record, subject, text
from serving.helpdesks.port.port import (
    Call,
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
    RemoteEvent,
    RemoteStatus,
    Thread,
    Value,
    Values,
    stamp,
)

_API = "/REST/2.0"
_PAGE = 50
_NATIVE = {"priority": "Priority", "resolution_by": "Due"}
_LABELS = {"0": "Low", "50": "Medium", "100": "High"}  # RT shows what was written last: a label, or its number
_STATUSES: Mapping[str, RemoteStatus] = {
    "new": "new",
    "open": "open",
    "stalled": "pending",
    "resolved": "resolved",
    "rejected": "resolved",
}
_AT_MOST = 20  # pages of one ticket's history
_EXTERNAL = "External id"  # the custom field that carries our id, unless the connection maps another


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read what the published Scrip sends."""
    by_us = bool(connection.bot) and text(payload, "creator") == connection.bot
    if text(payload, "event") == "ticket.changed":
        return [Ignored("it is our own")] if by_us else [Changed(text(payload, "id"))]
    if text(payload, "event") != "ticket.created":
        return [Ignored(f"event {text(payload, 'event')!r}")]
    if text(payload, "external_id").startswith(OURS) or by_us:
        return [Ignored("it is our own")]
    found = Inbound(
        remote_id=text(payload, "id"),
        subject=subject(payload, "subject"),
        text=plain(payload, "content"),
        email=email(payload, "requestor"),
        channel="email",
        created_at=instant(payload, "created"),
    )
    return [found]


class RequestTracker(HelpdeskAdapter):
    """Guards every write with the ETag that it read."""

    capabilities = Capabilities(resolution_by="written", tags=False, guarded=True, threads=True)
    priorities: ClassVar[Mapping[str, str]] = {"P0": "High", "P1": "High", "P2": "Medium", "P3": "Low", "P4": "Low"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({"Low", ""})}

    def headers(self) -> Mapping[str, str]:
        """Show the token."""
        return {"Authorization": f"token {self.connection.token}"}

    def probe(self) -> str:
        """Ask for the queue that tickets go to."""
        queue = self.call("GET", f"{_API}/queue/{self.connection.options['queue']}")
        return f"queue {text(queue, 'Name')}"

    def find(self, external_id: str) -> str | None:
        """Look for our id in its custom field."""
        found = self.call("GET", f"{_API}/tickets", query=f"'CF.{{{self._external}}}' = '{external_id}'")
        return text(found, "items", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket with all that is known of it."""
        body = {
            "Queue": self.connection.options["queue"],
            "Subject": case.subject,
            "Content": case.text or case.subject,
            "ContentType": "text/plain",
            **({"Requestor": case.email} if case.email else {}),
        }
        fields = self._body(self.wanted(case))
        fields.setdefault("CustomFields", {})[self._external] = case.external_id
        return text(self.call("POST", f"{_API}/ticket", body | fields), "id")

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write, and the version to guard a write with."""
        reply = self.send(Call(method="GET", path=f"{_API}/ticket/{segment(remote_id)}"))
        return self._remote(remote_id, reply.json, reply.headers.get("etag"))

    def _remote(self, remote_id: str, found: Any, version: str | None) -> Remote:  # noqa: ANN401
        customs = {text(each, "name"): each for each in items(found, "CustomFields")}
        values: dict[str, Value] = {
            "priority": _LABELS.get(text(found, "Priority"), text(found, "Priority")),
            "resolution_by": _due(found, "Due"),
        }
        for ours, theirs in self.connection.fields.items():
            several = tuple(sorted(str(each) for each in items(customs.get(theirs), "values")))
            values[ours] = several if ours == "tags" else (several[0] if several else "")
        return Remote(id=remote_id, values=values, version=version)

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text."""
        found = self.call("GET", f"{_API}/ticket/{segment(remote_id)}")
        ours = [each for each in items(found, "CustomFields") if text(each, "name") == self._external]
        if any(text(each, "values", 0).startswith(OURS) for each in ours):
            return Ignored("it is our own")
        if text(found, "id") != remote_id or text(found, "Status") == "deleted":
            return Ignored("merged into another, or deleted")
        return Inbound(
            remote_id=remote_id,
            subject=subject(found, "Subject"),
            text=next(iter(self._said(remote_id).values()), ""),
            email=email(found, "Requestor", 0, "id"),
            channel="email",
            created_at=instant(found, "Created"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; refused with 412 if the ticket has changed since it was read.

        RT answers 200 also where it did not do a thing, with a sentence that says so: that is an error here.
        """
        guard = {"If-Match": remote.version} if remote.version else {}
        call = Call(method="PUT", path=f"{_API}/ticket/{segment(remote.id)}", json=self._body(changes), headers=guard)
        said = [str(each) for each in items(self.send(call).json)]
        if any("Permission Denied" in each or "can't" in each or "not a" in each for each in said):
            raise DeskRefused(self.connection.name, 200, "some fields were not written: see its rights and values")

    def note(self, remote_id: str, body: str) -> str:
        """Add a comment, which customers do not see."""
        self.call("POST", f"{_API}/ticket/{segment(remote_id)}/comment", {"Content": body, "ContentType": "text/plain"})
        return ""

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of tickets that were resolved, in the order of it."""
        number = int(cursor or "1")
        queue = self.connection.options["queue"]
        asked = f"Queue = '{queue}' AND Status = 'resolved' AND Resolved > '{since:%Y-%m-%d %H:%M:%S}'"
        found = self.call(
            "GET",
            f"{_API}/tickets",
            query=asked,
            orderby="Resolved",
            order="ASC",
            per_page=str(_PAGE),
            page=str(number),
            fields="Subject,Created,Started,Resolved,Priority,CustomFields",
        )
        rows = items(found, "items")
        return Page(records=[self._record(row) for row in rows], cursor=str(number + 1), more=len(rows) == _PAGE)

    def thread(self, remote_id: str) -> Thread:
        """Read the ticket and its transactions; a merged one answers with the ticket that goes on."""
        reply = self.send(Call(method="GET", path=f"{_API}/ticket/{segment(remote_id)}"))
        found = reply.json
        shown_as, status = text(found, "id"), text(found, "Status")
        remote = self._remote(remote_id, found, reply.headers.get("etag"))
        if shown_as != remote_id:
            return Thread(remote=remote, merged_into=shown_as, changed_at=instant(found, "LastUpdated"))
        owner, history = text(found, "Owner", "id"), self._history(remote_id)
        told, requestors = self._said(remote_id), {text(each, "id") for each in items(found, "Requestor")}
        merged = {text(each, "ObjectId") for each in history if text(each, "Field") == "MergedInto"}
        return Thread(
            remote=remote,
            events=[event for each in history if (event := _event(each, told, requestors)) is not None],
            status=_STATUSES.get(status),
            changed_at=instant(found, "LastUpdated"),
            assignee="" if owner == "Nobody" else owner,
            merged_from=tuple(sorted(merged - {remote_id, ""})),
            deleted=status == "deleted",
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of updated tickets; the next begins at the last instant, because tickets change places."""
        begins, _, number = (cursor or f"{since:%Y-%m-%d %H:%M:%S}|1").partition("|")
        asked = f"Queue = '{self.connection.options['queue']}' AND LastUpdated >= '{begins}'"
        order = {"orderby": "LastUpdated", "order": "ASC", "per_page": str(_PAGE), "page": number}
        rows = items(self.call("GET", f"{_API}/tickets", query=asked, fields="LastUpdated", **order), "items")
        last = instant(rows[-1], "LastUpdated") if rows else None
        ends = f"{last:%Y-%m-%d %H:%M:%S}" if last else begins
        cursor = f"{ends}|{1 if ends > begins else int(number) + 1}"
        return ChangedPage(ids=[text(row, "id") for row in rows], cursor=cursor, more=len(rows) == _PAGE)

    def _history(self, remote_id: str) -> list[Any]:
        return self._all(f"{_API}/ticket/{segment(remote_id)}/history", "Type,Creator,Created,Field,NewValue,ObjectId")

    def _all(self, path: str, fields: str) -> list[Any]:
        found: list[Any] = []
        for number in range(1, _AT_MOST + 1):
            page = items(self.call("GET", path, fields=fields, per_page="100", page=str(number)), "items")
            found += page
            if len(page) < 100:
                break
        return found

    @property
    def _external(self) -> str:
        return self.connection.fields.get("external_id", _EXTERNAL)

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {_NATIVE[name]: values[name] for name in _NATIVE if name in values}
        if "Due" in body:  # seen: an instant with T and Z is confirmed in words, and stored as "not set"
            body["Due"] = str(body["Due"]).replace("T", " ").removesuffix("Z")
        customs = {
            place: list(value) if isinstance(value, tuple) else value for place, value in self.custom(values).items()
        }
        return body | ({"CustomFields": customs} if customs else {})

    def level(self, word: str | None) -> str | None:
        """Return our priority for a label, or for the label that is nearest below a number."""
        if word and word.isdigit():
            word = next(label for least, label in ((100, "High"), (50, "Medium"), (0, "Low")) if int(word) >= least)
        return super().level(word)

    def _said(self, remote_id: str) -> dict[str, str]:
        """Return the text of each transaction, oldest first: the plain part of a mail goes before its HTML."""
        found = self._all(f"{_API}/ticket/{segment(remote_id)}/attachments", "ContentType,Content,TransactionId")
        said: dict[str, str] = {}
        for kind in ("text/plain", "text/"):
            for each in sorted(found, key=lambda each: int(text(each, "id") or 0)):
                if text(each, "ContentType").startswith(kind) and (words := plain(each, "Content")):
                    said.setdefault(_transaction(each), words)
        return dict(sorted(said.items(), key=lambda each: int(each[0] or 0)))

    def _public(self, remote_id: str) -> list[str]:
        """Return what was said to the customer and by them, oldest first; comments among agents stay out."""
        told = self._said(remote_id)
        public = [each for each in self._history(remote_id) if text(each, "Type") in {"Create", "Correspond"}]
        return [told[text(each, "id")] for each in public if text(each, "id") in told]

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        said = self._public(remote_id)
        customs = {text(each, "name"): text(each, "values", 0) for each in items(row, "CustomFields")}
        labels = {head: customs.get(self.connection.fields.get(head, "")) for head in self.connection.topics}
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "Subject"),
            description=said[0] if said else "",
            created_at=instant(row, "Created"),
            closed_at=instant(row, "Resolved"),
            channel="email",
            priority=self.level(text(row, "Priority")),
            resolution=last(said[1:]),
            **labels,
        )


def _event(transaction: Any, told: Mapping[str, str], requestors: set[str]) -> RemoteEvent | None:  # noqa: ANN401
    """Return a transaction as the port knows it; the opening and what only changes fields are no events."""
    number, kind, by = text(transaction, "id"), text(transaction, "Type"), text(transaction, "Creator", "id")
    at, status = instant(transaction, "Created"), _STATUSES.get(text(transaction, "NewValue"))
    if at is None:
        return None
    if kind == "Status" and status is not None:
        name = "" if by == "RT_System" else by
        return RemoteEvent(id=number, kind="status", at=at, by=name, status=status)
    if kind == "Correspond":
        if by in requestors:
            return RemoteEvent(id=number, kind="customer_reply", at=at, by=by, text=told.get(number, ""))
        return RemoteEvent(id=number, kind="agent_reply", at=at, by=by, text=told.get(number, ""))
    if kind == "Comment":
        return RemoteEvent(id=number, kind="note", at=at, by=by, text=told.get(number, ""))
    return None


def _transaction(attachment: Any) -> str:  # noqa: ANN401
    found = dig(attachment, "TransactionId")
    return text(found, "id") if isinstance(found, dict) else text(attachment, "TransactionId")


def _due(found: Any, name: str) -> str:  # noqa: ANN401
    at = instant(found, name)
    return stamp(at) if at else ""
