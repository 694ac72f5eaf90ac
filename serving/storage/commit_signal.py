"""The commit signal: wakes waiting workers as soon as work was committed.

It works within this process only; another replica sees the work at its next poll.
"""

import threading

import sqlalchemy as sa

_MARK = "firstline.commit_signal"
_KEPT = 64  # signals that nobody took yet: more would wake nobody else


class CommitSignal:
    """Each signal wakes one waiting thread, or else the next one that waits."""

    def __init__(self) -> None:
        self._changed, self._signals = threading.Condition(), 0

    def notify(self) -> None:
        """Wake one."""
        with self._changed:
            self._signals = min(self._signals + 1, _KEPT)
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, at most this long; tell whether there was one."""
        with self._changed:
            heard = self._changed.wait_for(lambda: self._signals > 0, seconds)
            self._signals -= heard
            return heard


def notify_after(connection: sa.Connection) -> None:
    """Notify those who wait for work once the transaction under way is committed."""
    connection.info[_MARK] = True


def notifies(connection: sa.Connection) -> bool:
    """Tell whether a signal was asked for since the last look."""
    return bool(connection.info.pop(_MARK, False))
