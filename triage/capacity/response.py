"""How long customers of a backlog pool wait for the first response: weeks like the planned one, simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from triage.capacity.pools import SLOT, SLOTS, PoolLoad
from triage.capacity.simulation import Handling, Passed, Slot, simulate
from triage.intervals import mean, quantile

SIMULATED: Final = 20_000  # tickets, about
MOST_WEEKS: Final = 1_500
_BUSY, _LONGER = 0.9, 5
"""Where agents are busier than this, the queue settles slowly, and so many times as many tickets are simulated."""
_WEEK: Final = 168.0
_SETTLING: Final = 0.1  # of the weeks
_STRETCHES: Final = 10


@dataclass(frozen=True)
class Response:
    """First responses of a simulation, in hours: by the calendar, and in the pool's open hours.

    `interval` is the 95 % interval of the mean, from the means of ten stretches of the time that was simulated.
    """

    mean: float
    interval: tuple[float, float]
    median: float
    p90: float
    open_p90: float
    within: float
    n: int


def simulated(load: PoolLoad, staffed: Sequence[float]) -> Response | None:
    """Simulate weeks like the planned one; None where there is nothing to do, or more than agents can do."""
    hours = SLOT * math.fsum(map(round, staffed))
    if load.work == 0 or load.work >= hours:
        return None
    wanted = SIMULATED * (_LONGER if load.work > _BUSY * hours else 1)
    weeks = min(max(math.ceil(wanted / load.tickets), 3), MOST_WEEKS)
    slots = [
        Slot(week * _WEEK + begin, week * _WEEK + end, rate, agents)
        for week in range(weeks)
        for begin, end, rate, agents in _pieces(load, staffed)
    ]
    passed = simulate(slots, Handling(load.handling), Random(0))  # noqa: S311 (no secret: a simulation)
    settled = math.ceil(_SETTLING * weeks) * _WEEK
    return _response([each for each in passed if each.came >= settled], load)


def _pieces(load: PoolLoad, staffed: Sequence[float]) -> list[tuple[float, float, float, int]]:
    """Return the week in pieces, each with arrivals an hour and agents, that are as long as these stay the same."""
    found: list[tuple[float, float, float, int]] = []
    for slot, (rate, agents) in enumerate(zip(load.arrivals, map(round, staffed), strict=True)):
        begin, end = slot * SLOT, (slot + 1) * SLOT
        if found and found[-1][2:] == (rate, agents):
            begin = found.pop()[0]
        found.append((begin, end, rate, agents))
    return found


def _response(passed: Sequence[Passed], load: PoolLoad) -> Response | None:
    if not passed:
        return None
    edges = [0.0, *accumulate(SLOT * share for share in load.open)]
    total = edges[-1]

    def opened(at: float) -> float:
        week, hour = divmod(at, _WEEK)
        slot = min(int(hour / SLOT), SLOTS - 1)
        return week * total + edges[slot] + (hour - slot * SLOT) * load.open[slot]

    in_order = [each.left - each.came for each in sorted(passed)]
    by_calendar = sorted(in_order)
    in_hours = sorted(opened(each.left) - opened(each.came) for each in passed)
    median, p90, open_p90 = (
        found[0] if (found := quantile(values, q)) else 0.0
        for values, q in ((by_calendar, 0.5), (by_calendar, 0.9), (in_hours, 0.9))
    )
    return Response(
        mean=math.fsum(by_calendar) / len(passed),
        interval=_of_stretches(in_order),
        median=median,
        p90=p90,
        open_p90=open_p90,
        within=sum(each <= load.pool.within for each in in_hours) / len(passed),
        n=len(passed),
    )


def _of_stretches(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval of a mean whose values depend on their neighbours: means of stretches hardly do."""
    size = math.ceil(len(values) / _STRETCHES)
    means = [math.fsum(part) / len(part) for k in range(0, len(values), size) if (part := values[k : k + size])]
    middle, low, high = mean(means) or (0.0, None, None)
    return (middle if low is None else max(low, 0.0), middle if high is None else high)
