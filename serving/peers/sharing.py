"""How worker processes share one SQLite file: one writes at a time, and a name is held by one of them.

Both are locks on files, which the system releases when a process dies: there is nothing to clean up after it.
"""

import fcntl
import hashlib
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from serving.peers.crew import Crew
from serving.peers.sqlite_driver import SqliteTooOld, newest_here, shared_driver

_LARGEST = 2**62  # of the offsets in a file, half of which the system takes


class Turn:
    """Lets one process at a time in, in the order in which they came; for one thread of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)


class NameLocks:
    """Names of which each is held by one process: locks on single bytes of one file, by a hash of the name.

    Two names in 2**62 have the same byte, and then one waits for the other.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._opening = path, threading.Lock()
        # Never closed while the process lives: with any of its descriptors all locks of a process on a file go.
        self._file: int | None = None

    def take(self, name: str) -> bool:
        """Take a name, again if this process has it; False while another process holds it."""
        with suppress(BlockingIOError, PermissionError):
            fcntl.lockf(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(name))
            return True
        return False

    def let_go(self, name: str) -> None:
        """Let a name go."""
        fcntl.lockf(self._opened(), fcntl.LOCK_UN, 1, _place(name))

    def _opened(self) -> int:
        with self._opening:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            return self._file


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a SQLite file needs that several processes share."""

    driver: ModuleType
    turn: Turn
    names: NameLocks
    holds_lock: bool = False  # whether the workers themselves keep others from the file

    @classmethod
    def of(cls, crew: Crew) -> "Sharing":
        """Return what the workers of a service use.

        Raises `SqliteTooOld`: no SQLite here may be shared.
        """
        if (driver := shared_driver()) is None:
            raise SqliteTooOld(crew.size, newest_here())
        names = NameLocks(crew.folder / "names.lock")
        return cls(driver, Turn(crew.folder / "write.lock"), names, holds_lock=crew.is_brands)


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8]) % _LARGEST
