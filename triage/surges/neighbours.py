"""Which tickets are near to each other by meaning: of an outage that everybody tells in words of their own.

How near is near is learnt, not set: a ticket's neighbourhood is as wide as holds a given share of the desk's usual
tickets, so how many neighbours are expected is known beforehand, whatever the encoder and the language.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from triage.surges.arrival import Arrival

SHARES: Final = (0.004, 0.015, 0.05)
"""Of the usual tickets, those that a neighbourhood holds: narrow, wider, widest."""
LINKED: Final = 0.3
"""Of a burst's tickets, those that are near to one of its own."""
TELLING: Final = 1
"""Which ring links tickets to a burst: in the widest, different outages are near to each other."""
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Ring:
    """Neighbourhoods of one width: of each ticket of the day the others inside, and the share that is usual."""

    near: Mapping[str, frozenset[str]] = field(default_factory=dict)
    usual: float = 0.0
    texts: int = 0
    """Usual tickets from which the widths were learnt."""

    @property
    def dispersion(self) -> float:
        """Return the dispersion of counts of neighbours: their share was estimated."""
        return 1 / (0.5 + self.usual * self.texts)

    def linked(self, each: str, group: Collection[str]) -> float:
        """Return the share of a group's tickets to which this one is near, or which are near to it."""
        others = [other for other in group if other != each]
        if not others:
            return 0.0
        own = self.near.get(each, frozenset())
        return sum(other in own or each in self.near.get(other, frozenset()) for other in others) / len(others)

    def around(self, centre: str, window: Sequence[Arrival]) -> list[Arrival]:
        """Return the tickets of a window that are of the same thing as one of them."""
        core = {centre, *self.near.get(centre, frozenset())}
        group = {each.id for each in window} & core
        for _ in range(_ROUNDS):
            grown = {each.id for each in window if self.linked(each.id, group) >= LINKED}
            if grown == group or len(grown) < len(group) / 2:
                break
            group = grown
        return [each for each in window if each.id in group]

    def mean_linked(self, some: Sequence[str], group: Collection[str]) -> float:
        """Return how much of a group is near to the tickets of another, or of the same, on average."""
        return math.fsum(self.linked(each, group) for each in some) / len(some) if some else 0.0

    def theme(self, found: Sequence[Arrival], fewest: int) -> Sequence[Arrival]:
        """Return the larger of two themes of which tickets are, each of so many senders; else all of them."""
        first = self.largest(found)
        ids = {each.id for each in first}
        rest = [each for each in found if each.id not in ids]
        second = self.largest(rest)
        if min(len({each.sender for each in theme}) for theme in (first, second)) < fewest:
            return found
        return first

    def largest(self, window: Sequence[Arrival]) -> list[Arrival]:
        """Return the tickets around the one that has most of the others near to it."""
        ids = {each.id for each in window}
        if not ids:
            return []
        centre = max(window, key=lambda each: len(self.near.get(each.id, frozenset()) & ids))
        return self.around(centre.id, window)


Rings = tuple[Ring, ...]
NONE: Final[Rings] = ()
