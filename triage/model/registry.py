"""The registry of bundles: versions, the current one, and the previous one.

    models/<id>/     a bundle            models/current, models/previous     one line each: an id

Pointers and versions change by one `os.replace`, so a reader sees either the old version or the new one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from triage.durable_files import flush_folder, new_folder, write_file
from triage.errors import NothingToRollBackTo, UnknownVersion
from triage.model.bundle_files import MANIFEST, SealedFolder
from triage.signing.signatures import NO_KEYS, SIGNATURE, TrustedKeys

_CURRENT, _PREVIOUS = "current", "previous"


@dataclass(frozen=True, slots=True)
class Registry:
    """The bundles in one folder (`<home>/models`)."""

    folder: Path
    trusted: TrustedKeys = NO_KEYS

    def add(self, bundle: Path) -> str:
        """Copy a verified bundle in and return its id; one that is there already stays, signed as the one given.

        Raises `BundleRefused`: it is damaged, or not signed by a trusted key.
        """
        version = SealedFolder.open(bundle, self.trusted).id
        target = self.folder / version
        if target.is_dir():
            if (bundle / SIGNATURE).is_file():
                write_file(target / SIGNATURE, (bundle / SIGNATURE).read_bytes())
            return version
        self.folder.mkdir(parents=True, exist_ok=True)
        with new_folder(target) as copy:
            shutil.copytree(bundle, copy, dirs_exist_ok=True)
            SealedFolder.open(copy, self.trusted)  # what arrived, not what left
        return version

    def current_id(self) -> str | None:
        """Return the id of the current version."""
        return self._pointer(_CURRENT)

    def previous_id(self) -> str | None:
        """Return the id of the version that was current before."""
        return self._pointer(_PREVIOUS)

    def current(self) -> Path | None:
        """Return the folder of the current version."""
        version = self.current_id()
        return self.folder / version if version else None

    def path(self, version: str) -> Path:
        """Return the folder of a version. Raises `UnknownVersion`."""
        if version not in self.versions():
            raise UnknownVersion(version, self.folder)
        return self.folder / version

    def versions(self) -> list[str]:
        """Return the ids of all versions, newest first."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if (path / MANIFEST).is_file() and path.name[0] != "."]
        return [path.name for path in sorted(found, key=lambda path: (-path.stat().st_mtime_ns, path.name))]

    def make_current(self, version: str) -> None:
        """Let a version serve from now on. Raises `UnknownVersion`, and `BundleRefused` for one that must be signed."""
        folder = self.path(version)
        if self.trusted:
            SealedFolder.open(folder, self.trusted)
        before = self.current_id()
        if before == version:
            return
        if before is not None:
            self._point(_PREVIOUS, before)
        self._point(_CURRENT, version)

    def remove(self, version: str) -> None:
        """Delete a version that does not serve. Raises `UnknownVersion`, also for the current one: it serves."""
        folder = self.path(version)
        if version == self.current_id():
            raise UnknownVersion(version, self.folder)
        if version == self.previous_id():
            (self.folder / _PREVIOUS).unlink()
        shutil.rmtree(folder)
        flush_folder(self.folder)

    def rollback(self) -> str:
        """Let the previous version serve again and return its id. Raises `NothingToRollBackTo`, `UnknownVersion`."""
        previous = self.previous_id()
        if previous is None or previous == self.current_id():
            raise NothingToRollBackTo(self.folder)
        self.make_current(previous)
        return previous

    def _pointer(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def _point(self, name: str, version: str) -> None:
        write_file(self.folder / name, f"{version}\n".encode("ascii"))
