"""The critical head in words: how often it misses an emergency, and how often it hands off an everyday question."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.model.critical import CriticalEntry, Measured


def lines(entry: CriticalEntry | None) -> Iterator[str]:
    """Yield the figures for the terminal; none without a head."""
    if entry is None:
        return
    sure = f"{1 - entry.delta:.0%} confidence"
    yield (
        f"emergencies: from probability {entry.threshold:.2f} on a question is handed off. Of emergencies in wordings "
        f"that taught nothing it misses {_share(entry.missed)}; at most {entry.missed.at_most:.1%} with {sure}."
    )
    yield (
        "emergencies: wrongly handed off are "
        f"{_share(entry.handed_off)} everyday questions chosen to be like emergencies, at most "
        f"{entry.handed_off.at_most:.1%} with {sure}; "
        + (
            f"{_share(entry.unsolicited_handed_off)} advertisements and other unsolicited messages; "
            if entry.unsolicited_handed_off.n
            else ""
        )
        + (
            f"and {_share(entry.tickets_handed_off)} of the sentences of this desk's tickets below P1, at most "
            f"{entry.tickets_handed_off.at_most:.1%}."
            if entry.tickets_handed_off.n
            else "this desk has no tickets below P1 to measure on."
        )
    )


def _share(found: Measured) -> str:
    return f"{found.k} of {found.n}"
