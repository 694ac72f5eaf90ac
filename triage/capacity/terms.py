"""The capacity file: demand in numbers, handling times, pools with their shifts, deflection, hiring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from triage.sla.business_hours import Calendar

FILE: Final = "capacity.toml"
OTHER: Final = "other"
Kind = Literal["live", "backlog"]
Shares = Mapping[str, float]


@dataclass(frozen=True)
class GivenDemand:
    """Demand in numbers; without `tickets_a_month` it is counted from tickets."""

    tickets_a_month: float | None
    growth_a_month: float
    in_hours: float
    hours: Calendar
    channels: Shares
    types: Shares
    languages: Shares


@dataclass(frozen=True)
class Handling:
    """Hours of an agent's work on a ticket, by type."""

    by_type: Shares

    def hours(self, type_: str) -> float:
        """Return those of a type, or of all others."""
        return self.by_type.get(type_, self.by_type[OTHER])


@dataclass(frozen=True)
class DeflectionTerms:
    """The share of contacts that is deflected now, the bot's part of it, and the types that it takes first."""

    now: float
    by_bot: float
    first: Sequence[str]


@dataclass(frozen=True)
class Shift:
    """When some agents work, and how many at once; None: not said."""

    name: str
    calendar: Calendar
    agents: int | None


@dataclass(frozen=True)
class Pool:
    """Agents who take the same tickets, and their target: a share of them answered within some hours."""

    name: str
    kind: Kind
    channels: Sequence[str]
    types: Sequence[str]
    languages: Sequence[str]
    within: float
    share: float
    patience: float | None
    shifts: Sequence[Shift]

    def takes(self, channel: str, type_: str, language: str) -> bool:
        """Tell whether it takes such tickets; what it does not name it takes all of."""
        pairs = ((self.channels, channel), (self.types, type_), (self.languages, language))
        return all(not wanted or each in wanted for wanted, each in pairs)


@dataclass(frozen=True)
class Hiring:
    """How long hiring takes, what a new agent does meanwhile, and how many months to look ahead."""

    lead_months: int
    ramp_months: int
    ramp_share: float
    hours_a_week: float
    months: int


@dataclass(frozen=True)
class CapacityTerms:
    """The whole file."""

    demand: GivenDemand
    handling: Handling
    deflection: DeflectionTerms
    utilisation: float
    pools: Sequence[Pool]
    hiring: Hiring
