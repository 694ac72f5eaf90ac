"""What each pool has to do in a week: which tickets are its own, after deflection, and how long they take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from triage.capacity.demand import Demand, open_share
from triage.capacity.errors import NobodyTakes
from triage.capacity.terms import CapacityTerms, Pool

SLOTS: Final = 336
SLOT: Final = 0.5  # hours
Mix = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class PoolLoad:
    """The load of a pool in the planned week, by half hours from Monday 0:00 UTC.

    `arrivals` are tickets an hour; `open` is the share of a half hour in which a shift runs; `staffed` are agents,
    None where the file does not say; `handling` is the mean, in hours.
    """

    pool: Pool
    arrivals: Sequence[float]
    handling: float
    open: Sequence[float]
    staffed: Sequence[float] | None

    @property
    def tickets(self) -> float:
        """Tickets of the week; of a live pool only those that come while it is open."""
        return SLOT * math.fsum(self.counted)

    @property
    def counted(self) -> list[float]:
        """Arrivals an hour that its agents handle: nobody waits for a live pool to open."""
        if self.pool.kind == "backlog":
            return list(self.arrivals)
        return [rate * share for rate, share in zip(self.arrivals, self.open, strict=True)]

    @property
    def outside(self) -> float:
        """Tickets of the week that come while it is closed."""
        return SLOT * math.fsum(rate * (1 - share) for rate, share in zip(self.arrivals, self.open, strict=True))

    @property
    def work(self) -> float:
        """Hours of work in the week."""
        return self.tickets * self.handling

    @property
    def open_hours(self) -> float:
        """Hours of the week in which it is open."""
        return SLOT * math.fsum(self.open)

    @property
    def staffed_hours(self) -> float | None:
        """Hours that its agents work in the week."""
        return None if self.staffed is None else SLOT * math.fsum(self.staffed)


def remaining(mix: Mix, share: float, first: Sequence[str]) -> Mix:
    """Take a share away: of some types first, in proportion, then of all others; what is left adds up to 1 - share.

    A negative share adds as much of everything.
    """
    if share <= 0:
        return {pair: (1 - share) * each for pair, each in mix.items()}
    easy = math.fsum(each for (_, type_), each in mix.items() if type_ in first)
    rest = math.fsum(mix.values()) - easy
    of_easy = min(share, easy)
    kept_easy = 1 - of_easy / easy if easy else 1.0
    kept_rest = 1 - (share - of_easy) / rest if rest else 1.0
    return {pair: each * (kept_easy if pair[1] in first else max(kept_rest, 0.0)) for pair, each in mix.items()}


def loads(terms: CapacityTerms, demand: Demand, mix: Mix) -> list[PoolLoad]:
    """Return the load of each pool; raises `NobodyTakes` where no pool takes some tickets."""
    parts: dict[str, dict[tuple[str, str], float]] = {pool.name: {} for pool in terms.pools}
    for (channel, type_), share in mix.items():
        for language, part in terms.demand.languages.items():
            if share * part > 0:
                own = parts[_taker(terms.pools, channel, type_, language)]
                own[channel, type_] = own.get((channel, type_), 0.0) + share * part
    return [_load(terms, demand, pool, parts[pool.name]) for pool in terms.pools]


def _taker(pools: Sequence[Pool], channel: str, type_: str, language: str) -> str:
    found = next((pool.name for pool in pools if pool.takes(channel, type_, language)), None)
    if found is None:
        raise NobodyTakes(channel, type_, language)
    return found


def _load(terms: CapacityTerms, demand: Demand, pool: Pool, parts: Mix) -> PoolLoad:
    total = math.fsum(parts.values())
    work = math.fsum(share * terms.handling.hours(type_) for (_, type_), share in parts.items())
    rates = [0.0] * SLOTS
    for (channel, _), share in parts.items():
        shape = demand.shapes[channel]
        for slot in range(SLOTS):
            rates[slot] += demand.tickets_a_week * share * shape[slot // 2]
    shifts = [(shift, open_share(shift.calendar, demand.week, SLOTS)) for shift in pool.shifts]
    is_open = [max(shares[slot] for _, shares in shifts) for slot in range(SLOTS)]
    staffed = None
    if all(shift.agents is not None for shift, _ in shifts):
        staffed = [math.fsum((shift.agents or 0) * shares[slot] for shift, shares in shifts) for slot in range(SLOTS)]
    return PoolLoad(pool, rates, work / total if total else 1.0, is_open, staffed)
