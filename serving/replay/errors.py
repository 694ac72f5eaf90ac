"""What is wrong with a replay that was asked for."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from serving.errors import ServingError
from triage.instants import to_text


class ReplayRefused(ServingError):
    """A replay that cannot be made as it was asked for."""


class PolicyNotAFolder(ReplayRefused):
    """The policy to try is a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a file: name a folder with the files to try, such as sla.toml. "
            "`firstline sla replay` tries a single file."
        )


class PolicyFileUnknown(ReplayRefused):
    """The folder has a policy file that nothing reads: it is probably a typing error."""

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        super().__init__(f"{path} is no policy file: the folder may hold {', '.join(known)}.")


class WindowReversed(ReplayRefused):
    """The window ends before it begins."""

    def __init__(self, begins_at: datetime, ends_at: datetime) -> None:
        super().__init__(f"The window ends at {to_text(ends_at)}, not after it begins at {to_text(begins_at)}.")


class WindowEmpty(ReplayRefused):
    """Nothing happened in the window."""

    def __init__(self, begins_at: datetime, ends_at: datetime) -> None:
        super().__init__(f"No ticket and no session began from {to_text(begins_at)} to {to_text(ends_at)}.")


class ThresholdRefused(ReplayRefused):
    """A threshold that is no probability, or contradicts another one."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name}: {problem}")
