"""Errors of backup and restore."""

from pathlib import Path

from serving.errors import StartRefused


class BackupNotWritten(StartRefused):
    """There is nothing to back up, or it changed while it was read."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"No backup was written: {reason}.")


class BackupRefused(StartRefused):
    """A file that is damaged, foreign or from a newer Firstline; nothing was restored."""

    def __init__(self, file: Path, reason: str) -> None:
        self.file, self.reason = file, reason
        super().__init__(f"Nothing was restored from {file}: {reason}.")


class PlaceOccupied(StartRefused):
    """The target is not empty; a restore never replaces or mixes data."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"{place} is not empty. Restore into a new one and serve from there: nothing was changed.")
