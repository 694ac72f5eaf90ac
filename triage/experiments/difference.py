"""The difference of two arms with an interval that may be looked at every day.

A fixed 95 % interval that is looked at daily misses the truth in far more than 5 % of all experiments. This one is an
asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52(6), 2024): it holds the truth at all times at once with 95 %,
however often somebody looks and whenever they stop. Its boundary is the normal mixture of Robbins (1970).

Visitors are randomised, not sessions, so the variance is that of visitors: a ratio of sums, linearised (the delta
method; Deng, Knoblich and Lu, KDD 2018). Sessions of one visitor may depend on each other in any way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from triage.experiments.arms import ArmSums

ALPHA: Final = 0.05
FEWEST: Final = 20
"""Units with a ticket, and as many without one, that each arm needs: below, no normal law describes its sum."""
TIGHTEST_AT: Final = 500.0
"""For so many units of the smaller arm the interval is tightest; any number that was chosen beforehand is valid."""
_RHO_SQUARED: Final = (-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA)) + 1) / TIGHTEST_AT
_MOST_TIMES: Final = 1e6  # what is that far away is never seen


@dataclass(frozen=True, slots=True)
class Difference:
    """Tickets per session in the holdout less those with the bot; the ends are None where the arms are too small."""

    value: float
    low: float | None
    high: float | None

    @property
    def is_seen(self) -> bool:
        """Tell whether the interval leaves no difference out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def difference(bot: ArmSums, holdout: ArmSums) -> Difference | None:
    """Return the difference of two arms with its confidence sequence; None while an arm has no session.

    Parameters
    ----------
    bot
        The arm that sees the bot.
    holdout
        The arm that does not. Both are counted from the experiment's beginning on: the promise is about one sequence,
        not about a window that moves along.

    Returns
    -------
    Difference or None
        Positive where the bot saves tickets.
    """
    if bot.rate is None or holdout.rate is None:
        return None
    value = holdout.rate - bot.rate
    if not all(_is_large(arm) for arm in (bot, holdout)):
        return Difference(value, None, None)
    half = margin(bot, holdout)
    return Difference(value, value - half, value + half)


def margin(bot: ArmSums, holdout: ArmSums, times: float = 1.0) -> float:
    """Return half the width of the interval, now or once both arms have so many times the units."""
    spread = math.sqrt((_variance(bot) + _variance(holdout)) / times)
    return spread * _boundary(times / (1 / bot.units + 1 / holdout.units))


def rate_interval(arm: ArmSums) -> tuple[float, float] | None:
    """Return the confidence sequence of an arm's tickets per session; None while the arm is too small."""
    if arm.rate is None or not _is_large(arm):
        return None
    half = math.sqrt(_variance(arm)) * _boundary(arm.units)
    return max(arm.rate - half, 0.0), arm.rate + half


def sessions_to_see(bot: ArmSums, holdout: ArmSums) -> int | None:
    """Return how many more sessions of both arms it takes until a difference of the present size is seen.

    0 where it is seen already. None where there is no difference, where it takes a million times as many, and while the
    arms are too small to tell.
    """
    found = difference(bot, holdout)
    if found is None or found.low is None or found.value == 0:
        return None
    size = abs(found.value)
    if margin(bot, holdout) < size:
        return 0
    low, high = 1.0, _MOST_TIMES
    if margin(bot, holdout, high) >= size:
        return None
    while high / low > 1 + 1e-6:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if margin(bot, holdout, middle) < size else (middle, high)
    return math.ceil((high - 1) * (bot.sessions + holdout.sessions))


def _is_large(arm: ArmSums) -> bool:
    return min(arm.with_ticket, arm.units - arm.with_ticket) >= FEWEST


def _boundary(units: float) -> float:
    """Return how many standard errors the interval reaches to each side, after so many units."""
    time = units * _RHO_SQUARED
    return math.sqrt((time + 1) / time * math.log((time + 1) / ALPHA**2))


def _variance(arm: ArmSums) -> float:
    """Return the variance of an arm's rate over its units.

    Two units of one session each, one of them with a ticket, are added: an arm in which nobody wrote yet is not certain
    that nobody will (as Agresti and Coull 1998 do for a share).
    """
    units, sessions, tickets = arm.units + 2, arm.sessions + 2, arm.tickets + 1
    rate = tickets / sessions
    squares = (arm.tickets_squared + 1) - 2 * rate * (arm.products + 1) + rate**2 * (arm.sessions_squared + 2)
    return max(squares, 0.0) / sessions**2 * units / (units - 1)
