"""Jira Service Management: requests in, issues out. `duedate` is a day, and its own SLAs cannot be written."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import OURS, dig, instant, items, last, plain, record, subject, text, words
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
_FIELDS = "summary,description,priority,created,resolutiondate,labels,comment"


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read an issue that was created; its description is text, or a document of Atlassian's own form."""
    if text(payload, "webhookEvent") != "jira:issue_created":
        return [Ignored(f"event {text(payload, 'webhookEvent')!r}")]
    issue = dig(payload, "issue")
    ours = any(label.startswith(OURS) for label in words(issue, "fields", "labels"))
    if ours or (connection.bot and text(payload, "user", "accountId") == connection.bot):
        return [Ignored("it is our own")]
    return [_issue(issue)]


class Jira(HelpdeskAdapter):
    """Finds tickets it created by a label with our id."""

    capabilities = Capabilities(resolution_by="by_day", first_response_by="read_only", repeatable="late_search")
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
        self.call("PUT", f"/rest/api/3/issue/{key}", {"fields": fields})
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
        found = self.call("GET", f"/rest/api/3/issue/{remote_id}")
        values: dict[str, Value] = {
            name: text(found, "fields", place) or text(found, "fields", place, "value")
            for name in self.connection.fields
            if (place := self.maps(name))
        }
        values |= {"priority": text(found, "fields", "priority", "name"), "tags": words(found, "fields", "labels")}
        return Remote(id=remote_id, values=values | {"resolution_by": text(found, "fields", "duedate")})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read an issue."""
        return _issue(self.call("GET", f"/rest/api/3/issue/{remote_id}"))

    def update(self, remote: Remote, changes: Values) -> None:
        """Write fields of the issue."""
        self.call("PUT", f"/rest/api/3/issue/{remote.id}", {"fields": self._body(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a comment that customers do not see."""
        comment = {"body": body, "public": False}
        return text(self.call("POST", f"/rest/servicedeskapi/request/{remote_id}/comment", comment), "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the issues that were resolved, in the order of it."""
        project = self.connection.options["project"]
        asked = f'project = "{project}" AND statusCategory = Done AND resolved >= "{since:%Y-%m-%d %H:%M}"'
        asked += " ORDER BY resolved"
        going_on = {"nextPageToken": cursor} if cursor else {}
        found = self.call(
            "GET", "/rest/api/3/search/jql", jql=asked, maxResults=str(_PAGE), fields=self._fields(), **going_on
        )
        following = text(found, "nextPageToken")
        records = [self._record(row) for row in items(found, "issues")]
        return Page(records=records, cursor=following or cursor or "", more=bool(following))

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return a deadline as the day that it falls on."""
        if name == "resolution_by" and isinstance(value, datetime):
            return f"{value:%Y-%m-%d}"
        return super().word(name, value)

    def _fields(self) -> str:
        mapped = [place for head in ("category", "product_area") if (place := self.connection.fields.get(head))]
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
            _document(dig(each, "body"))
            for each in items(told, "comment", "comments")
            if each.get("jsdPublic", True) and (not reporter or text(each, "author", "accountId") != reporter)
        ]
        fields = self.connection.fields
        labels = labels_in(words(told, "labels")) | {
            head: label
            for head in ("category", "product_area")
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


def _issue(issue: Any) -> Inbound:  # noqa: ANN401
    address = text(issue, "fields", "reporter", "emailAddress")
    return Inbound(
        remote_id=text(issue, "key"),
        subject=subject(issue, "fields", "summary"),
        text=_document(dig(issue, "fields", "description")),
        email=address or None,
        channel="web",
        created_at=instant(issue, "fields", "created"),
    )


def _document(node: Any) -> str:  # noqa: ANN401
    """Return the words of an Atlassian document, a paragraph a line; or the text, where it is one."""
    if isinstance(node, str):
        return plain(node)
    lines = [_words(each) for each in items(node, "content")]
    return "\n".join(line for line in lines if line)[:100_000]


def _words(node: Any) -> str:  # noqa: ANN401
    return text(node, "text") + "".join(_words(each) for each in items(node, "content"))
