"""The cascade in words: how many tickets need no encoder, and what that costs in errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.model.cascade.entry import CascadeEntry, FirstStageEntry, ScreenEntry


def sentences(entry: CascadeEntry | None) -> Iterator[str]:
    """Yield the figures; none where the cascade is off or could not be learnt."""
    if entry is None:
        return
    if entry.first_stage:
        yield from _first_stage(entry.first_stage)
    else:
        yield "Words decide no ticket: for that every head needs enough tickets, and words must err no more."
    if entry.screen:
        yield from _screen(entry.screen)


def _first_stage(entry: FirstStageEntry) -> Iterator[str]:
    for head, each in entry.heads.items():
        found = each.measured
        yield (
            f"{head}: words decide {found.decided} of {found.n} held-out tickets; {found.wrong} of those labels are "
            f"wrong, and {found.wrong_by_encoder} would be by the encoder's head."
        )
    known = entry.familiar
    yield f"Of {known.background} background texts, which are foreign to the desk, words decide {known.decided}."


def _screen(entry: ScreenEntry) -> Iterator[str]:
    yield (
        f"{entry.harmless} of {entry.tickets} held-out tickets are, as a whole, clearly no emergency by their words. "
        f"Of {entry.emergencies} packaged emergencies that the critical head finds without having learnt of them, "
        f"{entry.missed} would be taken for harmless by thresholds that were set without their part."
    )
