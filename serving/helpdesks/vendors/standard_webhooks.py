"""Any system that signs by Standard Webhooks: it sends tickets and receives our own webhooks."""

# ruff: noqa: ARG002 (a port is filled whole, also where there is nothing to do)

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import email, instant, plain, subject, text
from serving.helpdesks.port.port import (
    Capabilities,
    Handoff,
    Heard,
    HelpdeskAdapter,
    Ignored,
    Inbound,
    Page,
    Remote,
    Values,
)

_CHANNELS = {"email", "chat", "phone", "in_app", "web", "api"}


def heard(payload: Any, _: Connection) -> Sequence[Heard]:  # noqa: ANN401 (JSON)
    """Read `{"type": "ticket.created", "data": {"id", "subject", "description", "email", "channel", "created_at"}}`."""
    if text(payload, "type") != "ticket.created":
        return [Ignored(f"event {text(payload, 'type')!r}")]
    found = Inbound(
        remote_id=text(payload, "data", "id"),
        subject=subject(payload, "data", "subject"),
        text=plain(payload, "data", "description"),
        email=email(payload, "data", "email"),
        channel=channel if (channel := text(payload, "data", "channel")) in _CHANNELS else "api",
        created_at=instant(payload, "data", "created_at") or instant(payload, "timestamp"),
    )
    return [found]


class Standard(HelpdeskAdapter):
    """Receives tickets; there is nothing to write to."""

    capabilities = Capabilities(create=False, priority=False, tags=False, custom_fields=False, closed_since=False)

    def headers(self) -> Mapping[str, str]:
        """Show nothing: nothing is sent."""
        return {}

    def probe(self) -> str:
        """Ask nothing."""
        return "inbound only: what is decided goes out by /v1/webhooks"

    def find(self, external_id: str) -> str | None:
        """Find nothing."""
        return None

    def create(self, case: Handoff) -> str:
        """Refuse."""
        raise NotImplementedError(self.connection.kind)

    def read(self, remote_id: str) -> Remote:
        """Show no values."""
        return Remote(id=remote_id, values={})

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        """Fetch nothing: whoever sends a ticket sends its text."""
        return Ignored("it came without text")

    def update(self, remote: Remote, changes: Values) -> None:
        """Write nothing."""

    def note(self, remote_id: str, body: str) -> str:
        """Write nothing."""
        return ""

    def closed_since(self, since: datetime, cursor: str | None) -> Page:
        """Know of no closed tickets."""
        return Page(records=[], cursor="", more=False)
