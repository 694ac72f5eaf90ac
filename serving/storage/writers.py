"""Writers: group commit without a thread of its own, and no write inside a write, which would wait for itself.

A write that finds nobody at work leads: it runs itself and the writes that came meanwhile in one transaction, on its
own thread, and hands the lead over. So a lone write wakes no other thread, and those that come together share a commit.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from serving.storage.errors import NestedWrite


class Pending:
    """An operation, and what became of it; one that does not join others leads alone."""

    __slots__ = ("error", "is_done", "joins", "operation", "result", "woken")

    def __init__(self, operation: Callable[[sa.Connection], Any], *, joins: bool = True) -> None:
        self.operation, self.joins = operation, joins
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_done = False
        self.woken: threading.Lock | None = None  # held until another thread did it, or hands the lead over

    def outcome(self) -> Any:  # noqa: ANN401 (of the operation)
        """Return the operation's result, or raise its error."""
        error, self.error = self.error, None  # the error knows this frame: kept here, it would stay for long
        if error is None:
            return self.result
        try:
            raise error
        finally:
            del error


class Line:
    """Those who want to write, in the order in which they came; one of them leads."""

    def __init__(self) -> None:
        self._guard, self._is_led = threading.Lock(), False
        self._waiting: deque[Pending] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def leads(self, mine: Pending) -> bool:
        """Wait until the caller leads; False if meanwhile another leader did what it wants."""
        with self._guard:
            if not self._is_led:
                self._is_led = True
                return True
            mine.woken = woken = threading.Lock()
            woken.acquire()
            self._waiting.append(mine)
        woken.acquire()
        return not mine.is_done

    def followers(self, most: int) -> list[Pending]:
        """Take the next in line that the leader may run with its own, at most so many."""
        found: list[Pending] = []
        with self._guard:
            while len(found) < most and self._waiting and self._waiting[0].joins:
                found.append(self._waiting.popleft())
        return found

    def hand_over(self, done: list[Pending]) -> None:
        """Let the next in line lead, and wake those whose operations are done."""
        with self._guard:
            following = self._waiting.popleft() if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            _wake(following)
        for each in done:
            each.is_done = True
            _wake(each)


def _wake(sleeping: Pending) -> None:
    if sleeping.woken is not None:
        sleeping.woken.release()


class Writing(threading.local):
    """A `with` statement around a write, with a flag per thread."""

    here = False

    def __enter__(self) -> None:
        """Enter.

        Raises `NestedWrite`: this thread writes already.
        """
        if self.here:
            raise NestedWrite
        self.here = True

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self.here = False
