"""Works for the tests of engines: importable in the processes that do them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Squares:
    """Squares numbers; what each process prepares and does is noted in a folder."""

    notes: Path
    key: str = "squares"
    seconds: float = 0.0
    ends: int | None = None
    """The number at which a process dies, once."""
    always: bool = False

    def prepare(self) -> Callable[[int], int]:
        (self.notes / f"prepared-{os.getpid()}").touch()
        return self.square

    def square(self, number: int) -> int:
        if number == self.ends:
            died = self.notes / "died"
            if self.always or not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        if number < 0:
            raise ValueError(f"{number} is less than nothing")
        (self.notes / f"done-{number}-{time.monotonic_ns()}").touch()
        return number * number


def counted(notes: Path, name: str) -> int:
    return sum(each.name.startswith(name) for each in notes.iterdir())
