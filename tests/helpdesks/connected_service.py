"""The real service connected to a real helpdesk, and when both show the same tickets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from serving.clock import SystemClock
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.port import Helpdesk
from serving.helpdesks.waiting import waiting
from serving.settings import Settings
from tests.journeys.service import Service
from tests.waiting import wait_until


@dataclass
class ConnectedService:
    """The service, its home, and the file of its connections."""

    service: Service
    home: Path
    connections: Path

    def has_synced_all(self) -> bool:
        """Tell whether the desk shows every ticket that we began to bring there, and each case of theirs is open here.

        A desk shows half-written tickets: ask for one, then ask this, and then read the ticket.
        """
        return waiting(self.home / "firstline.db", SystemClock().now()) == []

    def opened_for(self, external_id: str) -> dict[str, Any]:
        """Return our ticket for a case of theirs, once there is one."""

        def ours() -> list[dict[str, Any]]:
            listed = self.service.client.get("/v1/tickets").json()["tickets"]
            return [each for each in listed if each["external_id"] == external_id]

        [found] = wait_until(ours, "the case was never opened here", pause=0.1)
        return found

    def reaches(self, ticket_id: str, what: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return our ticket once something holds of it."""

        def ours() -> dict[str, Any] | None:
            found: dict[str, Any] = self.service.client.get(f"/v1/tickets/{ticket_id}").json()
            return found if what(found) else None

        found = wait_until(ours, f"{ticket_id} never became so; {self.log_tail()}", pause=0.1)
        assert found is not None
        return found

    def desk_of(self, name: str) -> Helpdesk:
        """Return the helpdesk as the service calls it."""
        networks = replace(Settings(), allow_cidrs="127.0.0.1/32")
        return connected(read(self.connections)[name], calls(networks))

    def log_tail(self) -> str:
        return self.service.log.read_text()[-3000:]
