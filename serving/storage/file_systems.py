"""Detect a folder's file system. SQLite's log and locks are safe on local disks only."""

import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from serving.storage.errors import FolderNotLocal

#: Types whose files lie on another machine. 9p and virtiofs are not here: containers use them for local folders.
NETWORKED = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "coda",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "gpfs",
        "orangefs",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.ceph",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "fuse.rclone",
        "fuse.juicefs",
    }
)
_UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the kernel writes spaces, tabs, line ends and backslashes
_OWNER_ONLY = 0o600
_MOUNTS = Path("/proc/self/mountinfo")


def mounted() -> str:
    """Return the mounts of this process as Linux tells them; empty where there is no such list."""
    try:
        return _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return ""


def fstype_of(path: Path, mountinfo: str) -> str | None:
    """Return the type of the file system that holds an absolute path, None when the list does not say.

    The deepest mount point above the path decides, and of several at one point the last, which hides the others.
    """
    deepest, found = -1, None
    for point, fstype in _points(mountinfo):
        if len(point.parts) >= deepest and path.is_relative_to(point):
            deepest, found = len(point.parts), fstype
    return found


def is_mount_point(folder: Path, mountinfo: str) -> bool:
    """Tell whether something is mounted at a folder: it cannot be renamed, and nothing be renamed onto it."""
    found = folder.resolve()
    return found.is_mount() or any(point == found for point, _ in _points(mountinfo))


def _points(mountinfo: str) -> Iterator[tuple[Path, str]]:
    for line in mountinfo.splitlines():
        place, separator, source = line.partition(" - ")
        fields = place.split(" ")
        if separator and len(fields) >= 5:  # id, parent, device, root, mount point
            yield Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4])), source.split(" ")[0]


def insist_on_local(folder: Path, mountinfo: str) -> None:
    """Do nothing for a folder on a disk of this machine, or when nobody can tell.

    Raises `FolderNotLocal`: it lies on a network file system.
    """
    fstype = fstype_of(folder.resolve(), mountinfo)
    if fstype in NETWORKED:
        raise FolderNotLocal(folder, fstype)


def owner_only(path: Path) -> Path:
    """Make a file that only its owner may read, or take that right from all others, and return it.

    SQLite gives its log the rights of the database.
    """
    with suppress(OSError):  # a file of another owner, or a disk without rights: then whoever mounted it decides
        if not path.exists():
            path.touch(mode=_OWNER_ONLY)
        if stat.S_IMODE(path.stat().st_mode) & ~_OWNER_ONLY:
            path.chmod(_OWNER_ONLY)
    return path


def refused_by_disk(error: BaseException) -> str | None:
    """Return what SQLite says of a disk that is full or may not be written, None when the error is of another kind."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return str(getattr(error, "orig", error)) if code & 0xFF in _UNWRITABLE else None
