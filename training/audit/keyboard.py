"""Single keys from the terminal, or from what is piped in."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

QUIT = "q"
_ESCAPE = b"\x1b"


class Keys(Protocol):
    """Where the answers come from."""

    def fresh(self) -> None:
        """Forget what was typed before the person could see what is asked now."""
        ...

    def key(self) -> str:
        """Return one key; "q" where there is no more input, "" for a key that is no character."""
        ...

    def words(self, prompt: str) -> str:
        """Return a line."""
        ...


class Keyboard:
    """The keyboard: within the block keys arrive without Enter and are not echoed, and none is lost in between."""

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSADRAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def fresh(self) -> None:
        """Forget what was typed ahead at a terminal."""
        if self._before is not None:
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def key(self) -> str:
        """Return one key."""
        if self._before is None:
            return sys.stdin.read(1) or QUIT
        try:
            first = os.read(sys.stdin.fileno(), 1)
            while select.select([sys.stdin], [], [], 0)[0] and (first[:1] == _ESCAPE or first[0] >= 0xC0 > first[-1]):
                first += os.read(sys.stdin.fileno(), 1)
        except (KeyboardInterrupt, OSError):
            return QUIT
        if not first:
            return QUIT
        return "" if first[:1] == _ESCAPE else first.decode("utf-8", "replace")

    def words(self, prompt: str) -> str:
        """Return a line, typed with echo."""
        if self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        try:
            return sys.stdin.readline().strip()
        except KeyboardInterrupt:
            return ""
        finally:
            if self._before is not None:
                tty.setcbreak(sys.stdin, termios.TCSADRAIN)
