"""HubSpot tickets: webhooks come in batches and contain only ids, so each ticket is fetched."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import OURS, dig, email, instant, items, plain, record, subject, text
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
)

_API = "/crm/v3/objects/tickets"
_PAGE = 100
_MOST = 100  # events of one delivery, as documented
_EXTERNAL = "firstline_id"


def heard(payload: Any, _: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read a batch of events: those that created a ticket are fetched later."""
    events = payload if isinstance(payload, list) else [payload]
    return [_event(each) for each in events[:_MOST]]


def _event(event: Any) -> Inbound | Ignored:  # noqa: ANN401
    kind = text(event, "subscriptionType")
    if kind != "ticket.creation":
        return Ignored(f"event {kind!r}")
    return Inbound(remote_id=text(event, "objectId"), has_text=False)


class HubSpot(HelpdeskAdapter):
    """Everything beside priority is a property that the portal's owner makes."""

    capabilities = Capabilities(
        resolution_by="read_only", first_response_by="read_only", tags=False, repeatable="late_search"
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
        mapped = {name: place for name in self.connection.fields if (place := self.maps(name))}
        asked = ",".join(["hs_ticket_priority", *mapped.values()])
        found = dig(self.call("GET", f"{_API}/{remote_id}", properties=asked), "properties")
        values: dict[str, Value] = {name: text(found, place) for name, place in mapped.items()}
        return Remote(id=remote_id, values=values | {"priority": text(found, "hs_ticket_priority")})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Read a ticket that an event announced, with the address of its contact."""
        asked = f"subject,content,createdate,source_type,{self._external}"
        found = self.call("GET", f"{_API}/{remote_id}", properties=asked, associations="contacts")
        told = dig(found, "properties")
        if text(told, self._external).startswith(OURS):
            return Ignored("it is our own")
        contact = text(found, "associations", "contacts", "results", 0, "id")
        asker = self.call("GET", f"/crm/v3/objects/contacts/{contact}", properties="email") if contact else None
        return Inbound(
            remote_id=remote_id,
            subject=subject(told, "subject"),
            text=plain(told, "content"),
            email=email(asker, "properties", "email"),
            channel=_channel(text(told, "source_type")),
            created_at=instant(told, "createdate"),
        )

    def update(self, remote: Remote, changes: Values) -> None:
        """Write properties."""
        self.call("PATCH", f"{_API}/{remote.id}", {"properties": self._body(changes)})

    def note(self, remote_id: str, body: str) -> str:
        """Add a note to the ticket's timeline (association type 228: note to ticket)."""
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}
        note = {"hs_note_body": body, "hs_timestamp": self._stamp(remote_id)}
        linked = [{"to": {"id": remote_id}, "types": [kind]}]
        made = self.call("POST", "/crm/v3/objects/notes", {"properties": note, "associations": linked})
        return text(made, "id")

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Return a page of the tickets in the closed stage, in the order of closing."""
        filters = [
            {"propertyName": "hs_pipeline_stage", "operator": "EQ", "value": self.connection.options["closed_stage"]},
            {"propertyName": "closed_date", "operator": "GTE", "value": str(int(since.timestamp() * 1000))},
        ]
        mapped = [place for head in ("category", "product_area") if (place := self.connection.fields.get(head))]
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
    def _external(self) -> str:
        return self.connection.fields.get("external_id", _EXTERNAL)

    def _stamp(self, remote_id: str) -> str:
        found = self.call("GET", f"{_API}/{remote_id}", properties="hs_lastmodifieddate")
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
        labels = {head: text(told, fields[head]) for head in ("category", "product_area") if head in fields}
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
