"""A gate: one condition of a promotion, and what the gates share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.model.head_entry import HeadEntry
    from triage.model.promotion.overrides import Override

SIGNIFICANT = 0.05
"""A loss that so small a share of the redraws does without is a loss."""
FEWEST = 20
"""Fewer tickets than this cannot show a drop of a label's recall, or of a head's accuracy."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: its name, whether it holds, the reason, and who overrode it."""

    name: str
    passed: bool
    reason: str
    override: Override | None = None

    @property
    def lets_pass(self) -> bool:
        """Whether it stands in nobody's way: it holds, or a person overrode it."""
        return self.passed or self.override is not None


def described(entry: HeadEntry) -> bool:
    """Say whether a head knows its labels by their descriptions alone."""
    return entry.rung == "described"
