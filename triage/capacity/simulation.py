"""A discrete-event simulation of a queue whose agents come and go with their shifts."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

NEVER: Final = math.inf


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of time, in hours from the beginning, with its arrivals an hour and its agents."""

    begin: float
    end: float
    arrivals: float
    agents: int


@dataclass(frozen=True, slots=True, order=True)
class Passed:
    """A contact: when it came, when it left the queue, and whether an agent answered it."""

    came: float
    left: float
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Handling:
    """Mean handling time, and mean patience; None: nobody gives up. Hours, both exponential."""

    time: float
    patience: float | None = None


def simulate(slots: Sequence[Slot], handling: Handling, random: Random) -> list[Passed]:
    """Return what became of each contact, first come first served.

    Parameters
    ----------
    slots
        One after the other, without gaps. What an agent who leaves has in hand is finished by the next one.
    handling
        How long a contact takes, and how long a customer stays in the queue.
    random
        The source of chance; the same seed gives the same contacts.

    Returns
    -------
    list of Passed
        Contacts that were answered or gave up. Those still in the queue at the end are left out.
    """
    desk = _Desk(handling, random)
    for slot in slots:
        desk.free_until(slot.begin)
        desk.staff(slot.begin, slot.agents)
        for came in _poisson(slot, random):
            desk.free_until(came)
            desk.arrive(came)
        desk.free_until(slot.end)
    return desk.passed


class _Desk:
    def __init__(self, handling: Handling, random: Random) -> None:
        self._service, self._random = 1 / handling.time, random
        self._leaves = 0.0 if handling.patience is None else 1 / handling.patience
        self._agents = self._unfinished = 0
        self._busy: list[float] = []  # when each busy agent is free again
        self._queue: deque[tuple[float, float]] = deque()  # when a contact came, and when it gives up
        self.passed: list[Passed] = []

    def staff(self, at: float, agents: int) -> None:
        self._agents = agents
        if len(self._busy) > agents:
            self._busy.sort()
            self._unfinished += len(self._busy) - agents
            del self._busy[agents:]
        while (self._unfinished or self._queue) and len(self._busy) < agents:
            self._take(at)

    def arrive(self, came: float) -> None:
        gives_up = came + self._random.expovariate(self._leaves) if self._leaves else NEVER
        self._queue.append((came, gives_up))
        if len(self._busy) < self._agents:
            self._take(came)

    def free_until(self, at: float) -> None:
        while self._busy and self._busy[0] <= at:
            free = heapq.heappop(self._busy)
            self._take(free)

    def _take(self, at: float) -> None:
        """Hand the first contact that has not given up to an agent; what is unfinished takes as long as a new one.

        An exponential time has no memory.
        """
        if self._unfinished:
            self._unfinished -= 1
            heapq.heappush(self._busy, at + self._random.expovariate(self._service))
            return
        while self._queue:
            came, gives_up = self._queue.popleft()
            if gives_up > at:
                heapq.heappush(self._busy, at + self._random.expovariate(self._service))
                self.passed.append(Passed(came, at, is_answered=True))
                return
            self.passed.append(Passed(came, gives_up, is_answered=False))


def _poisson(slot: Slot, random: Random) -> Iterator[float]:
    if slot.arrivals <= 0.0:
        return
    at = slot.begin + random.expovariate(slot.arrivals)
    while at < slot.end:
        yield at
        at += random.expovariate(slot.arrivals)
