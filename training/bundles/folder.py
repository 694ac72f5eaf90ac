"""The folder of a bundle: which one may be overwritten, and replacing it atomically."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from training.errors import NoRoomForBundle
from triage.model import bundle as bundles
from triage.model.bundle_files import FORMAT, MANIFEST, seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def write(files: Iterable[tuple[str, bytes]], facts: Mapping[str, Any], out: Path) -> str:
    """Write a bundle beside its folder, seal it, load it once, and put it in the folder's place.

    Parameters
    ----------
    files
        Path in the bundle and content of each file but the manifest.
    facts
        The manifest's.
    out
        The bundle's folder; an earlier bundle there is replaced when this one is complete.

    Returns
    -------
    str
        Its id.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for path, data in files:
            (unfinished / path).parent.mkdir(exist_ok=True)
            (unfinished / path).write_bytes(data)
        unfinished.chmod(0o755)
        version = seal(unfinished, facts)
        bundles.load(unfinished)
        shutil.rmtree(out, ignore_errors=True)
        unfinished.replace(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return version
