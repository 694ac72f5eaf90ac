"""Request Tracker 5, over REST 2.0; its webhook is a Scrip that we publish, signed by Standard Webhooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, plain, record, subject, text
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
    stamp,
)

_API = "/REST/2.0"
_PAGE = 50
_NATIVE = {"priority": "Priority", "resolution_by": "Due"}
_LABELS = {"0": "Low", "50": "Medium", "100": "High"}  # RT shows what was written last: a label, or its number
_EXTERNAL = "External id"  # the custom field that carries our id, unless the connection maps another


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read what the published Scrip sends."""
    if text(payload, "event") != "ticket.created":
        return [Ignored(f"event {text(payload, 'event')!r}")]
    if text(payload, "external_id").startswith(OURS) or (connection.bot and text(payload, "creator") == connection.bot):
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

    capabilities = Capabilities(resolution_by="written", first_response_by="absent", tags=False, guarded=True)
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
        reply = self.send(Call(method="GET", path=f"{_API}/ticket/{remote_id}"))
        found = reply.json
        customs = {text(each, "name"): each for each in items(found, "CustomFields")}
        values: dict[str, Value] = {
            "priority": _LABELS.get(text(found, "Priority"), text(found, "Priority")),
            "resolution_by": _due(found, "Due"),
        }
        for ours, theirs in self.connection.fields.items():
            several = tuple(sorted(str(each) for each in items(customs.get(theirs), "values")))
            values[ours] = several if ours == "tags" else (several[0] if several else "")
        return Remote(id=remote_id, values=values, version=reply.headers.get("etag"))

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a case that was announced without its text."""
        found = self.call("GET", f"{_API}/ticket/{remote_id}")
        return Inbound(
            remote_id=remote_id,
            subject=subject(found, "Subject"),
            text=(self._said(remote_id) or [""])[0],
            email=email(found, "Requestor", 0, "id"),
            channel="email",
            created_at=instant(found, "Created"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values; refused with 412 if the ticket has changed since it was read.

        RT answers 200 also where it did not do a thing, with a sentence that says so: that is an error here.
        """
        guard = {"If-Match": remote.version} if remote.version else {}
        call = Call(method="PUT", path=f"{_API}/ticket/{remote.id}", json=self._body(changes), headers=guard)
        said = [str(each) for each in items(self.send(call).json)]
        if any("Permission Denied" in each or "can't" in each or "not a" in each for each in said):
            raise DeskRefused(self.connection.name, 200, "some fields were not written: see its rights and values")

    def note(self, remote_id: str, body: str) -> str:
        """Add a comment, which customers do not see."""
        self.call("POST", f"{_API}/ticket/{remote_id}/comment", {"Content": body, "ContentType": "text/plain"})
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

    def _level(self, told: str) -> str | None:
        """Return our priority for a label, or for the label that is nearest below a number."""
        if told.isdigit():
            told = next(label for least, label in ((100, "High"), (50, "Medium"), (0, "Low")) if int(told) >= least)
        return self.level(told)

    def _said(self, remote_id: str) -> list[str]:
        """Return what was said to the customer and by them, oldest first; comments among agents stay out."""
        history = self.call("GET", f"{_API}/ticket/{remote_id}/history", fields="Type", per_page="100")
        public = {
            text(each, "id") for each in items(history, "items") if text(each, "Type") in {"Create", "Correspond"}
        }
        found = self.call(
            "GET",
            f"{_API}/ticket/{remote_id}/attachments",
            fields="ContentType,Content,TransactionId",
            per_page="100",
        )
        said = [
            (int(text(each, "id") or 0), plain(each, "Content"))
            for each in items(found, "items")
            if _transaction(each) in public and text(each, "ContentType").startswith("text/")
        ]
        return [words for _, words in sorted(said) if words]

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        remote_id = text(row, "id")
        said = self._said(remote_id)
        customs = {text(each, "name"): text(each, "values", 0) for each in items(row, "CustomFields")}
        labels = {head: customs.get(self.connection.fields.get(head, "")) for head in ("category", "product_area")}
        return record(
            id=f"{self.connection.name}-{remote_id}",
            subject=subject(row, "Subject"),
            description=said[0] if said else "",
            created_at=instant(row, "Created"),
            closed_at=instant(row, "Resolved"),
            channel="email",
            priority=self._level(text(row, "Priority")),
            resolution=last(said[1:]),
            **labels,
        )


def _transaction(attachment: Any) -> str:  # noqa: ANN401
    found = dig(attachment, "TransactionId")
    return text(found, "id") if isinstance(found, dict) else text(attachment, "TransactionId")


def _due(found: Any, name: str) -> str:  # noqa: ANN401
    at = instant(found, name)
    return stamp(at) if at else ""
