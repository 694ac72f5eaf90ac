"""The CSM alert: a high-value account with several urgent tickets in a window, once per window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class CsmRule:
    """How many tickets of which priorities in which window, and for which accounts; `arr_above` None: any ARR."""

    tickets: int = 2
    window: timedelta = timedelta(days=14)
    priorities: tuple[str, ...] = ("P0", "P1")
    plans: tuple[str, ...] = ("premium", "enterprise")
    arr_above: float | None = None

    def values_highly(self, plan: str | None, arr: float | None) -> bool:
        """Tell whether an account is of high value, by its plan or by what it pays a year."""
        return plan in self.plans or (self.arr_above is not None and arr is not None and arr > self.arr_above)


@dataclass(frozen=True)
class Urgent:
    """An urgent ticket of an account."""

    at: datetime
    ticket_id: str


@dataclass(frozen=True)
class Signal:
    """The window that began with its first ticket, and the tickets in it."""

    since: datetime
    tickets: tuple[str, ...]


def signals(cases: Iterable[Urgent], rule: CsmRule, told: Sequence[datetime] = ()) -> list[Signal]:
    """Find the windows of which nobody was told yet.

    Parameters
    ----------
    cases
        The urgent cases of one account, in any order.
    rule
        How many in how long make a signal.
    told
        Since when the windows last that were told before: none that overlaps with them is told again.

    Returns
    -------
    The windows, apart from each other, each beginning with its first case: whoever looks finds the same ones.
    """
    ordered = sorted(cases, key=lambda each: (each.at, each.ticket_id))
    found: list[Signal] = []
    past = list(told)
    for place, first in enumerate(ordered):
        if any(abs(first.at - since) < rule.window for since in past):
            continue
        inside = [each.ticket_id for each in ordered[place:] if each.at - first.at < rule.window]
        if len(inside) >= rule.tickets:
            found.append(Signal(first.at, tuple(inside)))
            past.append(first.at)
    return found
