"""The worker processes that serve one home together."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Crew:
    """The worker processes of one service, as one of them sees them."""

    folder: Path  # for what they share; the parent process empties it before it starts the first of them
    size: int
    joins: bool  # others serve already: this one listens only when it can do its work

    @property
    def secret(self) -> bytes:
        """A secret of this run of the service, known to all of its workers."""
        return (self.folder / SECRET).read_bytes()


SECRET = "secret"  # noqa: S105 (the name of the file)
FOLDER = "run"  # in the home
