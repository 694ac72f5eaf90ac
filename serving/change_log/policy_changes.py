"""Notice that policy files differ from what served before, and who applied them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from serving.changes import records
from serving.changes.records import Edit
from serving.policy import policies
from serving.storage.database import Database

UNKNOWN: Final = "a change of the file"
_NOTE: Final = ".applied.json"  # who applied the files of this folder last


class Applied(Struct, frozen=True, kw_only=True):
    """Who brought these files, by `firstline policies apply`."""

    by: str
    because: str | None
    digests: dict[str, str]


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """Compares the files of a folder with the texts that the change log knows last."""

    database: Database
    folder: Path | None
    now: Callable[[], datetime]

    def record(self) -> None:
        """Record each file that came, changed or went since a process last started with it."""
        found = texts(self.folder)
        applied = note_of(self.folder)

        def compare(connection: sa.Connection) -> None:
            for name in sorted({*found, *records.subjects(connection, "policy")}):
                before, after = records.last_text(connection, "policy", name), found.get(name)
                if before != after:
                    records.record(
                        connection, "policy", name, self._edit(applied, name, after), before=before, after=after
                    )

        self.database.write(compare)

    def _edit(self, applied: Applied | None, name: str, after: str | None) -> Edit:
        is_known = applied is not None and after is not None and applied.digests.get(name) == records.digest(after)
        if applied is None or not is_known:
            return Edit(at=self.now(), by=UNKNOWN)
        return Edit(at=self.now(), by=applied.by, because=applied.because)


def texts(folder: Path | None) -> dict[str, str]:
    """Return the policy files of a folder by name, the editions of service levels as `sla/NAME`."""
    if folder is None:
        return {}
    editions = [path for path in sorted((folder / policies.EDITIONS).glob("*")) if path.is_file()]
    found = {name: folder / name for name in policies.EVERY_FILE if (folder / name).is_file()}
    found |= {f"{policies.EDITIONS}/{path.name}": path for path in editions}
    return {name: path.read_text("utf-8", "replace") for name, path in found.items()}


def note_of(folder: Path | None) -> Applied | None:
    """Read who applied the files last; None where nobody did it by the command."""
    try:
        return None if folder is None else msgspec.json.decode((folder / _NOTE).read_bytes(), type=Applied)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def note(folder: Path, edit: Edit) -> None:
    """Leave beside the files who applied them and why, for the process that starts with them."""
    digests = {name: records.digest(text) for name, text in texts(folder).items()}
    applied = Applied(by=edit.by, because=edit.because, digests=digests)
    (folder / _NOTE).write_bytes(msgspec.json.encode(applied))
