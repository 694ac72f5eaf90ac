"""Erlang-A: a queue with Poisson arrivals, exponential handling times, n agents and customers who give up.

Palm 1957; Garnett, Mandelbaum and Reiman 2002, "Designing a call center with impatient customers". The formulas are
those of Zeltyn and Mandelbaum 2005 for M/M/n+G, with exponential patience. Without patience it is Erlang-C.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from triage.capacity.errors import TooManyAgents

MOST_AGENTS: Final = 5_000
_PANELS: Final = 400  # of Simpson's rule; even
_NEGLIGIBLE: Final = 40.0  # what is smaller than the peak by this many powers of e is left out


@dataclass(frozen=True)
class Queue:
    """A queue in steady state; times are hours.

    Parameters
    ----------
    arrivals
        Contacts an hour.
    handling
        Mean time that an agent spends on one, more than nothing.
    agents
        How many serve the queue.
    patience
        Mean time after which a customer who is still in the queue gives up; None: nobody gives up.
    """

    arrivals: float
    handling: float
    agents: int
    patience: float | None = None

    @property
    def load(self) -> float:
        """Offered load in Erlangs: agents who would be busy if nobody had to queue."""
        return self.arrivals * self.handling

    @property
    def is_stable(self) -> bool:
        """Whether the queue settles: always with patience, else with more agents than load."""
        return self.patience is not None or self.load < self.agents

    @property
    def queued(self) -> float:
        """The share that does not reach an agent at once."""
        return self._density_times(lambda _: 1.0) if self.is_stable and self.agents else 1.0

    @property
    def abandoned(self) -> float:
        """The share that gives up."""
        if self.patience is None:
            return 0.0
        if not self.agents:
            return 1.0
        leaves = 1 / self.patience
        return self._density_times(lambda x: -math.expm1(-leaves * x))

    @property
    def mean_time(self) -> float:
        """The mean time in the queue of all who come, also of those who give up; infinite without a steady state."""
        if self.patience is not None:
            return self.abandoned * self.patience
        return self.queued / (self.agents / self.handling - self.arrivals) if self.is_stable else math.inf

    @property
    def occupancy(self) -> float:
        """The share of their time in which agents handle contacts."""
        return min(self.load * (1 - self.abandoned) / self.agents, 1.0) if self.agents else 1.0

    def answered_within(self, time: float) -> float:
        """Return the share of all who come that an agent answers within a time."""
        if not self.is_stable or not self.agents:
            return 0.0
        leaves = 0.0 if self.patience is None else 1 / self.patience
        return 1 - self.queued + self._density_times(lambda x: math.exp(-leaves * x), time)

    def _density_times(self, weight: Callable[[float], float], until: float | None = None) -> float:
        """Integrate a weight over the density of the offered time in the queue, from 0."""
        scale, peak, end = self._scaled
        if scale == 0.0:
            return 0.0
        stop = end if until is None else min(until, end)
        return scale * _simpson(lambda x: weight(x) * math.exp(self._exponent(x) - peak), stop)

    @cached_property
    def _scaled(self) -> tuple[float, float, float]:
        """Return the density's factor, its exponent's peak, and where it becomes negligible."""
        if self.arrivals == 0.0:
            return 0.0, 0.0, 0.0
        service = self.agents / self.handling
        at = 0.0
        if self.patience is not None and self.arrivals > service:
            at = math.log(self.arrivals / service) * self.patience
        peak, step = self._exponent(at), 1 / service
        end = at + step
        while self._exponent(end) > peak - _NEGLIGIBLE:
            step *= 1.5
            end += step
        area = _simpson(lambda x: math.exp(self._exponent(x) - peak), end)
        idle = math.exp(math.log(self._inverse_blocking) - peak)
        return self.arrivals / (idle + self.arrivals * area), peak, end

    def _exponent(self, x: float) -> float:
        came = self.arrivals * (x if self.patience is None else -math.expm1(-x / self.patience) * self.patience)
        return came - self.agents / self.handling * x

    @property
    def _inverse_blocking(self) -> float:
        """The inverse of Erlang's blocking probability with one agent less, by its recursion."""
        found = 1.0
        for number in range(1, self.agents):
            found = min(1 + found * number / self.load, 1e300)
        return found


def agents_needed(queue: Queue, *, within: float, share: float, most_occupied: float = 1.0) -> int:
    """Return how many agents a queue needs.

    Parameters
    ----------
    queue
        Its arrivals, handling time and patience; its agents do not matter.
    within
        The target: hours in the queue.
    share
        The share of all who come that must be answered within it, below 1.
    most_occupied
        The largest share of their time that agents may be busy.

    Returns
    -------
    int
        The smallest number that meets both; 0 without arrivals.

    Raises
    ------
    TooManyAgents
        More than `MOST_AGENTS` would be needed.
    """
    if queue.arrivals == 0.0:
        return 0

    def is_enough(agents: int) -> bool:
        tried = Queue(queue.arrivals, queue.handling, agents, queue.patience)
        return tried.occupancy <= most_occupied and tried.answered_within(within) >= share

    low, high = 0, max(math.ceil(queue.load), 1)
    while not is_enough(high):
        low, high = high, high + max(high // 4, 1)
        if high > MOST_AGENTS:
            raise TooManyAgents(MOST_AGENTS)
    while high - low > 1:  # more agents answer more, and are less busy
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _simpson(integrand: Callable[[float], float], end: float) -> float:
    step = end / _PANELS
    inner = sum((4 if number % 2 else 2) * integrand(number * step) for number in range(1, _PANELS))
    return (integrand(0.0) + inner + integrand(end)) * step / 3
