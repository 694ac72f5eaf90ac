"""Every course that an audit of a few tickets can take, each with its chance: no redraws, no luck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from training.audit.betting import Bets

Counts = NDArray[np.int64]
Value = Callable[[Counts, Counts], NDArray[np.float64]]
Chance = Callable[[int, int, int], float]
"""Chance that the next answer of a stratum is wrong, after so many answers of which so many were wrong."""


def draw(shares: tuple[float, float]) -> Chance:
    """Return the chance where each ticket of a stratum is wrong with its own probability: a draw of future tickets."""
    return lambda stratum, asked, wrong: shares[stratum]


def these(tickets: tuple[int, int], bad: tuple[int, int]) -> Chance:
    """Return the chance where so many of these very tickets are wrong, in random order."""
    return lambda stratum, asked, wrong: (bad[stratum] - wrong) / (tickets[stratum] - asked)


def courses(bets: Bets, chance: Chance, value: Value, stop: float) -> tuple[float, float]:
    """Follow the audit's rule until the value reaches `stop`, or every ticket is answered.

    Returns the expected exp(value) where it stopped, and the chance that it reached `stop`.
    """
    states = {(0, 0, 0, 0): 1.0}
    mean = reached = 0.0
    for turn in range(int(bets.tickets.sum()) + 1):
        keys = np.array(list(states), dtype=np.int64).T
        asked, wrong = keys[:2], keys[2:]
        values = value(asked, wrong)
        disagree = bets.ask_disagreeing(asked, wrong)
        following: dict[tuple[int, ...], float] = defaultdict(float)
        for key, now, stratum in zip(list(states), values, disagree.astype(int), strict=True):
            if now >= stop or turn == int(bets.tickets.sum()):
                mean += states[key] * float(np.exp(now))
                reached += states[key] * bool(now >= stop)
                continue
            for state, weight in _answers(key, int(stratum), chance):
                following[state] += states[key] * weight
        states = following
        if not states:
            break
    return mean, reached


def _answers(state: tuple[int, ...], stratum: int, chance: Chance) -> Iterator[tuple[tuple[int, ...], float]]:
    asked, wrong = list(state[:2]), list(state[2:])
    error = chance(stratum, asked[stratum], wrong[stratum])
    asked[stratum] += 1
    if error < 1:
        yield (*asked, *wrong), 1 - error
    if error > 0:
        wrong[stratum] += 1
        yield (*asked, *wrong), error


def sizes(total: int, weight: float) -> Iterator[tuple[NDArray[np.int64], float]]:
    """Yield how many of the tickets fall into each stratum, (2, 1), with its chance."""
    for disagree in range(total + 1):
        yield np.array([[total - disagree], [disagree]]), float(binom.pmf(disagree, total, weight))
