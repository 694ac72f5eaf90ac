"""What the manifest keeps of the critical head: its threshold, and how often it was wrong on texts it did not learn."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Measured(Struct, frozen=True, kw_only=True):
    """k of n texts were judged wrongly; the true share is at most `at_most` with confidence 1 - `delta`.

    The exact bound of Clopper and Pearson 1934. It holds for texts like the n: written by the same people.
    """

    n: int
    k: int
    at_most: float


class CriticalEntry(Struct, frozen=True, kw_only=True):
    """The critical head, learnt from packaged texts and the desk's own tickets that are not urgent."""

    file: str
    labels: tuple[str, ...]
    temperature: float
    encoder: str
    threshold: float
    """From this probability of an emergency on, a question is handed off."""
    texts: str
    """Digest of the packaged texts."""
    delta: float
    missed: Measured
    """Emergencies, one wording of each family; no wording of the family was learnt from."""
    missed_by_kind: Mapping[str, Measured]
    handed_off: Measured
    """The same for everyday questions, which were chosen to be like emergencies: most desks see fewer."""
    tickets_handed_off: Measured
    """The same for sentences of tickets of the desk that are not urgent; n is 0 without such tickets."""
