"""Another company's helpdesk, in memory: it keeps tickets, and does what it is told to do wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable
from serving.helpdesks.port.port import (
    Capabilities,
    Handoff,
    HelpdeskAdapter,
    Ignored,
    Inbound,
    Page,
    Remote,
    Value,
    Values,
)
from serving.ticket_desk import NewTicket
from tests.serving.helpdesks.recording_transport import a_connection


@dataclass
class Kept:
    """A ticket there."""

    values: dict[str, Value]
    external_id: str = ""
    version: int = 0
    notes: list[str] = field(default_factory=list)


class MemoryDesk(HelpdeskAdapter):
    """Keeps deadlines in a field of its own for the resolution, and has none for the first response."""

    capabilities = Capabilities(resolution_by="written", guarded=True)
    priorities = {"P0": "urgent", "P1": "high", "P2": "normal", "P3": "low", "P4": "low"}  # noqa: RUF012
    untouched = {"priority": frozenset({"", "normal"})}  # noqa: RUF012

    def __init__(self, **more: Any) -> None:
        super().__init__(a_connection("rt", name="desk", **more), lambda call: None)  # type: ignore[arg-type, return-value]
        self.tickets: dict[str, Kept] = {}
        self.down = False
        self.dies_after_create = False
        self.rule: dict[str, Value] = {}  # what the desk itself sets at creation
        self.agent_types: dict[str, Value] = {}  # what an agent writes between our reading and our writing

    def headers(self) -> Mapping[str, str]:
        return {}

    def probe(self) -> str:
        return "memory"

    def file(self, **values: Value) -> str:
        remote_id = str(len(self.tickets) + 1)
        self.tickets[remote_id] = Kept({"priority": "", "tags": (), **values})
        return remote_id

    def find(self, external_id: str) -> str | None:
        self._reach()
        return next((key for key, kept in self.tickets.items() if kept.external_id == external_id), None)

    def create(self, case: Handoff) -> str:
        self._reach()
        remote_id = self.file(**{**self.wanted(case), **self.rule})
        self.tickets[remote_id].external_id = case.external_id
        if self.dies_after_create:
            self.dies_after_create = False
            raise DeskUnreachable("desk", "ReadTimeout at desk")
        return remote_id

    def read(self, remote_id: str) -> Remote:
        self._reach()
        if remote_id not in self.tickets:
            raise DeskRefused("desk", 404)
        kept = self.tickets[remote_id]
        shown = Remote(id=remote_id, values=dict(kept.values), version=str(kept.version))
        if self.agent_types:
            kept.values |= self.agent_types
            kept.version += 1
            self.agent_types = {}
        return shown

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        self._reach()
        return Inbound(remote_id=remote_id, subject="Fetched", text="Its text")

    def update(self, remote: Remote, changes: Values) -> None:
        self._reach()
        kept = self.tickets[remote.id]
        if remote.version != str(kept.version):
            raise DeskRefused("desk", 412)
        kept.values |= changes
        kept.version += 1

    def note(self, remote_id: str, body: str) -> str:
        self._reach()
        self.tickets[remote_id].notes.append(body)
        return ""

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        self._reach()
        return Page(records=[], cursor="", more=False)

    def _reach(self) -> None:
        if self.down:
            raise DeskUnreachable("desk", "ConnectError at desk")


def a_new_ticket(**more: Any) -> NewTicket:
    """A ticket that a customer of the premium plan opens here."""
    given = {"subject": "Export is empty", "description": "All.", "channel": "web", "plan": "premium"}
    return NewTicket(**given | more)
