"""Errors of changes."""

from collections.abc import Mapping

from serving.errors import RequestRefused


class NoWayBack(RequestRefused):
    """The change log cannot take this change back; the sentence says what can be done instead."""


class NewerChange(RequestRefused):
    """Taking a change back would lose a later one."""

    def __init__(self, newer: str | None, by: str) -> None:
        self.newer = newer
        later = f"the change {newer} by {by or 'somebody'}" if newer else "an import or another change"
        super().__init__(
            f"It was changed since, by {later}: taking this one back would lose that. `dry_run=true` shows what would "
            "differ, `force=true` takes it back all the same."
        )

    @property
    def facts(self) -> Mapping[str, object]:
        """The id of the later change; None where the log does not know it."""
        return {"newer": self.newer}
