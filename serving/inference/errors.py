"""Errors of models and article indexes."""

from collections.abc import Sequence
from pathlib import Path

from serving.errors import NotReady, StartRefused


class ModelNotReady(NotReady):
    """No model bundle is live."""


class ArticlesNotReady(NotReady):
    """No article index is live."""


class EncoderMissing(StartRefused):
    """There is no encoder in the expected folder."""

    def __init__(self, tried: Sequence[Path]) -> None:
        self.tried = tuple(tried)
        super().__init__(f"No encoder in {', '.join(map(str, tried))}: run `make setup`, or name one with --encoder.")
