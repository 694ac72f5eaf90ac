"""Demand from counts: level, growth with its interval, season, hours; and from numbers."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from tests.triage.capacity.files import WEEK, usual
from triage.capacity.demand import HOURS, WEEKS_A_MONTH, Counts, counted, given, open_share
from triage.capacity.errors import TooFewTickets
from triage.sla import policy

BUSINESS = policy.default().calendars["business"]
MONDAY = date(2026, 2, 16)
HOUR_COUNTS = {("email", 10): 60, ("email", 34): 20, ("chat", 12): 20}
MIX = {("email", "bug"): 80, ("chat", "how_to"): 20}


def counts(weeks: list[int]) -> Counts:
    """Weeks, the last of which ends before `MONDAY`, with all their tickets on Tuesday; and one of the running week."""
    first = MONDAY - timedelta(weeks=len(weeks))
    days = {first + timedelta(weeks=k, days=1): n for k, n in enumerate(weeks)}
    days[first - timedelta(days=3)] = 7  # of a week that was not whole
    return Counts(HOUR_COUNTS, MIX, days | {MONDAY: 1_000})


def test_without_growth_a_week_is_as_the_mean() -> None:
    found = counted(counts([100, 100, 100, 100]), WEEK, today=MONDAY)
    assert (found.tickets_a_week, found.growth.a_month, found.growth.interval) == (pytest.approx(100), 0.0, None)
    assert (found.n, found.since and found.since.date()) == (400, MONDAY - timedelta(weeks=4))
    assert found.mix == {("email", "bug"): 0.8, ("chat", "how_to"): 0.2}


def test_growth_is_carried_on_to_the_planned_week() -> None:
    """1 % a week for 40 weeks, and 3 weeks more: 300 × 1.01^42."""
    weeks = [round(3000 * 1.01**k) for k in range(40)]
    found = counted(counts(weeks), MONDAY + timedelta(weeks=2), today=MONDAY)
    assert found.tickets_a_week == pytest.approx(3000 * 1.01**42, rel=1e-3)
    assert found.growth.a_month == pytest.approx(1.01**WEEKS_A_MONTH - 1, rel=1e-2)
    assert found.factor(2) == pytest.approx((1 + found.growth.a_month) ** 2)


def test_the_interval_of_growth_holds_the_truth_about_as_often_as_it_says() -> None:
    """Counts with three times the variance of a Poisson, and no growth: 400 desks of 30 weeks."""
    random = Random(3)
    held = 0
    for _ in range(400):
        weeks = [max(round(random.gauss(200, math.sqrt(600))), 0) for _ in range(30)]
        low, high = counted(counts(weeks), WEEK, today=MONDAY).growth.interval or (1.0, 0.0)
        held += low <= 0.0 <= high
    assert 0.91 <= held / 400 <= 0.98


def test_a_year_has_a_season_that_is_drawn_towards_none() -> None:
    """Twice as many tickets in December: its weeks say 2, and the growth line takes some of it."""
    weeks = []
    for k in range(104):
        begin = MONDAY - timedelta(weeks=104 - k)
        weeks.append(200 if (begin + timedelta(days=3)).month == 12 else 100)
    found = counted(counts(weeks), WEEK, today=MONDAY)
    assert 1.3 < found.season[12] < 2.0
    assert found.factor(9) == pytest.approx(found.season[12] / found.season[3] * (1 + found.growth.a_month) ** 9)


def test_a_channel_with_few_tickets_borrows_hours_from_the_desk() -> None:
    chat = counted(counts([100] * 4), WEEK, today=MONDAY).shapes["chat"]
    assert math.fsum(chat) == pytest.approx(1.0)
    assert chat[10] == pytest.approx(60 / 120)
    assert chat[12] == pytest.approx((20 + 20) / 120)


@pytest.mark.parametrize("weeks", [[], [100], [100] * 3])
def test_too_few_weeks_are_refused(weeks: list[int]) -> None:
    with pytest.raises(TooFewTickets, match=f"there are {len(weeks)}; give tickets_a_month"):
        counted(counts(weeks), WEEK, today=MONDAY)


def test_a_desk_without_tickets_is_refused() -> None:
    with pytest.raises(TooFewTickets):
        counted(Counts({}, {}, {}), WEEK, today=MONDAY)


def test_given_numbers_come_in_business_hours_as_far_as_they_say() -> None:
    """80 % in 40 hours of the week: 500 a month are 115 a week, 2.3 of them in each open hour."""
    found = given(usual().demand, 500, WEEK)
    shape = found.shapes["email"]
    assert found.tickets_a_week == pytest.approx(500 * 7 * 12 / 365.25)
    assert math.fsum(shape[9:17]) == pytest.approx(0.16)
    assert math.fsum(shape) == pytest.approx(1.0)
    assert math.fsum(found.mix.values()) == pytest.approx(1.0)
    assert found.mix["email", "how_to"] == pytest.approx(0.28)


def test_open_hours_are_those_of_the_zone_in_that_week() -> None:
    shares = open_share(BUSINESS, WEEK, HOURS)
    assert Counter(shares) == {1.0: 40, 0.0: 128}
    assert shares[9:17] == [1.0] * 8
