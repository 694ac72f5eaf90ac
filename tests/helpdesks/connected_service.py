"""The real service connected to a real helpdesk, and when both show the same tickets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.clock import SystemClock
from serving.helpdesks.waiting import waiting
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

    def log_tail(self) -> str:
        return self.service.log.read_text()[-3000:]
