"""The registry of bundles: versions, and which of them are current, previous, shadow and canary.

    models/<id>/     a bundle            models/current, models/previous, models/shadow     one line each: an id
                                         models/canary                       one line: id, share of tickets, run

Pointers and versions change by one `os.replace`, so a reader sees either the old version or the new one.
"""

from __future__ import annotations

import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from triage.durable_files import flush_folder, new_folder, write_file
from triage.errors import CanaryShareRefused, NoCurrentModel, NothingToRollBackTo, UnknownVersion
from triage.model.bundle_files import MANIFEST, SealedFolder
from triage.signing.signatures import NO_KEYS, SIGNATURE, TrustedKeys

_CURRENT, _PREVIOUS, _SHADOW, _CANARY = "current", "previous", "shadow", "canary"
_ODD = re.compile(r"[^A-Za-z0-9_ .+-]")
LARGEST_SHARE = 0.5
"""Of a canary: beyond it, it is no trial."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A version that serves a share of the tickets; each start is a `run` of its own."""

    version: str
    share: float
    run: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The bundles in one folder (`<home>/models`)."""

    folder: Path
    trusted: TrustedKeys = NO_KEYS

    @property
    def prepared(self) -> Path:
        """The folder (`<home>/prepared`) for what this machine makes of the bundles' encoders, to load them faster.

        No signature covers it, so it does not lie among the bundles, which others may deliver.
        """
        return self.folder.with_name("prepared")

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

    def shadow_id(self) -> str | None:
        """Return the id of the version that tags silently beside the current one."""
        return self._pointer(_SHADOW)

    def canary(self) -> Canary | None:
        """Return the version that serves a share of the tickets; None also for a pointer that nobody can read."""
        parts = (self._pointer(_CANARY) or "").split()
        with suppress(ValueError):
            version, share, run = parts
            if 0 < float(share) <= LARGEST_SHARE:
                return Canary(version, float(share), run)
        return None

    def find(self, beginning: str) -> str:
        """Return the version whose id begins so. Raises `UnknownVersion` when none or several do."""
        found = [version for version in self.versions() if beginning and version.startswith(beginning)]
        if len(found) != 1:
            raise UnknownVersion(beginning, self.folder)
        return found[0]

    def make_current(self, version: str) -> None:
        """Let a version serve from now on. Raises `UnknownVersion`, and `BundleRefused` for one that must be signed.

        A canary ends, because it was compared with what was current until now; so does a shadow of this version.
        """
        self._signed(version)
        before = self.current_id()
        if before == version:
            return
        self.stop_canary()
        if self.shadow_id() == version:
            self.stop_shadow()
        if before is not None:
            self._point(_PREVIOUS, before)
        self._point(_CURRENT, version)

    def start_shadow(self, version: str) -> None:
        """Let a version tag silently. Raises `UnknownVersion`, `NoCurrentModel`, `BundleRefused` as `make_current`."""
        self._beside_current(version)
        self._point(_SHADOW, version)

    def stop_shadow(self) -> None:
        """Let no version tag silently."""
        (self.folder / _SHADOW).unlink(missing_ok=True)

    def start_canary(self, version: str, share: float) -> Canary:
        """Let a version serve a share of the tickets.

        Raises `UnknownVersion`, `NoCurrentModel`, `BundleRefused` as `make_current`; `CanaryShareRefused` for a share
        that is not above 0 and at most a half.
        """
        if not 0 < share <= LARGEST_SHARE:
            raise CanaryShareRefused(share, LARGEST_SHARE)
        self._beside_current(version)
        started = Canary(version, share, secrets.token_hex(8))
        self._point(_CANARY, f"{version} {share!r} {started.run}")
        return started

    def stop_canary(self, run: str | None = None) -> bool:
        """Let no canary serve; with a `run`, only if it is this one. Return whether this call has stopped one."""
        pointer, aside = self.folder / _CANARY, self.folder / f".{_CANARY}-{secrets.token_hex(4)}"
        found = self.canary()
        if run is not None and (found is None or found.run != run):
            return False
        try:
            pointer.rename(aside)  # of several that stop it, one finds the pointer
        except FileNotFoundError:
            return False
        stopped = run is None or aside.read_text("ascii", "replace").split()[-1:] == [run]
        if not stopped:  # another run has begun meanwhile: it stays, unless a third has
            with suppress(FileExistsError):
                pointer.hardlink_to(aside)
        aside.unlink()
        flush_folder(self.folder)
        return stopped

    def remove(self, version: str) -> None:
        """Delete a version that does not serve. Raises `UnknownVersion`, also for the current one: it serves."""
        folder = self.path(version)
        if version == self.current_id():
            raise UnknownVersion(version, self.folder)
        if version == self.shadow_id():
            self.stop_shadow()
        if (canary := self.canary()) is not None and version == canary.version:
            self.stop_canary(canary.run)
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

    def _signed(self, version: str) -> None:
        """Raise `UnknownVersion`, and `BundleRefused` where bundles must be signed and this one is not."""
        folder = self.path(version)
        if self.trusted:
            SealedFolder.open(folder, self.trusted)

    def _beside_current(self, version: str) -> None:
        self._signed(version)
        if (current := self.current_id()) is None or current == version:
            raise NoCurrentModel(version, current)

    def _pointer(self, name: str) -> str | None:
        path = self.folder / name
        if not path.exists():  # the desk of the sample asks with every request, and an error takes longer
            return None
        try:
            line = path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        return _ODD.sub("?", line) or None  # a damaged one is the name of no version and of no other folder

    def _point(self, name: str, line: str) -> None:
        write_file(self.folder / name, f"{line}\n".encode("ascii"))
