"""Jira Service Management: requests in, issues out. `duedate` is a day, and its own SLAs cannot be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, instant, items, last, record, subject, text, words
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
from serving.helpdesks.vendors import atlassian_document, jira_thread

_PAGE = 50
_HISTORY = 100  # the most that Jira returns at once
_CHANGES = {"jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated", "comment_deleted"}
_FIELDS = "summary,description,priority,created,resolutiondate,labels,comment"


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read an issue that was created, or which issue something happened to.

    A description is text, or a document of Atlassian's own form.
    """
    kind, issue = text(payload, "webhookEvent"), dig(payload, "issue")
    if kind in _CHANGES:
        return [_changed(payload, kind, connection)]
    if kind != "jira:issue_created":
        return [Ignored(f"event {kind!r}")]
    if _is_ours(issue) or (connection.bot and text(payload, "user", "accountId") == connection.bot):
        return [Ignored("it is our own")]
    return [_issue(issue)]


def _changed(payload: Any, kind: str, connection: Connection) -> Changed | Ignored:  # noqa: ANN401
    by = text(payload, "user", "accountId")
    if kind.startswith("comment_"):
        by = text(payload, "comment", "updateAuthor", "accountId") or text(payload, "comment", "author", "accountId")
    if connection.bot and by == connection.bot and kind not in {"comment_deleted", "jira:issue_deleted"}:
        return Ignored("it is our own")
    moved = (each for each in items(payload, "changelog", "items") if text(each, "field") == "Key")
    before = next((text(each, "fromString") for each in moved), "")  # we know it by this key, which still leads there
    key = before or text(payload, "issue", "key")
    return Changed(key) if key else Ignored("an event without an issue")


class Jira(HelpdeskAdapter):
    """Finds tickets it created by a label with our id."""

    capabilities = Capabilities(
        resolution_by="by_day",
        first_response_by="read_only",
        repeatable="late_search",
        threads=True,
        edits_notes=True,
    )
    priorities: ClassVar[Mapping[str, str]] = {
        "P0": "Highest",
        "P1": "High",
        "P2": "Medium",
        "P3": "Low",
        "P4": "Lowest",
    }
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({"", "Medium"})}

    def headers(self) -> Mapping[str, str]:
        """Show the API token, as the user it was made for."""
        proof = b64encode(f"{self.connection.options['user']}:{self.connection.token}".encode()).decode()
        return {"Authorization": f"Basic {proof}"}

    def probe(self) -> str:
        """Ask who we are."""
        return text(self.call("GET", "/rest/api/3/myself"), "displayName")

    def find(self, external_id: str) -> str | None:
        """Look for the label that is our id."""
        found = self.call("GET", "/rest/api/3/search/jql", jql=f'labels = "{external_id}"', fields="summary")
        return text(found, "issues", 0, "key") or None

    def create(self, case: Handoff) -> str:
        """Raise a request, and set on its issue what the request's form may not have."""
        options = self.connection.options
        body = {
            "serviceDeskId": options["service_desk_id"],
            "requestTypeId": options["request_type_id"],
            "requestFieldValues": {"summary": case.subject, "description": case.text or case.subject},
            "isAdfRequest": False,
        }
        key = text(self.call("POST", "/rest/servicedeskapi/request", body), "issueKey")
        fields = self._body(self.wanted(case))
        fields["labels"] = [*fields.get("labels", []), case.external_id]
        self.call("PUT", f"/rest/api/3/issue/{segment(key)}", {"fields": fields})
        return key

    def untold(self, case: Handoff) -> dict[str, str]:
        """Say who asked, and the hour of a deadline that the issue shows as a day."""
        told = super().untold(case)
        if case.email:
            told["email"] = case.email
        if case.resolution_by is not None and "resolution_by" not in self.connection.fields:
            told["resolution_by"] = f"{case.resolution_by:%Y-%m-%d %H:%M} UTC"
        return told

    def read(self, remote_id: str) -> Remote:
        """Read the fields that we may write."""
        return self._remote(remote_id, self.call("GET", f"/rest/api/3/issue/{segment(remote_id)}"))

    def _remote(self, remote_id: str, found: Any) -> Remote:  # noqa: ANN401
        values: dict[str, Value] = {
            name: text(found, "fields", place) or text(found, "fields", place, "value")
            for name in self.connection.fields
            if (place := self.maps(name))
        }
        values |= {"priority": text(found, "fields", "priority", "name"), "tags": words(found, "fields", "labels")}
        return Remote(id=remote_id, values=values | {"resolution_by": text(found, "fields", "duedate")})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read an issue."""
        try:
            issue = self.call("GET", f"/rest/api/3/issue/{segment(remote_id)}", expand="names")
        except DeskRefused as refused:
            self._see_project(refused)
            return Ignored("it is gone")
        return Ignored("it is our own") if _is_ours(issue) else _issue(issue)

    def update(self, remote: Remote, changes: Values) -> None:
        """Write fields of the issue."""
        self.call("PUT", f"/rest/api/3/issue/{segment(remote.id)}", {"fields": self._body(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a comment that customers do not see."""
        comment = {"body": body, "public": False}
        return text(self.call("POST", f"/rest/servicedeskapi/request/{segment(remote_id)}/comment", comment), "id")

    def edit_note(self, remote_id: str, note_id: str, body: str) -> None:
        """Rewrite a comment of ours; it stays internal."""
        internal = {"key": "sd.public.comment", "value": {"internal": True}}
        comment = {"body": atlassian_document.write(body), "properties": [internal]}
        self.call("PUT", f"/rest/api/3/issue/{segment(remote_id)}/comment/{segment(note_id)}", comment)

    def thread(self, remote_id: str) -> Thread:
        """Read an issue, its comments and the changes of its status."""
        path = f"/rest/api/3/issue/{segment(remote_id)}"
        try:
            issue = self.call("GET", path, expand="names,schema,changelog")
        except DeskRefused as refused:
            self._see_project(refused)
            return gone(remote_id)
        said = [row for page in self._pages(f"{path}/comment", orderBy="-created") for row in items(page, "comments")]
        changes = items(issue, "changelog", "histories")
        total = dig(issue, "changelog", "total")
        if isinstance(total, int) and total > len(changes):
            start = max(0, total - PAGES * _HISTORY)
            changes = [row for page in self._pages(f"{path}/changelog", start) for row in items(page, "values")]
        moves = jira_thread.moves(changes)
        known = self.call("GET", "/rest/api/3/status") if moves else []
        return jira_thread.thread(self._remote(remote_id, issue), issue, said, moves, known, self.connection)

    def _see_project(self, refused: DeskRefused) -> None:
        """Raise unless an issue is gone: where the project is not found either, it is only hidden from us."""
        if not is_gone(refused):
            raise refused
        self.call("GET", f"/rest/api/3/project/{self.connection.options['project']}")

    def _pages(self, path: str, start: int = 0, **query: str) -> list[Any]:
        found: list[Any] = []
        for _ in range(PAGES):
            page = self.call("GET", path, startAt=str(start), maxResults=str(_HISTORY), **query)
            found.append(page)
            rows = len(items(page, "comments") or items(page, "values"))
            start, total = start + rows, dig(page, "total")
            if not rows or not isinstance(total, int) or start >= total:
                break
        return found

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the issues that changed, in the order of it."""
        found = self._search(f'updated >= "{self._local(since)}" ORDER BY updated', cursor, "updated")
        following = text(found, "nextPageToken")
        ids = [key for row in items(found, "issues") if (key := text(row, "key"))]
        return ChangedPage(ids=ids, cursor=following or cursor or "", more=bool(following))

    def _search(self, asked: str, cursor: str | None, fields: str) -> Any:  # noqa: ANN401
        jql = f'project = "{self.connection.options["project"]}" AND {asked}'
        going_on = {"nextPageToken": cursor} if cursor else {}
        return self.call("GET", "/rest/api/3/search/jql", jql=jql, maxResults=str(_PAGE), fields=fields, **going_on)

    def _local(self, instant_: datetime) -> str:
        """Return an instant as a query says it: by the minute, in the time zone of whoever asks."""
        return f"{instant_.astimezone(self._zone):%Y-%m-%d %H:%M}"

    @cached_property
    def _zone(self) -> tzinfo:
        zone = text(self.call("GET", "/rest/api/3/myself"), "timeZone")
        try:
            return ZoneInfo(zone) if zone else UTC
        except (KeyError, ValueError, OSError):  # not known here
            return UTC

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the issues that were resolved, in the order of it."""
        asked = f'statusCategory = Done AND resolved >= "{self._local(since)}" ORDER BY resolved'
        found = self._search(asked, cursor, self._fields())
        following = text(found, "nextPageToken")
        records = [self._record(row) for row in items(found, "issues")]
        return Page(records=records, cursor=following or cursor or "", more=bool(following))

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return a deadline as the day that it falls on."""
        if name == "resolution_by" and isinstance(value, datetime):
            return f"{value:%Y-%m-%d}"
        return super().word(name, value)

    def _fields(self) -> str:
        mapped = [place for head in self.connection.topics if (place := self.connection.fields.get(head))]
        return ",".join([_FIELDS, *mapped])

    def _body(self, values: Values) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if "priority" in values:
            body["priority"] = {"name": values["priority"]}
        if "resolution_by" in values:
            body["duedate"] = values["resolution_by"]
        if "tags" in values:
            body["labels"] = list(values["tags"])
        return body | dict(self.custom(values))

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        found, told = _issue(row), dig(row, "fields")
        reporter = text(told, "reporter", "accountId")
        answers = [
            atlassian_document.read(dig(each, "body"))
            for each in items(told, "comment", "comments")
            if each.get("jsdPublic", True) and (not reporter or text(each, "author", "accountId") != reporter)
        ]
        fields = self.connection.fields
        labels = labels_at(words(told, "labels"), self.connection) | {
            head: label
            for head in self.connection.topics
            if head in fields and (label := text(told, fields[head]) or text(told, fields[head], "value"))
        }
        return record(
            id=f"{self.connection.name}-{found.remote_id}",
            subject=found.subject,
            description=found.text,
            created_at=found.created_at,
            closed_at=instant(told, "resolutiondate"),
            channel=found.channel,
            priority=self.level(text(told, "priority", "name")),
            resolution=last(answers),
            **labels,
        )


def _is_ours(issue: Any) -> bool:  # noqa: ANN401
    return any(label.startswith(OURS) for label in words(issue, "fields", "labels"))


def _issue(issue: Any) -> Inbound:  # noqa: ANN401
    address = text(issue, "fields", "reporter", "emailAddress")
    return Inbound(
        remote_id=text(issue, "key"),
        subject=subject(issue, "fields", "summary"),
        text=atlassian_document.read(dig(issue, "fields", "description")),
        email=address or None,
        channel="web",
        created_at=instant(issue, "fields", "created"),
        automatic=text(issue, "fields", "reporter", "accountType") == "app",
        attachments=jira_thread.attachments(issue),
        fields=jira_thread.told(issue),
    )
