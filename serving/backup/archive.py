"""The backup file: a .tar.gz whose manifest comes first and names every other member with its sha256.

    manifest.json          format, when, engine, schema, tables with their columns and rows, members
    tables/<name>.jsonl    a row a line: an array in the order of the columns; bytes are {"base64": …}
    keys.db                the keys, which are hashes
    erased.jsonl           tombstones, for refits
    models/current  models/previous  models/<id>/…      the bundles that serve and served before, unless left out

Nothing is used before every member matches the manifest, up to the end of the file.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from serving.backup.errors import BackupRefused
from triage.durable_files import write_file
from triage.errors import FileNotReadable
from triage.model.bundle_files import digest
from triage.reading import bounded_files

FORMAT = "firstline-backup/1"
MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1 << 20
_LARGEST_HEADER = 64 << 10  # of long names and times
_CHUNK = 1 << 20
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"  # starts with no dot: neither hidden nor `..`
_NAMES = re.compile(rf"tables/[a-z_]+\.jsonl|keys\.db|erased\.jsonl|models/current|models(/{_PART})+")


class Member(msgspec.Struct, frozen=True):
    """The expected size and hash of a member."""

    size: int
    sha256: str


class KeptTable(msgspec.Struct, frozen=True):
    """A table in the backup; `last` is the highest row number it ever used, if it numbers rows."""

    columns: list[str]
    rows: int
    last: int | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a backup."""

    format: str = FORMAT
    created_at: datetime
    engine: str
    schema: str
    tables: dict[str, KeptTable]
    members: dict[str, Member] = {}


def table_member(name: str) -> str:
    """Return the name of a table's member."""
    return f"tables/{name}.jsonl"


def pack(out: Path, manifest: Manifest, members: Mapping[str, Path], told: Callable[[int], None]) -> None:
    """Write the file for its owner's eyes only: `out` is the old file or the whole new one."""
    sealed = {name: Member(path.stat().st_size, digest(path)) for name, path in members.items()}

    def fill(file: IO[bytes]) -> None:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
            _add(archive, MANIFEST, msgspec.json.encode(msgspec.structs.replace(manifest, members=sealed)))
            for done, (name, path) in enumerate(members.items(), 1):
                archive.add(path, name, recursive=False)
                told(done)

    write_file(out, fill, mode=0o600)


def unpack(file: Path, folder: Path) -> Manifest:
    """Write the members below a folder and return the manifest; what lies there counts only if this returns.

    Raises `BackupRefused`: the file is not, member by member and byte by byte, what its manifest says.
    """
    try:
        with bounded_files.unpacked(file) as stream:
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry) as archive:
                manifest = _unpacked(file, archive, folder)
            while stream.read(_CHUNK):
                pass  # the checksum of it all stands at the end
    except FileNotReadable as refusal:
        raise BackupRefused(file, f"it is damaged or no backup ({refusal.problem})") from refusal
    except tarfile.TarError as damage:
        raise BackupRefused(file, f"it is damaged or no backup ({damage})") from damage
    return manifest


class _Entry(tarfile.TarInfo):
    """A member whose extended header is short: tarfile reads them whole into memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type not in tarfile.REGULAR_TYPES and self.size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


def _unpacked(file: Path, archive: tarfile.TarFile, folder: Path) -> Manifest:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise BackupRefused(file, f"it does not begin with {MANIFEST}")
    manifest = _manifest(file, _content(archive, first).read())
    missing = dict(manifest.members)
    while (entry := archive.next()) is not None:
        member = missing.pop(entry.name, None)
        if member is None or not entry.isreg() or not _NAMES.fullmatch(entry.name):
            raise BackupRefused(file, f"it holds {entry.name!r}, which is no part of a backup or comes twice")
        if entry.size != member.size or _copied(_content(archive, entry), folder / entry.name) != member.sha256:
            raise BackupRefused(file, f"{entry.name} is damaged: it is not what the manifest says")
    if missing:
        raise BackupRefused(file, f"{min(missing)} is missing")
    if {table_member(name) for name in manifest.tables} != {name for name in manifest.members if "tables/" in name}:
        raise BackupRefused(file, "its members are not those of its tables")
    return manifest


def _manifest(file: Path, content: bytes) -> Manifest:
    try:
        if (found := msgspec.json.decode(content, type=dict[str, object]).get("format")) != FORMAT:
            raise BackupRefused(file, f"its format is {found!r}, and this Firstline reads {FORMAT!r}")
        return msgspec.json.decode(content, type=Manifest)
    except (ValueError, RecursionError) as error:  # msgspec raises other ones for what is not UTF-8, or nested deeply
        raise BackupRefused(file, f"its manifest cannot be read ({error})") from error


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(entry)
    assert content is not None  # noqa: S101 (for the type: it is a regular file)
    return content


def _copied(content: IO[bytes], target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    seen = hashlib.sha256()
    with target.open("xb") as copy:
        while chunk := content.read(_CHUNK):
            seen.update(chunk)
            copy.write(chunk)
    return seen.hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
