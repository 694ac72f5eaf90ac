"""A sealed folder: its manifest names every file with size and sha256, and the manifest's hash is its id."""

from __future__ import annotations

import hashlib
import json
import mmap
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from triage.errors import BundleRefused
from triage.model.manifest import FORMAT, Manifest, from_record
from triage.signing.identity import identity, is_genuine
from triage.signing.signatures import NO_KEYS, SIGNATURE, TrustedKeys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from triage.model.manifest import SealedFile

MANIFEST = "manifest.json"
REPORT, GOLDEN, CASES = "report.html", "golden.json", "cases/cases.jsonl"
HOLDOUT, SEEN, ANSWERED = "holdout.jsonl", "seen.npy", "answered.jsonl"
"""Tickets that measured, hashes of the texts that were learnt from, and questions that measured the answers."""
KINDS = (".json", ".jsonl", ".npz", ".npy", ".onnx", ".toml", ".html", ".md", ".faiss")
REFIT = "refit it with `firstline-train fit`"
DAMAGED = "is damaged: its sha256 is not the manifest's; copy the bundle again, or " + REFIT
LARGEST_FILE = 1 << 30
_LARGEST_OF_TICKETS = 8 << 30
"""A file of `cases/`: these grow with the number of closed tickets."""
_LARGEST_MANIFEST = 16 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SealedFolder:
    """A folder in which every file matches the manifest."""

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The sha256 of the manifest without its id."""
        return self.manifest.id

    @classmethod
    def open(cls, folder: Path, trusted: TrustedKeys = NO_KEYS) -> SealedFolder:
        """Check the signature, and all files by size and sha256, unparsed. Raises `BundleRefused`."""
        sealed = cls(folder, read_manifest(folder))
        if unsigned := trusted.fault(folder, "bundle", sealed.id):
            raise BundleRefused(folder, unsigned)
        listed = {file.path for file in sealed.manifest.files}
        found = set(_paths(folder)) - {MANIFEST, SIGNATURE}
        if found != listed:
            odd = min(found ^ listed)
            told = "not listed" if odd in found else f"missing: copy the bundle again, or {REFIT}"
            raise BundleRefused(folder, f"{odd} is {told}")
        for file in sealed.manifest.files:
            if digest(folder / file.path) != file.sha256:
                raise BundleRefused(folder, f"{file.path} {DAMAGED}")
        return sealed

    def read(self, path: str) -> bytes:
        """Return a file's bytes, verified themselves: what changed on disk since it was opened is refused."""
        listed = self.manifest.file(path)
        if listed is None:
            raise BundleRefused(self.folder, f"{path} is not one of its files")
        try:
            data = (self.folder / path).read_bytes()
        except OSError as problem:
            raise BundleRefused(self.folder, f"{path} cannot be read: {problem.strerror}") from problem
        if hashlib.sha256(data).hexdigest() != listed.sha256:
            raise BundleRefused(self.folder, f"{path} {DAMAGED}")
        return data

    def map(self, path: str) -> memoryview:
        """Map a file into memory, verified before: its pages are read when they are needed, and shared by processes."""
        listed = self.manifest.file(path)
        if listed is None:
            raise BundleRefused(self.folder, f"{path} is not one of its files")
        try:
            with (self.folder / path).open("rb") as file:
                if _digest(file) != listed.sha256:
                    raise BundleRefused(self.folder, f"{path} {DAMAGED}")
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if listed.bytes else b"")
        except OSError as problem:
            raise BundleRefused(self.folder, f"{path} cannot be read: {problem.strerror}") from problem


def seal(folder: Path, record: Mapping[str, Any]) -> Manifest:
    """Write the manifest of a finished folder: the record, the files with their hashes, and the id; return it."""
    files = [
        {"path": path, "sha256": digest(folder / path), "bytes": (folder / path).stat().st_size}
        for path in sorted(set(_paths(folder)) - {MANIFEST, SIGNATURE})
    ]
    sealed = {"format": FORMAT, **record, "files": files}
    sealed["id"] = identity(sealed)
    text = json.dumps(sealed, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return read_manifest(folder)


def digest(path: Path) -> str:
    """Return the sha256 of a file, read in pieces."""
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := file.read(_CHUNK):
        found.update(piece)
    return found.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest alone, the id checked before anything else that it says. Raises `BundleRefused`."""
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise BundleRefused(folder, f"there is no {MANIFEST}; `firstline-train fit` writes one")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise BundleRefused(folder, "its manifest is larger than 16 MB")
    try:
        record = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as problem:
        raise BundleRefused(folder, "its manifest is not JSON") from problem
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise BundleRefused(folder, f"its format is not {FORMAT}: {REFIT}")
    if not is_genuine(record):
        raise BundleRefused(folder, "its id is not the sha256 of its manifest")
    try:
        manifest = from_record(record)
    except msgspec.ValidationError as problem:
        said = f"its manifest is malformed ({problem}): {REFIT}"
        raise BundleRefused(folder, said) from problem
    for file in manifest.files:
        _check_file(folder, file)
    return manifest


def _check_file(folder: Path, file: SealedFile) -> None:
    """Refuse a listed file that must not be opened, whatever its hash."""
    name = file.path
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or str(path) != name:
        raise BundleRefused(folder, f"{name!r} leads out of the folder")
    if path.suffix not in KINDS:
        raise BundleRefused(folder, f"{name!r} is of a kind that a bundle does not have")
    real = folder / name
    if any(part.is_symlink() for part in (real, *real.parents[: len(path.parts) - 1])):
        raise BundleRefused(folder, f"{name} is a link")
    if real.is_file() and real.stat().st_size != file.bytes:
        raise BundleRefused(folder, f"{name} has {real.stat().st_size} bytes, the manifest says {file.bytes}")
    largest = _LARGEST_OF_TICKETS if name.startswith("cases/") else LARGEST_FILE
    if file.bytes > largest:
        raise BundleRefused(folder, f"{name} is larger than {largest >> 30} GB")


def _paths(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise BundleRefused(folder, f"{path.relative_to(folder).as_posix()} is a link")
        if path.is_file():
            yield path.relative_to(folder).as_posix()
