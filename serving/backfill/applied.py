"""Which tags of a file were applied at a helpdesk: a line a ticket, on disk before the next ticket."""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final, Self

from serving.backfill.errors import BackfillRefused

WRITTEN: Final = "written"


class Applied:
    """The record of one application; a context manager that keeps a second run out."""

    def __init__(self, tags: Path, connection: str, facts: Mapping[str, Any]) -> None:
        """Continue an earlier run over the same tags, or begin.

        Raises `BackfillRefused`: another run is applying them now, or the tags, the address or the choice of labels are
        not those of the run that began.
        """
        self.path = tags.with_name(f"{tags.name}.applied-{connection}")
        with tags.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        self._run = {"tags": digest, "connection": connection, **facts}
        #: The last row that is done; rows are applied in order.
        self.row = 0
        #: Whether a ticket was written, in this run or before it was continued.
        self.has_written = False
        self._file: IO[bytes] = self.path.open("a+b")
        try:
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: int, outcome: str) -> None:
        """Note what became of a row."""
        self._write({"row": row, "outcome": outcome})
        self.row = row
        self.has_written |= outcome == WRITTEN

    def _begin(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackfillRefused(self.path, "another run is applying these tags") from None
        first, last, size = b"", b"", 0
        self._file.seek(0)
        for line in self._file:
            if line.endswith(b"\n"):  # the last line of a run that was killed may be half of one
                first, last, size = first or line, line, size + len(line)
                self.has_written |= f'"{WRITTEN}"'.encode() in line
        self._file.truncate(size)
        try:
            begun = json.loads(first) if first else None
            self.row = int(json.loads(last).get("row", 0)) if last else 0
        except (ValueError, AttributeError, TypeError):
            raise BackfillRefused(self.path, "is damaged; delete it to begin anew") from None
        if begun is None:
            self._write(self._run)
        elif begun != self._run:
            reason = "was begun with other tags, another address or another choice of labels; delete it to begin anew"
            raise BackfillRefused(self.path, reason)

    def _write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
