"""Errors of promotion."""

from __future__ import annotations

from triage.errors import FirstlineError


class HoldsErased(FirstlineError):
    """A bundle must not serve again: tickets are in it that customers had erased."""

    def __init__(self, version: str, where: str) -> None:
        self.version = version
        self.where = where
        super().__init__(
            f"{version[:12]} holds tickets that customers had erased ({where}): refit with `firstline-train fit`"
        )


class NotPassed(FirstlineError):
    """A bundle has no verdict of the gates that lets it serve now."""

    def __init__(self, version: str, reason: str) -> None:
        self.version = version
        self.reason = reason
        super().__init__(f"{version[:12]} may not serve: {reason}")
