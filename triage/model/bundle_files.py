"""A sealed folder: its manifest names every file with size and sha256, and the manifest's hash is its id."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from triage.errors import BundleRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "manifest.json"
FORMAT = "firstline-bundle/3"
KINDS = (".json", ".jsonl", ".npz", ".npy", ".onnx", ".toml", ".html", ".md")
LARGEST_FILE = 1 << 30
_LARGEST_MANIFEST = 16 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SealedFolder:
    """A folder in which every file matches the manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The sha256 of the manifest without its id."""
        return str(self.manifest["id"])

    @classmethod
    def open(cls, folder: Path) -> SealedFolder:
        """Check all files by size and sha256, unparsed. Raises `BundleRefused`."""
        sealed = cls(folder, _manifest(folder))
        listed = {entry["path"] for entry in sealed.manifest["files"]}
        found = set(_paths(folder)) - {MANIFEST}
        if found != listed:
            odd = min(found ^ listed)
            raise BundleRefused(folder, f"{odd} is {'not listed' if odd in found else 'missing'}")
        for entry in sealed.manifest["files"]:
            if digest(folder / entry["path"]) != entry["sha256"]:
                raise BundleRefused(folder, f"{entry['path']} is damaged: its sha256 is not the manifest's")
        return sealed

    def read(self, path: str) -> bytes:
        """Return a file's bytes, verified themselves: what changed on disk since it was opened is refused."""
        entry = next((entry for entry in self.manifest["files"] if entry["path"] == path), None)
        if entry is None:
            raise BundleRefused(self.folder, f"{path} is not one of its files")
        try:
            data = (self.folder / path).read_bytes()
        except OSError as problem:
            raise BundleRefused(self.folder, f"{path} cannot be read: {problem.strerror}") from problem
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise BundleRefused(self.folder, f"{path} is damaged: its sha256 is not the manifest's")
        return data


def seal(folder: Path, facts: Mapping[str, Any]) -> str:
    """Write the manifest of a finished folder: `facts`, the files with their hashes, and the id, which is returned."""
    files = [
        {"path": path, "sha256": digest(folder / path), "bytes": (folder / path).stat().st_size}
        for path in sorted(set(_paths(folder)) - {MANIFEST})
    ]
    manifest = {"format": FORMAT, **facts, "files": files}
    manifest["id"] = _identity(manifest)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    _manifest(folder)
    return str(manifest["id"])


def digest(path: Path) -> str:
    """Return the sha256 of a file, read in pieces."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            found.update(piece)
    return found.hexdigest()


def _identity(manifest: Mapping[str, Any]) -> str:
    facts = {key: value for key, value in manifest.items() if key != "id"}
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise BundleRefused(folder, f"there is no {MANIFEST}; `firstline-train fit` writes one")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise BundleRefused(folder, "its manifest is larger than 16 MB")
    try:
        manifest = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as problem:
        raise BundleRefused(folder, "its manifest is not JSON") from problem
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleRefused(folder, f"its format is not {FORMAT}: refit it with `firstline-train fit`")
    try:
        genuine = manifest.get("id") == _identity(manifest)
    except ValueError:  # not a number, or a lone surrogate
        genuine = False
    if not genuine:
        raise BundleRefused(folder, "its id is not the sha256 of its manifest")
    files = manifest.get("files")
    if not isinstance(files, list):
        raise BundleRefused(folder, "its list of files is malformed")
    for entry in files:
        _check_entry(folder, entry)
    return manifest


def _check_entry(folder: Path, entry: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Refuse a listed file that must not be opened, whatever its hash."""
    if not (isinstance(entry, dict) and isinstance(entry.get("path"), str) and isinstance(entry.get("sha256"), str)):
        raise BundleRefused(folder, "its list of files is malformed")
    name = entry["path"]
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or str(path) != name:
        raise BundleRefused(folder, f"{name!r} leads out of the folder")
    if path.suffix not in KINDS:
        raise BundleRefused(folder, f"{name!r} is of a kind that a bundle does not have")
    real = folder / name
    if any(part.is_symlink() for part in (real, *real.parents[: len(path.parts) - 1])):
        raise BundleRefused(folder, f"{name} is a link")
    if real.is_file() and real.stat().st_size != entry.get("bytes"):
        raise BundleRefused(folder, f"{name} has {real.stat().st_size} bytes, the manifest says {entry.get('bytes')}")
    if isinstance(entry.get("bytes"), int) and entry["bytes"] > LARGEST_FILE:
        raise BundleRefused(folder, f"{name} is larger than 1 GB")


def _paths(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise BundleRefused(folder, f"{path.relative_to(folder).as_posix()} is a link")
        if path.is_file():
            yield path.relative_to(folder).as_posix()
