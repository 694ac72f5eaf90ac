"""What a fit is made of, as a run keeps it: options, settings, and hashes of what is read."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.model.bundle_files import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.config import RefitConfig

FILES = ("tickets", "articles", "overlay", "taxonomy", "changes", "audit", "mapping")
_SECRET = frozenset({"trusted", "as_json"})


def parameters(options: Mapping[str, Any], config: RefitConfig) -> dict[str, Any]:
    """Return the options that were given, and every setting as it was used."""
    given = {name: _plain(value) for name, value in sorted(options.items()) if value not in {None, ()}}
    given = {name: value for name, value in given.items() if name not in _SECRET}
    return {"options": given, "config": asdict(config), "firstline": version("firstline")}


def hashes(options: Mapping[str, Any], **more: str | None) -> dict[str, str | None]:
    """Return the sha256 of each file or folder that the options name, and more."""
    named = {name: Path(options[name]) for name in FILES if options.get(name)}
    return {name: content(path) for name, path in named.items() if path.exists()} | more


def content(path: Path) -> str:
    """Return the sha256 of a file, or of the names and contents of all files of a folder."""
    if path.is_file():
        return digest(path)
    found = hashlib.sha256()
    for each in sorted(path.rglob("*")):
        if each.is_file():
            found.update(f"{each.relative_to(path).as_posix()}\0{digest(each)}\n".encode())
    return found.hexdigest()


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)
