"""Lock file: one process owns an embedded database, or the parent of the workers that share it.

SQLite below 3.51.3 can corrupt a WAL when two connections write or checkpoint at the same moment; Debian 12 has 3.40.1.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from serving.storage.errors import FolderNotWritable, HomeInUse

_LOOKS, _PAUSE = 200, 0.05  # 10 seconds


class ProcessLock:
    """An exclusive lock on a file beside the database; the system releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock and write this process's id into the file.

        Raises `HomeInUse`: another process holds it. Raises `FolderNotWritable`: the file cannot be made.
        """
        try:
            for _ in range(_LOOKS):
                owner = self._taken_by()
                if owner is None:
                    return
                if _lives(owner):
                    break
                time.sleep(_PAUSE)  # it was killed, and its workers are about to notice
        except OSError as error:
            raise FolderNotWritable(self._path.parent, error.strerror or str(error)) from None
        raise HomeInUse(self._path.parent, f"process {owner}" if owner else "")

    def _taken_by(self) -> str | None:
        """Take the lock, or return the id of the process that wrote it into the file, maybe an empty one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            file.close()
            return owner
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return None

    def share(self) -> None:
        """Hold the lock together with other workers of one service: nobody else can take it meanwhile.

        Raises `HomeInUse`: a process owns the home alone.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise HomeInUse(self._path.parent, "") from None

    def fileno(self) -> int:
        """Return the descriptor of the lock that is held: a process that inherits it holds it, too."""
        assert self._file is not None  # noqa: S101 (for the type: it was taken)
        return self._file.fileno()

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lives(owner: str) -> bool:
    """Tell whether a process runs; one that cannot be told apart counts as running."""
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OSError):
        return True
    return True
