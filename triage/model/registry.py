"""The registry of bundles: versions, the current one, and the previous one.

    models/<id>/     a bundle            models/current, models/previous     one line each: an id

A pointer changes by one `os.replace`, so a reader sees either the old version or the new one.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from triage.errors import NothingToRollBackTo, UnknownVersion
from triage.model.bundle_files import MANIFEST, SealedFolder

_CURRENT, _PREVIOUS = "current", "previous"
_UNFINISHED = ".tmp-"


@dataclass(frozen=True, slots=True)
class Registry:
    """The bundles in one folder (`<home>/models`)."""

    folder: Path

    def add(self, bundle: Path) -> str:
        """Copy a verified bundle in and return its id; one that is there already stays. Raises `BundleRefused`."""
        version = SealedFolder.open(bundle).id
        target = self.folder / version
        if target.is_dir():
            return version
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            copy = unfinished / version
            shutil.copytree(bundle, copy)
            SealedFolder.open(copy)  # what arrived, not what left
            _flush(copy)
            copy.rename(target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        _flush_folder(self.folder)
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
        """Let a version serve from now on. Raises `UnknownVersion`."""
        self.path(version)
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
        _flush_folder(self.folder)

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
        unfinished = self.folder / f"{_UNFINISHED}{name}"
        with unfinished.open("w", encoding="ascii") as file:
            file.write(version + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / name)
        _flush_folder(self.folder)


def _flush(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            _flush_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    """Put the folder's entries on disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
