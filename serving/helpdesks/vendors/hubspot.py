"""HubSpot tickets: webhooks come in batches and contain only ids, so each ticket is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, markup, plain, record, subject, text
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
from serving.helpdesks.vendors import hubspot_thread
from serving.helpdesks.vendors.hubspot_reader import HubSpotReader

_CRM = "/crm/v3/objects"
_API = f"{_CRM}/tickets"
_PAGE = 100
_FARTHEST = 10_000  # results of one search
_TICKET = "0-5"  # its type in subscriptions that name objects
_OWN = ("subject", "content", "createdate", "source_type", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id")
_MOST = 100  # events of one delivery, as documented
_EXTERNAL = "firstline_id"
_MODIFIED = "hs_lastmodifieddate"
_CHANGES = {"propertyChange", "deletion", "privacyDeletion", "restore"}


def heard(payload: Any, connection: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a batch of events: tickets that were created are fetched later, of others something changed."""
    events = payload if isinstance(payload, list) else [payload]
    return [each for event in events[:_MOST] for each in _event(event, connection)]


def _event(event: Any, connection: Connection) -> Iterator[Heard]:  # noqa: ANN401
    about, _, kind = text(event, "subscriptionType").partition(".")
    if about == "object" and text(event, "objectTypeId") == _TICKET:
        about = "ticket"
    by = {text(event, "sourceId"), text(event, "sourceId").removeprefix("userId:")}
    if about != "ticket" or kind not in {"creation", "merge", "associationChange", *_CHANGES}:
        yield Ignored(f"event {text(event, 'subscriptionType')!r}")
    elif kind == "creation":
        yield Inbound(remote_id=text(event, "objectId"), has_text=False)
    elif kind in _CHANGES and connection.bot and connection.bot in by:
        yield Ignored("it is our own")
    else:
        ids = dict.fromkeys(each for each in _touched(event, kind) if each)
        yield from (Changed(each) for each in ids)
        if not ids:
            yield Ignored("an event without a ticket")


def _touched(event: Any, kind: str) -> list[str]:  # noqa: ANN401
    """Return the tickets that an event changed."""
    if kind == "merge":
        kept = [text(event, name) for name in ("primaryObjectId", "newObjectId", "objectId")]
        return [*(text(event, "mergedObjectIds", place) for place in range(_MOST)), *kept]
    if kind == "associationChange":
        is_from = text(event, "associationType").startswith("TICKET") or text(event, "fromObjectTypeId") == _TICKET
        return [text(event, "fromObjectId" if is_from else "toObjectId")]
    return [text(event, "objectId")]


class HubSpot(HelpdeskAdapter):
    """Everything beside priority is a property that the portal's owner makes."""

    capabilities = Capabilities(
        resolution_by="read_only",
        first_response_by="read_only",
        tags=False,
        repeatable="late_search",
        threads=True,
        edits_notes=True,
    )
    priorities: ClassVar[Mapping[str, str]] = {"P0": "URGENT", "P1": "HIGH", "P2": "MEDIUM", "P3": "LOW", "P4": "LOW"}
    untouched: ClassVar[Mapping[str, frozenset[str]]] = {"priority": frozenset({""})}

    def headers(self) -> Mapping[str, str]:
        """Show the private app's token."""
        return {"Authorization": f"Bearer {self.connection.token}"}

    def probe(self) -> str:
        """Ask for one ticket."""
        self.call("GET", _API, limit="1")
        return f"pipeline {self.connection.options['pipeline']}"

    def find(self, external_id: str) -> str | None:
        """Look for our id in its property."""
        asked = [{"propertyName": self._external, "operator": "EQ", "value": external_id}]
        found = self.call("POST", f"{_API}/search", {"filterGroups": [{"filters": asked}], "limit": 1})
        return text(found, "results", 0, "id") or None

    def create(self, case: Handoff) -> str:
        """Open a ticket in the pipeline."""
        properties = {
            "subject": case.subject,
            "content": case.text or case.subject,
            "hs_pipeline": self.connection.options["pipeline"],
            "hs_pipeline_stage": self.connection.options["stage"],
            self._external: case.external_id,
            **self._body(self.wanted(case)),
        }
        return text(self.call("POST", _API, {"properties": properties}), "id")

    def untold(self, case: Handoff) -> dict[str, str]:
        """Say also who asked: a ticket has no address, contacts are associated by the desk's own workflow."""
        return super().untold(case) | ({"email": case.email} if case.email else {})

    def read(self, remote_id: str) -> Remote:
        """Read the properties that we may write."""
        return self._remote(
            remote_id, self.call("GET", f"{_API}/{segment(remote_id)}", properties=",".join(self._written()))
        )

    def _written(self) -> list[str]:
        return ["hs_ticket_priority", *(place for name in self.connection.fields if (place := self.maps(name)))]

    def _remote(self, remote_id: str, ticket: Any) -> Remote:  # noqa: ANN401
        found = dig(ticket, "properties")
        mapped = {name: place for name in self.connection.fields if (place := self.maps(name))}
        values: dict[str, Value] = {name: text(found, place) for name, place in mapped.items()}
        return Remote(id=remote_id, values=values | {"priority": text(found, "hs_ticket_priority")})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a ticket that an event announced, and who asks."""
        asked = ",".join([*_OWN, self._external, *self._reader.mapped("field.")])
        try:
            found = self.call(
                "GET", f"{_API}/{segment(remote_id)}", properties=asked, associations="contacts,companies"
            )
        except DeskRefused as refused:
            self._see_token(refused)
            return Ignored("it is gone")
        told = dig(found, "properties")
        if text(told, self._external).startswith(OURS):
            return Ignored("it is our own")
        contact, fields = self._reader.customer(found)
        return Inbound(
            remote_id=remote_id,
            subject=subject(told, "subject"),
            text=plain(told, "content"),
            email=email(contact, "properties", "email"),
            channel=_channel(text(told, "source_type")),
            created_at=instant(told, "createdate"),
            fields=fields,
        )

    def thread(self, remote_id: str) -> Thread:
        """Read a ticket with its e-mails, notes and messages; a merged one is answered by the ticket that goes on."""
        asked = [*_OWN, _MODIFIED, hubspot_thread.MERGED, *self._written(), *self._reader.mapped("field.")]
        query = {
            "properties": ",".join(dict.fromkeys(asked)),
            "propertiesWithHistory": "hs_pipeline_stage",
            "associations": "contacts,companies,emails,notes",
        }
        try:
            found = self.call("GET", f"{_API}/{segment(remote_id)}", **query)
        except DeskRefused as refused:
            self._see_token(refused)
            survivor = self._reader.survivor(remote_id)
            return replace(gone(remote_id), merged_into=survivor, deleted=survivor is None)
        there = text(found, "id")
        if there and there != remote_id:
            return Thread(remote=self._remote(remote_id, found), merged_into=there)
        pipelines = self._reader.seen("GET", "/crm/v3/pipelines/tickets")
        remote, stages = self._remote(remote_id, found), hubspot_thread.stages(pipelines)
        thread = hubspot_thread.thread(remote, found, self._reader.said(remote_id, found), stages, self.connection)
        archived = dig(found, "archived") is True
        return replace(thread, deleted=archived, fields=self._reader.customer(found)[1])

    def _see_token(self, refused: DeskRefused) -> None:
        """Raise unless a ticket is gone: where the probe is refused, too, it is the token."""
        if not is_gone(refused):
            raise refused
        self.probe()

    def changed_since(self, since: datetime, cursor: str | None) -> ChangedPage:
        """Return a page of the tickets that changed, in the order of it."""
        begun, _, after = (cursor or str(int(since.timestamp() * 1000))).partition(" ")
        body = {
            "filterGroups": [{"filters": [{"propertyName": _MODIFIED, "operator": "GTE", "value": begun}]}],
            "sorts": [{"propertyName": _MODIFIED, "direction": "ASCENDING"}],
            "properties": [_MODIFIED],
            "limit": _PAGE,
            **({"after": after} if after else {}),
        }
        found = self.call("POST", f"{_API}/search", body)
        rows, following = items(found, "results"), text(found, "paging", "next", "after")
        ids = [remote_id for row in rows if (remote_id := text(row, "id"))]
        reached = instant(rows[-1], "properties", _MODIFIED) if rows else None
        if following.isdigit() and int(following) >= _FARTHEST and reached:  # no search goes on from there
            begun, following = str(int(reached.timestamp() * 1000)), ""
            return ChangedPage(ids=ids, cursor=begun, more=True)
        return ChangedPage(ids=ids, cursor=f"{begun} {following}".strip(), more=bool(following))

    def update(self, remote: Remote, changes: Values) -> None:
        """Write properties."""
        self.call("PATCH", f"{_API}/{segment(remote.id)}", {"properties": self._body(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a note to the ticket's timeline (association type 228: note to ticket)."""
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}
        note = {"hs_note_body": markup(body), "hs_timestamp": self._stamp(remote_id)}
        linked = [{"to": {"id": remote_id}, "types": [kind]}]
        made = self.call("POST", "/crm/v3/objects/notes", {"properties": note, "associations": linked})
        return text(made, "id")

    def edit_note(self, remote_id: str, note_id: str, body: str) -> None:  # noqa: ARG002
        """Rewrite a note of ours."""
        self.call("PATCH", f"{_CRM}/notes/{segment(note_id)}", {"properties": {"hs_note_body": markup(body)}})

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the tickets in the closed stage, in the order of closing."""
        filters = [
            {"propertyName": "hs_pipeline_stage", "operator": "EQ", "value": self.connection.options["closed_stage"]},
            {"propertyName": "closed_date", "operator": "GTE", "value": str(int(since.timestamp() * 1000))},
        ]
        mapped = [place for head in self.connection.topics if (place := self.connection.fields.get(head))]
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "closed_date", "direction": "ASCENDING"}],
            "properties": [
                "subject",
                "content",
                "createdate",
                "closed_date",
                "hs_ticket_priority",
                "hs_resolution",
                *mapped,
            ],
            "limit": _PAGE,
            **({"after": cursor} if cursor else {}),
        }
        found = self.call("POST", f"{_API}/search", body)
        following = text(found, "paging", "next", "after")
        records = [self._record(row) for row in items(found, "results")]
        return Page(records=records, cursor=following or cursor or "", more=bool(following))

    @property
    def _reader(self) -> HubSpotReader:
        return HubSpotReader(self.connection, self.call)

    @property
    def _external(self) -> str:
        return self.connection.fields.get("external_id", _EXTERNAL)

    def _stamp(self, remote_id: str) -> str:
        found = self.call("GET", f"{_API}/{segment(remote_id)}", properties="hs_lastmodifieddate")
        return text(found, "properties", "hs_lastmodifieddate")

    def word(self, name: str, value: str | datetime | tuple[str, ...]) -> Value:
        """Return tags as the one text that a property holds."""
        return ";".join(value) if isinstance(value, tuple) else super().word(name, value)

    def _body(self, values: Values) -> dict[str, Any]:
        own = {"hs_ticket_priority": values["priority"]} if "priority" in values else {}
        return own | dict(self.custom(values))

    def _record(self, row: Any) -> dict[str, object]:  # noqa: ANN401
        told = dig(row, "properties")
        fields = self.connection.fields
        labels = {head: text(told, fields[head]) for head in self.connection.topics if head in fields}
        return record(
            id=f"{self.connection.name}-{text(row, 'id')}",
            subject=subject(told, "subject"),
            description=plain(told, "content"),
            created_at=instant(told, "createdate"),
            closed_at=instant(told, "closed_date"),
            priority=self.level(text(told, "hs_ticket_priority")),
            resolution=plain(told, "hs_resolution"),
            **labels,
        )


def _channel(source: str) -> str:
    return {"EMAIL": "email", "CHAT": "chat", "PHONE": "phone", "FORM": "web"}.get(source, "api")
