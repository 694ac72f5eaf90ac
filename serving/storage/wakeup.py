"""The commit signal: wakes waiting workers as soon as work was committed.

It works within this process only; another replica sees the work at its next poll.
"""

import threading

import sqlalchemy as sa

_MARK = "firstline.bell"
_KEPT = 64  # rings that nobody heard yet: more wake nobody else


class Bell:
    """Each signal wakes one waiting thread, or else the next one that waits."""

    def __init__(self) -> None:
        self._changed, self._rings = threading.Condition(), 0

    def ring(self) -> None:
        """Wake one."""
        with self._changed:
            self._rings = min(self._rings + 1, _KEPT)
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, no longer than this; tell whether there was one."""
        with self._changed:
            heard = self._changed.wait_for(lambda: self._rings > 0, seconds)
            self._rings -= heard
            return heard


def ring_after(connection: sa.Connection) -> None:
    """Let the bell of the database ring once the transaction under way is committed."""
    connection.info[_MARK] = True


def rings(connection: sa.Connection) -> bool:
    """Tell whether a ring was asked for since this was asked last."""
    return bool(connection.info.pop(_MARK, False))
