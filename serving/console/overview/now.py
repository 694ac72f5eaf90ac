"""What is open now, as the overview shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from serving.console.overview import drawings
from serving.console.overview.cards import Card, card
from serving.reports.figures import KpiOut, PartOut

_FIRST = ("open", "breached", "at_risk", "backlog_age", "incidents")
_MOST = 10  # incidents that are listed


@dataclass(frozen=True, slots=True)
class Now:
    """Open tickets: how many, how late, how old."""

    cards: list[Card]
    by_priority: Markup
    by_age: Markup
    priorities: list[PartOut]
    incidents: list[PartOut]
    n: int

    @classmethod
    def of(cls, found: Mapping[str, KpiOut]) -> "Now":
        """Return the figures of now, drawn."""
        return cls(
            [card(found[name]) for name in _FIRST],
            drawings.by_priority(found["open"]),
            drawings.by_age(found["backlog_age"]),
            found["open"].parts,
            found["incidents"].parts[:_MOST],
            found["open"].figure.n,
        )
