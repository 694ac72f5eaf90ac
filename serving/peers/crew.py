"""The worker processes that serve one home together."""

import hmac
from dataclasses import dataclass, replace
from pathlib import Path

from triage.durable_files import write_file


@dataclass(frozen=True, slots=True)
class Crew:
    """The worker processes of one service, as one of them sees them."""

    folder: Path  # for what they share; the parent process empties it before it starts the first of them
    size: int
    joins: bool  # others serve already: this one listens only when it can do its work
    is_brands: bool = False  # of a brand's home, on which the parent process has no lock

    def of_brand(self, name: str) -> "Crew":
        """Return the workers of a brand: the same, with a folder and a secret of the brand's own."""
        folder = self.folder / FOLDER_OF_BRANDS / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(folder / SECRET, hmac.digest(self.secret, name.encode(), "sha256"), mode=0o600)
        return replace(self, folder=folder, is_brands=True)

    @property
    def secret(self) -> bytes:
        """A secret of this run of the service, known to all of its workers."""
        return (self.folder / SECRET).read_bytes()


SECRET = "secret"  # noqa: S105 (the name of the file)
FOLDER = "run"  # in the home
FOLDER_OF_BRANDS = "brands"  # in the folder
