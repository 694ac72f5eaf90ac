"""The folder of a bundle: which one may be overwritten, and replacing it atomically."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import NoRoomForBundle
from triage.durable_files import new_folder
from triage.model import bundle as bundles
from triage.model.bundle_files import MANIFEST, seal
from triage.model.manifest import FORMAT, to_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from triage.model.manifest import Manifest

QUARANTINE = "quarantine.jsonl"


def refuse_occupied(folder: Path) -> None:
    """Only a bundle (or what an interrupted refit left) may be overwritten. Raises `NoRoomForBundle`."""
    if folder.is_dir():
        names = {path.name for path in folder.iterdir()} - {QUARANTINE}
        try:
            ours = json.loads((folder / MANIFEST).read_bytes()).get("format") == FORMAT if names else True
        except (OSError, ValueError, AttributeError):
            ours = False
        if ours:
            return
    elif not folder.exists():
        return
    raise NoRoomForBundle(folder)


def write(files: Iterable[tuple[str, bytes]], manifest: Manifest, out: Path) -> Manifest:
    """Write a bundle beside its folder, seal it, load it once, and put it in the folder's place.

    Parameters
    ----------
    files
        Path in the bundle and content of each file but the manifest.
    manifest
        Without files and id.
    out
        The bundle's folder; an earlier bundle there is replaced when this one is complete.

    Returns
    -------
    Manifest
        As sealed.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(out, clear=lambda: shutil.rmtree(out, ignore_errors=True)) as unfinished:
        for path, data in files:
            (unfinished / path).parent.mkdir(exist_ok=True)
            (unfinished / path).write_bytes(data)
        sealed = seal(unfinished, to_record(manifest))
        bundles.load(unfinished)
    return sealed
