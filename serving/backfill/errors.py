"""Errors of tagging an export.

ServingError
└── BackfillRefused    an export, an output or an earlier run that cannot be used
"""

from pathlib import Path

from serving.errors import ServingError


class BackfillRefused(ServingError):
    """An export cannot be tagged as it was asked for."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")
