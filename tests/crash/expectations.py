"""What a client may expect of the desk: tickets as it last saw them, and changes whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.crash.restarting_client import Request
from tests.crash.ticket_model import Case, case_of

Change = Callable[[Case], Case | None]


@dataclass(eq=False)
class KnownTicket:
    """A ticket that was acknowledged: as it was last seen, and what it may have become unseen, by which request."""

    seen: dict[str, Any]
    doubt: Case | None = None
    doubted: KeyedRequest | None = None

    @property
    def case(self) -> Case:
        return case_of(self.seen)

    @property
    def path(self) -> str:
        return f"/v1/tickets/{self.seen['id']}"


@dataclass(eq=False)
class KeyedRequest:
    """A request under a key: however often it is sent, it has one effect."""

    request: Request
    held: KnownTicket | None = None  # the ticket that it changes, or opened
    change: Change | None = None  # from a case to what the request makes of it
    answer: bytes | None = None  # what it was acknowledged with
    made: dict[str, Any] | None = None  # the ticket that a read showed it to have made, though nobody answered
