"""Lock file: one process owns an embedded database, or the parent of the workers that share it.

SQLite below 3.51.3 can corrupt a WAL when two connections write or checkpoint at the same moment; Debian 12 has 3.40.1.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

from serving.storage.errors import FolderNotWritable, HomeInUse


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
            self._take()
        except OSError as error:
            raise FolderNotWritable(self._path.parent, error.strerror or str(error)) from None

    def _take(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            file.close()
            raise HomeInUse(self._path.parent, f"process {owner}" if owner else "") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def fileno(self) -> int:
        """Return the descriptor of the lock that is held: a process that inherits it holds it, too."""
        assert self._file is not None  # noqa: S101 (for the type: it was taken)
        return self._file.fileno()

    def release(self) -> None:
        """Let go; harmless when not held."""
        if self._file is not None:
            self._file.close()
            self._file = None
