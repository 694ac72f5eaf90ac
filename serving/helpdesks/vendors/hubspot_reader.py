"""Reads what belongs to a HubSpot ticket: e-mails, notes, messages of the inbox, contact and company."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.paths import segment
from serving.helpdesks.port.payloads import dig, items, text
from serving.helpdesks.port.port import RemoteEvent
from serving.helpdesks.vendors import hubspot_thread

_CRM = "/crm/v3/objects"
_INBOX = "/conversations/v3/conversations/threads"
_PAGE = 100
_TALKS, _TALK_PAGES = 5, 5  # threads of the inbox at one ticket, and pages of each
_HIDDEN = {400, 403, 404, 410}  # 400: a property that this portal does not have


class HubSpotReader:
    """Reads by the calls of an adapter; what the token may not read is left out."""

    def __init__(self, connection: Connection, call: Callable[..., Any]) -> None:
        self._connection, self._call = connection, call

    def said(self, remote_id: str, ticket: Any) -> list[RemoteEvent]:  # noqa: ANN401 (JSON)
        """Return the replies and notes of a ticket."""
        connection = self._connection
        emails = self._activities(remote_id, ticket, "emails", hubspot_thread.EMAILS)
        notes = self._activities(remote_id, ticket, "notes", hubspot_thread.NOTES)
        messages = _events(hubspot_thread.message(each, connection) for each in self._messages(remote_id))
        mails = _events(hubspot_thread.email(each, connection) for each in emails)
        noted = _events(hubspot_thread.note(each, connection) for each in notes)
        return [*messages, *hubspot_thread.without_twins(mails, messages), *noted]

    def customer(self, ticket: Any) -> tuple[Any, dict[str, str]]:  # noqa: ANN401
        """Return the first contact of a ticket, and what is known of contact, company and ticket."""
        found: list[Any] = []
        for what, own in (("contacts", hubspot_thread.CONTACT), ("companies", hubspot_thread.COMPANY)):
            number = text(ticket, "associations", what, "results", 0, "id")
            asked = dict.fromkeys([*own, *self.mapped({"contacts": "contact.", "companies": "company."}[what])])
            if not number:
                found.append(None)
                continue
            found.append(self.seen("GET", f"{_CRM}/{what}/{segment(number)}", properties=",".join(asked)))
        contact, company = found
        return contact, hubspot_thread.told(ticket, contact, company, self.mapped("field."))

    def survivor(self, remote_id: str) -> str | None:
        """Return the ticket that a ticket was merged into: HubSpot makes a new one and forgets the others."""
        named = {"propertyName": hubspot_thread.MERGED, "operator": "CONTAINS_TOKEN", "value": remote_id}
        body = {"filterGroups": [{"filters": [named]}], "limit": 1}
        return text(self.seen("POST", f"{_CRM}/tickets/search", body), "results", 0, "id") or None

    def mapped(self, prefix: str) -> list[str]:
        """Return the properties that the connection's mapping of customers names; HubSpot sends only what is asked."""
        sources = self._connection.customer.sources
        named = [str(source.name).casefold() for listed in sources.values() for source in listed]
        return sorted({name.removeprefix(prefix) for name in named if name.startswith(prefix)})

    def seen(self, method: str, path: str, json: Any = None, **query: str) -> Any:  # noqa: ANN401
        """Make a call for what the token may not be allowed to read, or what is gone; then it is None."""
        try:
            return self._call(method, path, json, **query)
        except DeskRefused as refused:
            if refused.status in _HIDDEN:
                return None
            raise

    def _activities(self, remote_id: str, ticket: Any, what: str, asked: Sequence[str]) -> list[Any]:  # noqa: ANN401
        """Return the newest e-mails or notes of a ticket."""
        linked = dig(ticket, "associations", what)
        ids = {number for each in items(linked, "results") if (number := text(each, "id"))}
        if dig(linked, "paging", "next"):
            more = self._call("GET", f"/crm/v4/objects/tickets/{segment(remote_id)}/associations/{what}", limit="500")
            ids |= {number for each in items(more, "results") if (number := text(each, "toObjectId"))}
        if not ids:
            return []
        newest = sorted(ids, key=lambda number: (len(number), number))[-_PAGE:]
        body = {"properties": list(asked), "inputs": [{"id": number} for number in newest]}
        return items(self.seen("POST", f"{_CRM}/{what}/batch/read", body), "results")

    def _messages(self, remote_id: str) -> Iterator[Any]:
        """Yield the messages of the inbox; none where the token may not read it."""
        talks = items(self.seen("GET", _INBOX, associatedTicketId=remote_id), "results")
        for talk in [number for each in talks if (number := text(each, "id"))][:_TALKS]:
            after: dict[str, str] = {}
            for _ in range(_TALK_PAGES):
                page = self.seen(
                    "GET", f"{_INBOX}/{segment(talk)}/messages", limit=str(_PAGE), sort="-createdAt", **after
                )
                yield from items(page, "results")
                following = text(page, "paging", "next", "after")
                if not following:
                    break
                after = {"after": following}


def _events(found: Iterator[RemoteEvent | None]) -> list[RemoteEvent]:
    return [event for event in found if event is not None]
