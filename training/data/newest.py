"""The tickets of a file in order of time, of which only the newest are held while the rest is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from triage.tickets.closed_ticket import ClosedTicket

#: So many tickets beyond those that are kept are read before the oldest are dropped.
SLACK: Final = 10_000


class Newest:
    """Takes tickets in the order of a file; gives them back in order of time."""

    def __init__(self, most: int | None = None, used: Callable[[ClosedTicket], bool] = lambda _: True) -> None:
        """Hold the newest `most` of the tickets that are used, and all others; all of them if None."""
        self._most, self._used = most, used
        self._held: list[tuple[datetime | None, ClosedTicket]] = []
        self._latest: datetime | None = None
        self._n_used = 0
        self.dropped = 0

    def add(self, ticket: ClosedTicket) -> None:
        """Take the next ticket; one without a time stays behind the one before it."""
        if self._latest is None and ticket.created_at:  # those before the first time have that
            self._held = [(ticket.created_at, each) for _, each in self._held]
        self._latest = ticket.created_at or self._latest
        self._held.append((self._latest, ticket))
        if self._most is None:
            return
        self._n_used += self._used(ticket)
        # Without any time yet nobody knows which are the oldest.
        if self._latest is not None and self._n_used > self._most + SLACK:
            self._drop(self._n_used - self._most)

    def in_order(self) -> list[ClosedTicket]:
        """Return the tickets; the file's order settles ties and stands in for times that are missing."""
        self._sort()
        return [ticket for _, ticket in self._held]

    def _sort(self) -> None:
        if (latest := self._latest) is not None:
            self._held.sort(key=lambda each: each[0] or latest)

    def _drop(self, n: int) -> None:
        self._sort()
        kept, left = [], n
        for each in self._held:
            if left and self._used(each[1]):
                left -= 1
            else:
                kept.append(each)
        self._held = kept
        self._n_used -= n
        self.dropped += n
