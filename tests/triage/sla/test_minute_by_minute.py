"""Engine and oracle agree on random desks: zones, calendars, policies and logs."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.triage.sla.minute_by_minute_calendar import MINUTE, ZONES, Wall, a_random_day
from tests.triage.sla.minute_by_minute_deadlines import DeskWalk, a_random_log, a_random_table
from triage.sla.deadlines import ticket_deadlines
from triage.tickets.ticket import Ticket

pytestmark = pytest.mark.slow

DAYS = 24
DESKS, LOGS = 3, 20  # on each wall


def agree(walk: DeskWalk, ticket: Ticket, at: datetime) -> None:
    """Compare every clock: whether it runs at all, due, stopped, how late, whose blame."""
    expected = walk.expected(ticket, at)
    found = {(each.source, each.kind): each for each in ticket_deadlines(walk.policy, ticket.events).clocks}
    told = f"{walk.table}\n{walk.wall}\n{ticket.events}"
    assert set(found) == set(expected), told
    for place, clock in found.items():
        wanted = expected[place]
        assert clock.stopped_at == wanted.stopped_at, told
        if wanted.due_by is None:
            assert clock.due_by is None or clock.due_by > walk.wall.ends_at, f"{place} {clock.due_by}\n{told}"
            continue
        half_way = clock.warn_at(clock.promise.work // MINUTE // 2 * MINUTE)
        seen = (clock.due_by, clock.overdue(at), clock.inherited, half_way)
        assert seen == (wanted.due_by, wanted.overdue, wanted.inherited, wanted.half_way), f"{place}\n{told}"


def agree_on(seed: int, walls: int) -> int:
    """Walk several walls and give how many cases agreed."""
    dice = random.Random(seed)
    cases = 0
    for number in range(walls):
        zone = ZONES[number % len(ZONES)]
        day = a_random_day(dice, zone)
        wall = Wall(zone, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=3), DAYS)
        for _ in range(DESKS):
            walk = DeskWalk(a_random_table(dice, wall), wall)
            for _ in range(LOGS):
                agree(walk, a_random_log(dice, wall), wall.ends_at - dice.randrange(8 * 1440) * MINUTE)
                cases += 1
    return cases


def test_the_engine_agrees_with_a_walk_through_every_minute_on_2000_cases() -> None:
    assert agree_on(seed=5, walls=2 * len(ZONES)) >= 2_000


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_engine_agrees_with_a_walk_through_every_minute_on_20000_cases() -> None:
    assert agree_on(seed=55, walls=20 * len(ZONES)) >= 20_000
