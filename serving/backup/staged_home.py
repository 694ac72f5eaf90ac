"""A home folder that is prepared apart and moved into place in one step, or discarded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from serving.backup.errors import PlaceOccupied
from serving.storage.file_systems import is_mount_point, mounted
from serving.storage.process_lock import ProcessLock
from triage.durable_files import flush_folder, flush_tree, new_folder

_LOCK = "firstline.lock"
_UNFINISHED = ".firstline-restore-"
_OF_THE_DISK = "lost+found"  # what a new ext4 disk has at its root


@contextmanager
def staged_home(home: Path, last: str) -> Iterator[Path]:
    """Lend a folder that becomes the home, or goes away.

    It lies beside the home and is renamed. Where that cannot be, as onto the mount point of a volume, it lies inside,
    and its entries move up one by one, `last` (a name) after all others. Raises `PlaceOccupied`: the home is not empty.
    """
    home = home.absolute()
    if home.exists() and (not home.is_dir() or _occupied(home)):
        raise PlaceOccupied(str(home))
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.is_dir() and (is_mount_point(home, mounted()) or not os.access(home.parent, os.W_OK)):
        with _inside(home, last) as folder:
            yield folder
    else:
        with new_folder(home, mode=0o700) as folder:  # onto a home that got occupied meanwhile the system refuses it
            yield folder


@contextmanager
def _inside(home: Path, last: str) -> Iterator[Path]:
    lock = ProcessLock(home / _LOCK)  # no service begins on half a home, and no other restore
    lock.take()
    try:
        for left in home.glob(f"{_UNFINISHED}*"):  # by a restore that was killed
            shutil.rmtree(left)
        folder = Path(mkdtemp(prefix=_UNFINISHED, dir=home))
        try:
            yield folder
            flush_tree(folder)
            _move_up(folder, last)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        (home / _LOCK).unlink(missing_ok=True)
        lock.release()


def _move_up(folder: Path, last: str) -> None:
    """Move the entries of a folder to where it lies; when one cannot be moved, all are taken back."""
    home = folder.parent
    if _occupied(home):
        raise PlaceOccupied(str(home))
    moved: list[Path] = []
    try:
        for entry in sorted(folder.iterdir(), key=lambda entry: (entry.name == last, entry.name)):
            if entry.name == last:
                flush_folder(home)
            moved.append(entry.rename(home / entry.name))
    except BaseException:
        for entry in moved:
            entry.rename(folder / entry.name)
        raise
    flush_folder(home)


def _occupied(home: Path) -> bool:
    """Tell whether anything lies there beside what the disk and an unfinished restore put there."""
    names = {path.name for path in home.iterdir()} - {_LOCK, _OF_THE_DISK}
    return any(not name.startswith(_UNFINISHED) for name in names)
