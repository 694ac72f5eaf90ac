"""The only reader of the time; everywhere else `at` is a parameter."""

import time
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """A clock: the system's, or a fixed one in tests."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for measuring spans."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 (this is the one place)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()
