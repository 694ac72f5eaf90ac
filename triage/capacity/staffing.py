"""Agents that a pool needs, half hour by half hour, what its shifts lack, and how fast customers are answered.

A live pool (chat, phone) needs what Erlang-A says for each half hour. A backlog pool (mail) keeps its work for the next
shift: it needs agents who are busy for at most the allowed share of their time, and as many more as a simulation of the
week asks for, until the share of tickets that is answered within the target is met.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from triage.capacity.demand import open_share
from triage.capacity.erlang import MOST_AGENTS, Queue, agents_needed
from triage.capacity.errors import TooManyAgents
from triage.capacity.pools import SLOT, SLOTS, PoolLoad
from triage.capacity.response import Response, simulated

_TRIES: Final = 60
_OPEN: Final = 0.5  # from this share on a half hour is open


@dataclass(frozen=True)
class Interval:
    """A half hour: tickets an hour, agents needed, and agents of the shifts."""

    begins_at: datetime
    arrivals: float
    needed: int
    staffed: float | None


@dataclass(frozen=True)
class ShiftGap:
    """A shift of a day with fewer agents than are needed; `missing` at its worst half hour."""

    shift: str
    day: date
    needed: int
    staffed: float
    missing: float
    hours: float


@dataclass(frozen=True)
class PoolPlan:
    """What a pool needs and has in the planned week; None where the file names no agents, or nothing settles."""

    pool: str
    kind: str
    tickets: float
    outside: float
    handling_minutes: float
    work_hours: float
    agents_needed: int
    hours_needed: float
    hours_staffed: float | None
    utilisation: float | None
    answered_within: float | None
    abandoned: float | None
    response: Response | None
    backlog_grows: float
    intervals: Sequence[Interval]
    understaffed: Sequence[ShiftGap]


@dataclass(frozen=True)
class Limits:
    """What agents may be busy for, and the Monday of the planned week."""

    utilisation: float
    week: date


def plan(load: PoolLoad, limits: Limits) -> PoolPlan:
    """Return what a pool needs, and how it does with the agents of its shifts, or without them with those it needs."""
    return _live(load, limits) if load.pool.kind == "live" else _backlog(load, limits)


def needed_live(load: PoolLoad, limits: Limits, factor: float = 1.0) -> list[int]:
    """Return the agents that a live pool needs in each half hour, by Erlang-A, for so many times its arrivals."""
    known: dict[float, int] = {}
    pool = load.pool
    found = []
    for rate, share in zip(load.arrivals, load.open, strict=True):
        wanted = float(f"{rate * factor:.3g}") if share >= _OPEN else 0.0
        if wanted not in known:
            queue = Queue(wanted, load.handling, 0, pool.patience)
            known[wanted] = agents_needed(queue, within=pool.within, share=pool.share, most_occupied=limits.utilisation)
        found.append(known[wanted])
    return found


def _live(load: PoolLoad, limits: Limits) -> PoolPlan:
    needed = needed_live(load, limits)
    agents = [round(each) for each in load.staffed] if load.staffed is not None else needed
    answered = abandoned = busy = 0.0
    known: dict[tuple[float, int], tuple[float, float]] = {}
    for rate, n, share in zip(load.arrivals, agents, load.open, strict=True):
        key = (float(f"{rate:.3g}"), n)
        if share < _OPEN or rate == 0:
            continue
        if key not in known:
            queue = Queue(key[0], load.handling, n, load.pool.patience)
            known[key] = queue.answered_within(load.pool.within), queue.abandoned
        within, lost = known[key]
        answered, abandoned, busy = answered + rate * within, abandoned + rate * lost, busy + rate * (1 - lost)
    total = math.fsum(rate for rate, share in zip(load.arrivals, load.open, strict=True) if share >= _OPEN)
    hours = SLOT * math.fsum(agents)
    return _pool_plan(
        load,
        limits,
        needed,
        hours_needed=SLOT * sum(needed),
        utilisation=SLOT * busy * load.handling / hours if hours else None,
        answered_within=answered / total if total else None,
        abandoned=abandoned / total if total else None,
    )


def _backlog(load: PoolLoad, limits: Limits) -> PoolPlan:
    least = load.work / limits.utilisation
    agents = math.ceil(least / load.open_hours - 1e-9) if load.work else 0
    if agents > MOST_AGENTS:
        raise TooManyAgents(MOST_AGENTS)
    response = simulated(load, _even(load, agents))
    for _ in range(_TRIES):
        if response is None or response.within >= load.pool.share:
            break
        agents += max(agents // 20, 1)
        least = agents * load.open_hours
        response = simulated(load, _even(load, agents))
    needed = [int(each) for each in _even(load, agents)]
    if load.staffed is not None:
        response = simulated(load, load.staffed)
    hours = load.staffed_hours if load.staffed is not None else SLOT * sum(needed)
    is_met = (
        hours is not None
        and load.work <= limits.utilisation * hours
        and (load.work == 0 or (response is not None and response.within >= load.pool.share))
    )
    return _pool_plan(
        load,
        limits,
        needed,
        hours_needed=least,
        utilisation=load.work / hours if hours else None,
        answered_within=response.within if response else None,
        response=response,
        is_met=is_met,
    )


def _pool_plan(
    load: PoolLoad,
    limits: Limits,
    needed: Sequence[int],
    *,
    is_met: bool = False,
    **found: float | Response | None,
) -> PoolPlan:
    staffed = load.staffed
    begin = datetime.combine(limits.week, time(), UTC)
    intervals = [
        Interval(begin + timedelta(hours=SLOT * slot), round(rate, 3), needed[slot], staffed[slot] if staffed else None)
        for slot, rate in enumerate(load.arrivals)
        if load.open[slot] >= _OPEN
    ]
    values: dict[str, object] = {"abandoned": None, "response": None, **found}
    has = load.staffed_hours
    return PoolPlan(
        pool=load.pool.name,
        kind=load.pool.kind,
        tickets=load.tickets,
        outside=load.outside,
        handling_minutes=load.handling * 60,
        work_hours=load.work,
        agents_needed=max(needed, default=0),
        hours_staffed=has,
        backlog_grows=max(load.work - has, 0.0) if has is not None and load.pool.kind == "backlog" else 0.0,
        intervals=intervals,
        understaffed=[] if is_met or staffed is None else _gaps(load, limits.week, needed, staffed),
        **values,  # type: ignore[arg-type]
    )


def _gaps(load: PoolLoad, week: date, needed: Sequence[int], staffed: Sequence[float]) -> list[ShiftGap]:
    found = []
    for shift in load.pool.shifts:
        shares = open_share(shift.calendar, week, SLOTS)
        for day in range(7):
            slots = [k for k in range(48 * day, 48 * day + 48) if shares[k] >= _OPEN and needed[k] > staffed[k]]
            if slots:
                worst = max(slots, key=lambda k: needed[k] - staffed[k])
                found.append(
                    ShiftGap(
                        shift=shift.name,
                        day=week + timedelta(days=day),
                        needed=needed[worst],
                        staffed=staffed[worst],
                        missing=needed[worst] - staffed[worst],
                        hours=SLOT * len(slots),
                    )
                )
    return found


def _even(load: PoolLoad, agents: int) -> list[float]:
    return [float(agents) if share >= _OPEN else 0.0 for share in load.open]
