"""When to hire: the months in which more people are needed than there are, and when their jobs must be posted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from triage.capacity.terms import Hiring

_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Month:
    """A month: tickets, people needed, and people there once the triggers are followed."""

    month: date
    tickets: float
    needed: float
    have: float


@dataclass(frozen=True)
class Trigger:
    """So many people are needed in a month: when to post their jobs and when they begin; late: sooner than that."""

    people: int
    needed_in: date
    post_by: date
    begin_by: date
    is_late: bool


def look_ahead(
    begin: date, have: float, hiring: Hiring, ahead: Callable[[int], tuple[float, float]]
) -> tuple[list[Month], list[Trigger]]:
    """Return the months ahead and what triggers hiring.

    Parameters
    ----------
    begin
        The planned week.
    have
        People who are there now, in full-time people.
    hiring
        How long hiring takes.
    ahead
        Tickets and people needed, so many months later.

    Returns
    -------
    tuple of list of Month and list of Trigger
        A trigger fills the gap of the first month that has one. Who is hired works in full when lead and ramp are
        over, and by `ramp_share` during the ramp.
    """
    wanted = [ahead(number) for number in range(hiring.months + 1)]
    needs = hiring.lead_months + hiring.ramp_months
    hired: list[tuple[int, int]] = []  # the month of full work, and people
    triggers = []
    for number, (_, people) in enumerate(wanted):
        ready = max(number, needs)  # whoever is hired now is not ready before
        gap = people - have - sum(n for _, n in hired)
        if gap > _ROUNDING:
            n = math.ceil(gap - _ROUNDING)
            hired.append((ready, n))
            late = number < needs
            post = 0 if late else number - needs
            triggers.append(
                Trigger(
                    n, later(begin, number), later(begin, post), later(begin, post + hiring.lead_months), is_late=late
                )
            )
    months = [
        Month(later(begin, number), tickets, people, have + _working(number, hired, hiring))
        for number, (tickets, people) in enumerate(wanted)
    ]
    return months, triggers


def later(begin: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    years, month = divmod(begin.month - 1 + months, 12)
    return date(begin.year + years, month + 1, 1)


def _working(number: int, hired: Sequence[tuple[int, int]], hiring: Hiring) -> float:
    full = sum(n for ready, n in hired if ready <= number)
    ramping = sum(n for ready, n in hired if ready - hiring.ramp_months <= number < ready)
    return full + hiring.ramp_share * ramping
