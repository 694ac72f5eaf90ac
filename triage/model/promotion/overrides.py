"""A gate that a person overrode: by name, with a reason, and written into the bundle that serves all the same."""

from __future__ import annotations

from msgspec import Struct


class Override(Struct, frozen=True, kw_only=True):
    """One gate that did not pass, and who let the bundle serve all the same, when and why."""

    gate: str
    said: str
    """The gate's own reason."""
    because: str
    by: str
    at: str
    beside: str | None
    """The bundle that was current then: the override is for a promotion beside it. None: none was."""

    @property
    def sentence(self) -> str:
        """Say it in a line."""
        return f"promoted despite {self.gate} ({self.said}) because {self.because!r}, by {self.by} on {self.at[:10]}"
