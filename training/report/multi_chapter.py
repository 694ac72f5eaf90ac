"""The report's chapter on heads of which a ticket has any number of labels, and their lines for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.model.manifest import Manifest
    from triage.model.multi.entry import MultiEntry

_LISTED = 8
NOBODY = "no held-out ticket to measure on"


def lines(manifest: Manifest) -> Iterator[str]:
    """Yield what the terminal shows: two lines a head."""
    for name, entry in manifest.multi.items():
        yield f"{name}: {len(entry.labels)} labels, any number a ticket; {measured(entry)}"
        yield f"  {certified(entry)}"


def measured(entry: MultiEntry) -> str:
    """Return a head's figures in words."""
    metrics = entry.metrics
    if metrics.micro_f1 is None:
        return NOBODY
    tops = ", ".join(f"{value:.0%} at {k}" for k, value in (metrics.precision_at or {}).items())
    return (
        f"micro-F1 {metrics.micro_f1:.3f}, macro-F1 {metrics.macro_f1:.3f} on {metrics.n} held-out tickets (the most "
        f"frequent label alone: {metrics.trivial_micro_f1:.3f}); precision {tops}; {metrics.coverage:.0%} of the "
        f"tickets get a label, {metrics.applied:.0%} one that is applied"
    )


def certified(entry: MultiEntry) -> str:
    """Say which labels are applied, and what is promised of them."""
    earned = entry.earned
    if not earned:
        return "no label has a certificate, so all are suggestions, the likeliest first"
    names = ", ".join(each.label for each in earned[:_LISTED]) + (", …" if len(earned) > _LISTED else "")
    promise = f"at most {max(each.alpha for each in earned):.0%} of the tickets that get such a label should not"
    sure = f"with {1 - max(each.delta for each in earned):.0%} confidence for all labels at once"
    return f"{len(earned)} of {len(entry.labels)} labels are applied ({names}): {promise}, {sure}"
