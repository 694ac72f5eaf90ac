"""Bundles that a worker refused: then none of them serves it.

Each worker loads a bundle for itself, a poll apart. Nearly always all come to the same verdict, because the files are
the same; one that has, say, no memory left may not. What one refuses it notes here, and the others go back.
"""

from pathlib import Path

import msgspec

from triage.durable_files import write_file


class _Noted(msgspec.Struct):
    reason: str


class Refusals:
    """The refusals of all workers of one service; without a folder those of this process alone, which notes none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def note(self, version: str, signed_at: int, reason: str) -> None:
        """Let all workers refuse a bundle, as it was signed."""
        if self._folder is not None:
            write_file(self._folder / _name(version, signed_at), msgspec.json.encode(_Noted(reason)))

    def why(self, version: str, signed_at: int) -> str | None:
        """Return why a worker refused a bundle; None where none did."""
        if self._folder is None:
            return None
        try:
            return msgspec.json.decode((self._folder / _name(version, signed_at)).read_bytes(), type=_Noted).reason
        except FileNotFoundError:
            return None


def _name(version: str, signed_at: int) -> str:
    return f"{version}.{signed_at}.refused"
