"""Notice that policy files differ from what served before, and who applied them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct, structs

from serving.changes import records
from serving.changes.edit import Edit
from serving.policy import policies
from serving.storage.database import Database
from triage.durable_files import locked, reword_file, write_file
from triage.reading.bounded_tables import MOST_CHARACTERS

UNKNOWN: Final = "a change of the file"
_NOTE: Final = ".applied.json"  # who applied each file of this folder last
_MOST_BYTES: Final = 4 * MOST_CHARACTERS  # of a file; a longer one is no policy


class Applied(Struct, frozen=True, kw_only=True):
    """Who brought a file, by `firstline policies apply`."""

    by: str
    because: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """Compares the files of a folder with the texts that the change log knows last."""

    database: Database
    folder: Path | None
    now: Callable[[], datetime]

    def record(self) -> None:
        """Record each file that came, changed or went since a process last started with it."""
        found = texts(self.folder)
        applied = notes_of(self.folder)

        def compare(connection: sa.Connection) -> None:
            for name in sorted({*found, *records.subjects(connection, "policy")}):
                before, after = records.last_text(connection, "policy", name), found.get(name)
                if before != after:
                    records.record(
                        connection, "policy", name, self._edit(applied.get(name), after), before=before, after=after
                    )

        self.database.write(compare)

    def _edit(self, applied: Applied | None, after: str | None) -> Edit:
        if applied is None or after is None or applied.digest != records.digest(after):
            return Edit(at=self.now(), by=UNKNOWN)
        return Edit(at=self.now(), by=applied.by, because=applied.because)


def texts(folder: Path | None) -> dict[str, str]:
    """Return the policy files of a folder by name, the editions of service levels as `sla/NAME`."""
    if folder is None:
        return {}
    editions = [path for path in sorted((folder / policies.EDITIONS).glob("*.toml")) if path.is_file()]
    found = {name: folder / name for name in policies.EVERY_FILE if (folder / name).is_file()}
    found |= {f"{policies.EDITIONS}/{path.name}": path for path in editions}
    return {name: _text(path) for name, path in found.items()}


def notes_of(folder: Path | None) -> dict[str, Applied]:
    """Read who applied each file last; nothing where nobody did it by the command."""
    try:
        return {} if folder is None else msgspec.json.decode((folder / _NOTE).read_bytes(), type=dict[str, Applied])
    except (OSError, msgspec.MsgspecError):
        return {}


def note(folder: Path, changed: Mapping[str, str], edit: Edit) -> None:
    """Leave beside the files who applied these and why, for the process that starts with them."""
    new = {
        name: Applied(by=edit.by, because=edit.because, digest=records.digest(text)) for name, text in changed.items()
    }
    with locked(folder):
        write_file(folder / _NOTE, msgspec.json.encode(notes_of(folder) | new))


def reword_notes(folder: Path, reword: Callable[[str], str]) -> int:
    """Put who applied files, and why, in other words; return how many notes changed."""
    with locked(folder):
        return _notes_reworded(folder, reword)


def _notes_reworded(folder: Path, reword: Callable[[str], str]) -> int:
    path = folder / _NOTE
    before = notes_of(folder)
    if not before and path.is_file():  # damaged: nobody reads it, but it may name somebody
        return int(reword_file(path, reword))
    after = {
        name: structs.replace(each, by=reword(each.by), because=None if each.because is None else reword(each.because))
        for name, each in before.items()
    }
    if changed := sum(after[name] != each for name, each in before.items()):
        write_file(path, msgspec.json.encode(after))
    return changed


def _text(path: Path) -> str:
    """Read a file for the log, which must not keep a service from starting: only its beginning, whatever is in it."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as problem:
        return f"(not readable: {problem.strerror})"
    return content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "\ufffd")
