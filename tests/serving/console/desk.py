"""A desk whose console is open: tickets come in by the API, and a person works on them in the console."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes import FrozenClock

if TYPE_CHECKING:
    from tests.serving.console.conftest import Console

PATH = "/v1/tickets"


class ConsoleDesk:
    """The console of one who is signed in, and the API beside it."""

    def __init__(self, console: Console, key: dict[str, str], clock: FrozenClock) -> None:
        self.console, self.key, self.clock = console, key, clock

    def open(self, **fields: Any) -> str:
        """Open a ticket, and return its id."""
        self.clock.advance(timedelta(milliseconds=1))  # ids of one millisecond are in no order
        opened = self.console.client.post(PATH, json={"subject": "Export is empty", **fields}, headers=self.key)
        assert opened.status_code == 201, opened.text
        return str(opened.json()["id"])

    def api(self, ticket: str, what: str = "", **fields: Any) -> dict[str, Any]:
        """Read a ticket, or change it by the API."""
        path = f"{PATH}/{ticket}{what}"
        client, key = self.console.client, self.key
        found = client.post(path, json=fields, headers=key) if fields else client.get(path, headers=key)
        assert found.status_code < 300, found.text
        return dict(found.json())

    def page(self, ticket: str) -> str:
        return self.console.read(f"/queue/{ticket}")

    def version(self, ticket: str) -> str:
        """Return the version that the forms of a ticket's page carry."""
        return re.findall(r'name="version" value="(\d+)"', self.console.get(f"/queue/{ticket}"))[0]

    def send(self, ticket: str, form: str, version: str | None = None, **fields: Any) -> Any:
        """Send a form of a ticket's page, as it is now or as it was at a version."""
        sent = {"version": version or self.version(ticket), **fields}
        return self.console.post(f"/queue/{ticket}/{form}", **sent)

    def listed(self, query: str = "") -> list[str]:
        """Return the ids on the list, in its order."""
        return re.findall(r'<a href="/queue/(tkt_\w+)"', self.console.get(f"/queue{query}"))
