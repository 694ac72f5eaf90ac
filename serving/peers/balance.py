"""Share connections out evenly among the workers.

The kernel gives each new connection to a worker by chance: of eight, one worker of two gets six or more in three of ten
cases, and its callers then wait three times as long as the others. So whoever gets a connection while another has fewer
passes it on, before anything of it is read. Each worker counts its own in a table that all of them map, where each cell
is written by one worker.
"""

import array
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from serving.peers.crew import Crew
from serving.peers.sharing import NameLocks

_TABLE, _PLACES = "connections", "places.lock"
_CELL = np.dtype(np.int32)


class ConnectionBalance:
    """The connections of one worker beside those of the others; one event loop uses it."""

    def __init__(self, folder: Path, place: int, size: int, held: NameLocks | None = None) -> None:
        """Take a place among so many; `held` is the lock that keeps it from others until this process ends.

        Raises `OSError`: no socket can be made in the folder.
        """
        self._folder, self._place, self._held = _short(folder), place, held
        self._leaves = False
        table = _mapped(folder / _TABLE, size)
        #: One more than each has open, 0 where it takes none; taken by each from each; handed by each to each.
        self._open, self._taken, self._handed = table[:, 0], table[:, 1 : 1 + size], table[:, 1 + size :]
        self._open[place] = 0
        self._taken[place] = self._handed[:, place]  # what was on its way to the one before is lost
        self._handed[place] = self._taken[:, place]
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.settimeout(0)
        self._path(place).unlink(missing_ok=True)
        self._line.bind(str(self._path(place)))

    @classmethod
    def of(cls, crew: Crew) -> "ConnectionBalance | None":
        """Return that of this process among the workers of a crew; None where there can be none: all still works."""
        places = NameLocks(crew.folder / _PLACES)
        free = (place for place in range(crew.size) if places.take(str(place)))
        with suppress(OSError, StopIteration):
            return cls(crew.folder, next(free), crew.size, places)
        return None

    def fileno(self) -> int:
        """Return the descriptor that can be read when somebody passes a connection on."""
        return self._line.fileno()

    def note(self, number: int) -> None:
        """Note how many connections are open here; from the first time on others may pass theirs on to this worker."""
        if not self._leaves:
            self._open[self._place] = number + 1

    def passes_on(self, connection: int, number: int) -> bool:
        """Pass a new connection (its descriptor) on to who has the fewest; False where it is to be kept.

        `number` are open here without it. If it was passed on, this process has only to close its descriptor.
        """
        on_their_way = np.maximum(self._handed - self._taken.T, 0).sum(axis=0)
        loads = np.where(self._open > 0, self._open - 1 + on_their_way, number)
        loads[self._place] = number
        fewest = int(loads.argmin())
        if loads[fewest] >= number:
            return False
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection]))]
        try:
            self._line.sendmsg([bytes([self._place])], rights, 0, str(self._path(fewest)))
        except BlockingIOError:  # it does not come to take them
            return False
        except OSError:  # it has ended
            self._open[fewest] = 0
            return False
        self._handed[self._place, fewest] += 1
        return True

    def taken(self) -> Iterator[socket.socket]:
        """Take the connections that others have passed on."""
        with suppress(BlockingIOError):
            while True:
                said, rights, _, _ = self._line.recvmsg(1, socket.CMSG_SPACE(_CELL.itemsize))
                if not said:
                    return
                self._taken[self._place, said[0]] += 1
                for _, _, held in rights:
                    for number in array.array("i", held):
                        yield socket.socket(fileno=number)

    def leave(self) -> None:
        """Take no more; those that were passed on before can still be taken."""
        self._leaves, self._open[self._place] = True, 0
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Let go of the line."""
        self._line.close()

    def _path(self, place: int) -> Path:
        return self._folder / f"{place}.line"


def _short(folder: Path) -> Path:
    """Return a short name of a folder: the address of a socket has at most 107 characters."""
    by_number = Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY)}")  # open as long as the process
    return by_number if by_number.exists() else folder


def _mapped(path: Path, size: int) -> np.ndarray:
    shape = (size, 1 + 2 * size)
    with path.open("ab") as file:
        file.truncate(shape[0] * shape[1] * _CELL.itemsize)
    return np.memmap(path, dtype=_CELL, mode="r+", shape=shape)
