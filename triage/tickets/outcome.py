"""How a ticket ended, as far as known."""

from __future__ import annotations

from dataclasses import dataclass

from triage.errors import OutcomeRefused

RESOLUTION_FIELDS = ("resolution_type", "root_cause", "kb_article_id")
RESOLUTION_TYPES = ("solved", "workaround", "wont_fix", "duplicate", "feature_request")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a ticket ended, as far as known."""

    resolution_type: str | None = None
    root_cause: str | None = None
    kb_article_id: str | None = None
    csat: int | None = None

    def __post_init__(self) -> None:
        if self.resolution_type not in {None, *RESOLUTION_TYPES}:
            raise OutcomeRefused("resolution_type", self.resolution_type, RESOLUTION_TYPES)
        if self.csat not in {None, *range(1, 6)}:
            raise OutcomeRefused("csat", self.csat, range(1, 6))


NOTHING_SAID = Outcome()
