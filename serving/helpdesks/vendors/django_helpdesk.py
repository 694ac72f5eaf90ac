"""django-helpdesk 2: its API, an unsigned webhook with a token in its address, and no closing time.

Its API has no search, so our id is in a custom field and an interrupted create is found by paging. A follow-up's title
would rename the ticket, so notes use the ticket's own title.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, last, plain, record, subject, text
from serving.helpdesks.port.port import (
    Capabilities,
    Changed,
    ChangedPage,
    EventKind,
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

_PAGE = 100
_EXTERNAL = "firstline_id"
_ENDED = {"3", "4"}  # resolved, closed
_STATUSES: Mapping[str, RemoteStatus] = {"1": "open", "2": "open", "3": "resolved", "4": "closed", "5": "resolved"}
_SYSTEM = {"Ticket Opened", "Ticket Escalated"}  # titles of public follow-ups that nobody wrote
_NATIVE = {"priority": "priority", "resolution_by": "due_date"}
_SEARCHED = 20  # pages looked through for a ticket of ours


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read the hook for new tickets; the one for follow-ups says so by its id."""
    ticket = dig(payload, "ticket")
    if "followup_id" in (payload if isinstance(payload, dict) else {}):
        return [Changed(text(ticket, "id"))]
    if text(ticket, f"custom_{connection.fields.get('external_id', _EXTERNAL)}").startswith(OURS):
        return [Ignored("it is our own")]
    return [_ticket(ticket)]


class DjangoHelpdesk(HelpdeskAdapter):
    """Writes by PATCH and notes by follow-ups."""

    capabilities = Capabilities(resolution_by="written", tags=False, repeatable="search", threads=True)
    priorities: ClassVar[Mapping[str, str]] = {"P0": "1", "P1": "2", "P2": "3", "P3": "4", "P4": "5"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({"", "3"})}

    def headers(self) -> Mapping[str, str]:
        """Show the token of the REST framework."""
        return {"Authorization": f"Token {self.connection.token}"}

    def probe(self) -> str:
        """Ask for the first page of tickets."""
        return f"{text(self.call('GET', '/api/tickets/', page_size='1'), 'count')} tickets"

    def find(self, external_id: str) -> str | None:
        """Page through the newest tickets for our id: there is no search."""
        total = int(text(self.call("GET", "/api/tickets/", page_size="1"), "count") or 0)
        pages = max(1, -(-total // _PAGE))
        for number in range(1, min(pages, _SEARCHED) + 1):
            found = self.call("GET", "/api/tickets/", page_size=str(_PAGE), page=str(number))
            for row in items(found, "results"):
                if text(row, f"custom_{self._external}") == external_id:
                    return text(row, "id")
        return None

    def create(self, case: Handoff) -> str:
        """Open a ticket with all that is known of it."""
        body = {
            "queue": int(self.connection.options["queue"]),
            "title": case.subject[:200],
            "description": case.text or case.subject,
            "submitter_email": case.email,
            f"custom_{self._external}": case.external_id,
            **self._body({"priority": "3"} | self.wanted(case)),
        }
        return text(self.call("POST", "/api/tickets/", body), "id")

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write."""
        return self._remote(remote_id, self.call("GET", f"/api/tickets/{segment(remote_id)}/"))

    def _remote(self, remote_id: str, found: Any) -> Remote:  # noqa: ANN401
        due = instant(found, "due_date")
        values: dict[str, Value] = {
            name: text(found, f"custom_{place}") for name in self.connection.fields if (place := self.maps(name))
        }
        return Remote(
            id=remote_id,
            values=values | {"priority": text(found, "priority"), "resolution_by": stamp(due) if due else ""},
        )

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a ticket."""
        found = self.call("GET", f"/api/tickets/{segment(remote_id)}/")
        return Ignored("it is our own") if text(found, f"custom_{self._external}").startswith(OURS) else _ticket(found)

    def update(self, remote: Remote, changes: Values) -> None:
        """Write values."""
        self.call("PATCH", f"/api/tickets/{segment(remote.id)}/", self._body(changes))

    def note(self, remote_id: str, body: str) -> str:
        """Add a follow-up that is not public, under the ticket's own title."""
        title = dig(self.call("GET", f"/api/tickets/{segment(remote_id)}/"), "title")
        followup = {"ticket": int(remote_id), "title": title, "comment": body, "public": False, "user": None}
        return text(self.call("POST", "/api/followups/", followup), "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of resolved and closed tickets; those that ended before are left out by their follow-ups."""
        number = int(cursor or "1")
        found = self.call("GET", "/api/tickets/", status="3,4", page_size=str(_PAGE), page=str(number))
        rows = items(found, "results")
        ended = [(row, _ended_at(row)) for row in rows]
        records = [self._record(row, at) for row, at in ended if at is None or at >= since]
        return Page(records=records, cursor=str(number + 1), more=bool(dig(found, "next")))

    def thread(self, remote_id: str) -> Thread:
        """Read the ticket with its follow-ups; one that is gone while the API answers was deleted."""
        try:
            found = self.call("GET", f"/api/tickets/{segment(remote_id)}/")
        except DeskRefused as refused:
            if refused.status != 404:
                raise
            self.probe()
            return Thread(remote=Remote(id=remote_id, values={}), deleted=True)
        followups = items(found, "followup_set")
        opening = followups and plain(followups[0], "comment") in {"", plain(found, "description")}
        told = followups[1:] if opening else followups
        status, held = _STATUSES.get(text(found, "status")), dig(found, "on_hold") is True
        return Thread(
            remote=self._remote(remote_id, found),
            events=[event for each in told for event in _events(each)],
            status="pending" if held and status == "open" else status,
            changed_at=max((at for each in told if (at := instant(each, "date"))), default=None),
            assignee=text(found, "assigned_to"),
            merged_into=text(found, "merged_to") or None,
        )

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Page backwards through the newest follow-ups: they are in the order of their dates and cannot be searched."""
        if cursor is None:
            total = int(text(self.call("GET", "/api/followups/", page_size="1"), "count") or 0)
            cursor = str(max(1, -(-total // _PAGE)))
        number = int(cursor)
        rows = items(self.call("GET", "/api/followups/", page_size=str(_PAGE), page=str(number)), "results")
        fresh = [row for row in rows if (at := instant(row, "date")) and at >= since]
        ids = list(dict.fromkeys(text(row, "ticket") for row in fresh))
        return ChangedPage(ids=ids, cursor=str(number - 1), more=number > 1 and len(fresh) == len(rows))

    @property
    def _external(self) -> str:
        return self.connection.fields.get("external_id", _EXTERNAL)

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return tags as the one text that a custom field holds."""
        return " ".join(value) if isinstance(value, tuple) else super().word(name, value)

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {_NATIVE[name]: values[name] for name in _NATIVE if name in values}
        return body | {f"custom_{place}": value for place, value in self.custom(values).items()}

    def _record(self, row: Any, closed_at: datetime | None) -> dict[str, object]:  # noqa: ANN401
        found = _ticket(row)
        public = [plain(each, "comment") for each in items(row, "followup_set")[1:] if each.get("public")]
        fields = self.connection.fields
        labels = {head: text(row, f"custom_{fields[head]}") for head in self.connection.topics if head in fields}
        return record(
            id=f"{self.connection.name}-{found.remote_id}",
            subject=found.subject,
            description=found.text,
            created_at=found.created_at,
            closed_at=closed_at,
            priority=self.level(text(row, "priority")),
            resolution=plain(row, "resolution") or last(public),
            **labels,
        )


def _ticket(ticket: Any) -> Inbound:  # noqa: ANN401
    return Inbound(
        remote_id=text(ticket, "id"),
        subject=subject(ticket, "title"),
        text=plain(ticket, "description"),
        email=email(ticket, "submitter_email"),
        channel="email",
        created_at=instant(ticket, "followup_set", 0, "date"),  # the first tells that it was opened
    )


def _events(followup: Any) -> list[RemoteEvent]:  # noqa: ANN401
    """Return what a follow-up says and does: staff have a user, what comes by mail or the public page has none."""
    number, at, user = text(followup, "id"), instant(followup, "date"), text(followup, "user")
    by, words = f"user {user}" if user else "", plain(followup, "comment")
    status = _STATUSES.get(text(followup, "new_status"))
    found = []
    if at is not None and words:
        from_customer = text(followup, "message_id") or (not user and text(followup, "title") not in _SYSTEM)
        kind: EventKind = "customer_reply" if from_customer else "agent_reply" if user else "note"
        kind = kind if dig(followup, "public") is True else "note"
        found.append(RemoteEvent(id=number, kind=kind, at=at, by=by, text=words))
    if at is not None and status is not None:
        found.append(RemoteEvent(id=f"{number}-status", kind="status", at=at, by=by, status=status))
    return found


def _ended_at(row: Any) -> datetime | None:  # noqa: ANN401
    ends = [instant(each, "date") for each in items(row, "followup_set") if text(each, "new_status") in _ENDED]
    return max((at for at in ends if at is not None), default=None)
