"""Errors of policy files."""

from collections.abc import Sequence
from pathlib import Path

from serving.errors import StartRefused


class PoliciesMissing(StartRefused):
    """The folder of policies has none of the files that would be read."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, tuple(names)
        super().__init__(
            f"{folder} has none of {', '.join(names)}: FIRSTLINE_POLICIES names a folder with at least one."
        )
