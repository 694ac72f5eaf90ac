"""The two arms of a holdout, who is in which, and what is counted of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Arm = Literal["bot", "holdout"]
_BYTES: Final = 8


def arm_of(digest: bytes, holdout: float) -> Arm:
    """Return the arm of a keyed hash: `holdout` for that share of all hashes.

    A larger share keeps everybody in the holdout who was in it, and adds others.
    """
    return "holdout" if int.from_bytes(digest[:_BYTES]) < holdout * 256**_BYTES else "bot"


@dataclass(frozen=True, slots=True)
class Unit:
    """A visitor, who is in one arm with all their sessions, and the tickets that followed these."""

    sessions: int
    tickets: int


@dataclass(frozen=True, slots=True)
class ArmSums:
    """Sums over the units of an arm: how many, with a ticket and in all, their sessions and tickets, and squares."""

    units: int = 0
    with_ticket: int = 0
    sessions: float = 0.0
    tickets: float = 0.0
    sessions_squared: float = 0.0
    tickets_squared: float = 0.0
    products: float = 0.0

    @classmethod
    def of(cls, units: Iterable[Unit]) -> ArmSums:
        """Add up units."""
        found = list(units)
        return cls(
            units=len(found),
            with_ticket=sum(each.tickets > 0 for each in found),
            sessions=sum(each.sessions for each in found),
            tickets=sum(each.tickets for each in found),
            sessions_squared=sum(each.sessions**2 for each in found),
            tickets_squared=sum(each.tickets**2 for each in found),
            products=sum(each.sessions * each.tickets for each in found),
        )

    @property
    def per_unit(self) -> ArmSums:
        """The same tickets, counted per unit: as if each had one session."""
        n = float(self.units)
        return ArmSums(self.units, self.with_ticket, n, self.tickets, n, self.tickets_squared, self.tickets)

    @property
    def rate(self) -> float | None:
        """Tickets per session; None without sessions."""
        return self.tickets / self.sessions if self.sessions else None
