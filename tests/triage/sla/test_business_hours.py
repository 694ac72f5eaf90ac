from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import a_calendar, at
from tests.triage.sla.minute_by_minute_calendar import (
    MINUTE,
    ZONES,
    Walk,
    Wall,
    a_random_calendar,
    a_random_day,
)
from triage.errors import CalendarRefused, InstantOutOfRange, NaiveInstant
from triage.sla.business_hours import HORIZON, Calendar, Unreachable
from triage.sla.opening_hours import read_shift, read_week
from triage.sla.policy_terms import Promise
from triage.sla.timer import StoppedInterval, due, joined

BUSINESS = a_calendar()
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "hours", "due_at"),
    [
        ("2026-03-02 09:00", 1, "2026-03-02 10:00"),
        ("2026-03-02 09:00", 8, "2026-03-02 17:00"),  # used up at closing time: due then, not on Tuesday
        ("2026-03-02 17:00", 1, "2026-03-03 10:00"),  # closing time itself is closed
        ("2026-03-02 08:00", 1, "2026-03-02 10:00"),  # begins at the opening
        ("2026-03-06 16:00", 8, "2026-03-09 16:00"),  # Friday 1 h + Monday 7 h
        ("2026-03-07 12:00", 8, "2026-03-09 17:00"),  # Saturday counts nothing
        ("2026-03-02 09:00", 40, "2026-03-06 17:00"),  # five days of 8 h
        ("2028-02-28 16:00", 9, "2028-02-29 17:00"),  # 1 h + 8 h on the leap day
        ("2026-12-31 16:00", 2, "2027-01-01 10:00"),  # over the year's end, 1 January being no holiday here
        ("2026-12-31 16:00", 1, "2026-12-31 17:00"),  # due at the year's last closing time
        ("2026-03-02 20:00", 0, "2026-03-02 20:00"),  # no work is done at once
    ],
)
def test_work_is_counted_in_open_hours(start: str, hours: int, due_at: str) -> None:
    assert BUSINESS.after(at(start), hours * HOUR) == at(due_at)


def test_the_engine_agrees_with_a_walk_through_every_minute() -> None:
    dice = random.Random(5)
    for zone in ZONES * 2:
        day = a_random_day(dice, zone)
        wall = Wall(zone, datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=3), 7)
        for _ in range(6):
            agree(dice, Walk(a_random_calendar(dice, zone, day), wall))


def agree(dice: random.Random, walk: Walk) -> None:
    start, end = sorted(walk.wall.begins_at + dice.randrange(walk.wall.days * 1440) * MINUTE for _ in range(2))
    work = dice.choice([1, 15, dice.randrange(1, 2000)])
    edges = [start + dice.randrange(-600, 4000) * MINUTE for _ in range(2 * dice.randrange(4))]
    pauses = [(min(pair), max(pair)) for pair in zip(edges[::2], edges[1::2], strict=True)]
    told = f"{walk.calendar} from {start} to {end}, {work} min, pauses {pauses}"
    assert walk.calendar.between(start, end) == walk.between(start, end), told
    promise = Promise("contract", "resolution", "", work * MINUTE, walk.calendar)
    expected = walk.due(start, work, pauses)
    assert expected in {None, due(promise, start, joined(StoppedInterval(*pause) for pause in pauses))}, told


spans = st.timedeltas(timedelta(microseconds=1), timedelta(hours=200))
instants = st.datetimes(datetime(2010, 1, 1), datetime(2022, 1, 1), timezones=st.just(UTC))
calendars = st.tuples(st.sampled_from(ZONES), st.integers(0, 2)).map(lambda drawn: a_drawn_calendar(*drawn))


@cache
def a_drawn_calendar(zone: str, seed: int) -> Calendar:
    return a_random_calendar(random.Random(seed), zone, date(2020, 1, 1))


@settings(max_examples=60, deadline=None)
@given(calendars, instants, spans)
def test_between_a_start_and_its_deadline_lies_the_work(calendar: Calendar, start: datetime, work: timedelta) -> None:
    due_at = calendar.after(start, work)
    assert isinstance(due_at, datetime)
    assert calendar.between(start, due_at) == work


@settings(max_examples=60, deadline=None)
@given(calendars, instants, spans, spans)
def test_more_work_is_never_due_earlier(calendar: Calendar, start: datetime, work: timedelta, more: timedelta) -> None:
    first, then = calendar.after(start, work), calendar.after(start, work + more)
    assert isinstance(first, datetime)
    assert isinstance(then, datetime)
    assert first < then
    assert calendar.after(first, more) == then


@settings(max_examples=60, deadline=None)
@given(calendars, instants, spans)
def test_the_intervals_add_up_to_the_time_between(calendar: Calendar, start: datetime, span: timedelta) -> None:
    intervals = calendar.intervals(start, start + span)
    assert sum((end - begin for begin, end in intervals), timedelta()) == calendar.between(start, start + span)
    assert all(begin < end for begin, end in intervals)
    assert all(left[1] < right[0] for left, right in pairwise(intervals))


def test_around_the_clock_loses_no_minute_at_midnight() -> None:
    always = a_calendar(mon_sun=["00:00-24:00"])  # Zammad #3180 lost one a day
    assert always.after(at("2026-12-30 00:00"), timedelta(days=5)) == at("2027-01-04 00:00")
    assert always.intervals(at("2026-12-30 00:00"), at("2027-01-04 00:00")) == [
        (at("2026-12-30 00:00"), at("2027-01-04 00:00"))
    ]


def test_a_shift_may_end_at_midnight_written_either_way() -> None:
    for shift in ("09:00-24:00", "09:00-00:00"):  # Zammad #2497 looped for ever on the second
        assert a_calendar(mon_fri=[shift]).after(at("2026-03-02 23:00"), 2 * HOUR) == at("2026-03-03 10:00")


def test_a_night_shift_crosses_midnight_and_a_lunch_break_counts_nothing() -> None:
    night = a_calendar(mon=["22:00-06:00"])
    assert night.after(at("2026-03-02 23:00"), 7 * HOUR) == at("2026-03-03 06:00")
    split = a_calendar(mon_fri=["09:00-12:00", "13:00-17:00"])
    assert split.after(at("2026-03-02 11:00"), 2 * HOUR) == at("2026-03-02 14:00")
    assert split.after(at("2026-03-02 11:00"), 1 * HOUR) == at("2026-03-02 12:00")


def test_a_holiday_closes_its_own_date_and_a_special_day_has_its_own_hours() -> None:
    calendar = a_calendar(special={"2026-12-24": ["09:00-12:00"], "2026-12-25": []})
    # Thursday the 24th 3 h, Friday the 25th none, Monday the 28th 1 h
    assert calendar.after(at("2026-12-24 09:00"), 4 * HOUR) == at("2026-12-28 10:00")
    night = a_calendar(special={"2026-12-25": []}, mon_sun=["22:00-06:00"])
    assert night.intervals(at("2026-12-24 20:00"), at("2026-12-26 12:00")) == [
        (at("2026-12-24 22:00"), at("2026-12-25 00:00")),
        (at("2026-12-26 00:00"), at("2026-12-26 06:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "shift", "open_hours"),
    [
        ("Europe/Berlin", "2026-03-29", "01:00-05:00", 3),  # the hour from 02:00 to 03:00 is skipped
        ("Europe/Berlin", "2026-10-25", "01:00-05:00", 5),  # it happens twice
        ("Europe/Berlin", "2026-03-29", "02:15-02:45", 0),  # lies in the gap
        ("Europe/Berlin", "2026-03-29", "02:15-03:30", 0.5),  # opens with the jump
        ("Europe/Berlin", "2026-10-25", "02:30-03:00", 1.5),  # from the first 02:30 to 03:00
        ("Europe/Berlin", "2026-10-25", "01:00-02:30", 2.5),  # until the second 02:30
        ("Europe/Berlin", "2026-10-25", "01:00-02:00", 1),  # the first 02:00 ends it
        ("Australia/Lord_Howe", "2026-04-05", "00:00-24:00", 24.5),  # half an hour back
        ("Australia/Lord_Howe", "2026-10-04", "00:00-24:00", 23.5),
        ("Pacific/Apia", "2011-12-30", "00:00-24:00", 0),  # a date that never was
        ("Asia/Kathmandu", "2026-03-02", "09:00-17:00", 8),  # UTC+05:45
        ("America/Havana", "2026-11-01", "00:00-24:00", 25),  # midnight happens twice
    ],
)
def test_a_shift_lasts_as_long_as_the_clocks_say(zone: str, day: str, shift: str, open_hours: float) -> None:
    calendar = a_calendar(zone, special={day: [shift]}, mon=["10:00-10:01"])
    before, after = at(day) - timedelta(days=1), at(day) + timedelta(days=2)
    closed = Calendar("closed", zone, calendar.week, {date.fromisoformat(day): ()})
    assert calendar.between(before, after) - closed.between(before, after) == open_hours * HOUR


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Kiritimati", "Pacific/Apia"])
def test_a_year_begins_and_ends_where_utc_says_and_not_the_zone(zone: str) -> None:
    always = a_calendar(zone, mon_sun=["00:00-24:00"])
    assert always.between(at("2025-12-31 00:00"), at("2026-01-02 00:00")) == 48 * HOUR


def test_shifts_that_overlap_are_open_once() -> None:
    assert a_calendar(mon=["09:00-17:00", "10:00-11:00", "16:00-18:00"]).week[0] == ((540, 1080),)


def test_times_between_instants_have_a_sign() -> None:
    assert BUSINESS.between(at("2026-03-02 12:00"), at("2026-03-02 10:00")) == -2 * HOUR


def test_a_closed_desk_tells_when_it_opens() -> None:
    assert BUSINESS.opens_at(at("2026-03-06 17:00")) == at("2026-03-09 09:00")
    assert BUSINESS.opens_at(at("2026-03-09 09:30")) == at("2026-03-09 09:30")
    assert BUSINESS.opens_at(at("2026-03-09 09:00")) == at("2026-03-09 09:00")
    assert BUSINESS.opens_at(at("2026-03-09 17:00")) == at("2026-03-10 09:00")


def test_a_day_of_five_is_a_fifth_of_the_week() -> None:
    short_friday = a_calendar(mon_thu=["08:00-17:00"], fri=["08:00-12:00"])  # (4 x 9 h + 4 h) / 5
    assert short_friday.day == 8 * HOUR


def test_what_no_open_hour_meets_is_a_value_and_no_loop() -> None:
    rarely = a_calendar(mon=["09:00-09:01"])
    start = at("2026-03-02 08:00")
    assert rarely.after(start, 3 * HOUR) == Unreachable(start, 3 * HOUR)  # 180 Mondays: more than three years
    assert rarely.after(start, 2 * HOUR) <= start + HORIZON  # 120 Mondays
    assert isinstance(BUSINESS.after(at("2199-12-31 12:00"), 99 * HOUR), Unreachable)


@pytest.mark.parametrize(
    ("zone", "hours", "special", "problem"),
    [
        ("Mars/Olympus", {"mon": ["09:00-17:00"]}, {}, "no time zone is called 'Mars/Olympus'"),
        ("../etc/passwd", {"mon": ["09:00-17:00"]}, {}, "no time zone"),
        ("UTC", {"mon": []}, {}, "it never opens"),
        ("UTC", {"mon": ["09:00-17:00"]}, {f"2026-03-{day:02}": [] for day in range(1, 32)}, "stays closed for more"),
        # ten days off, which with their weekends are 16 days and 16 h
        ("UTC", {"mon_fri": ["09:00-17:00"]}, {f"2026-08-{day:02}": [] for day in range(3, 15)}, "closed for more"),
        ("UTC", {"mon": ["09:00-17:00"]}, {"1900-01-01": []}, "1900 lies outside"),
    ],
)
def test_a_calendar_that_cannot_serve_is_refused(zone, hours, special, problem) -> None:
    with pytest.raises(CalendarRefused, match=problem):
        a_calendar(zone, special, **hours)


@pytest.mark.parametrize("shift", ["9-17", "09:00-25:00", "24:00-06:00", "09:60-17:00", "09:00-09:00", "09:00", 9])
def test_a_shift_that_cannot_be_read_is_refused(shift: object) -> None:
    with pytest.raises(ValueError, match="shift"):
        read_shift(shift)


def test_weekdays_may_run_over_the_weekend() -> None:
    week = read_week({"sat-mon": ["10:00-12:00"]})
    assert [bool(day) for day in week] == [True, False, False, False, False, True, True]
    with pytest.raises(ValueError, match="'funday' names no weekdays"):
        read_week({"funday": []})


def test_instants_without_zone_and_out_of_range_are_refused() -> None:
    with pytest.raises(NaiveInstant, match="start: 2026-03-02T09:00:00 has no time zone"):
        BUSINESS.after(datetime(2026, 3, 2, 9), HOUR)
    with pytest.raises(InstantOutOfRange, match="outside the years 1970 to 2199"):
        BUSINESS.between(at("1969-12-31 23:59"), at("2026-03-02 09:00"))
    with pytest.raises(ValueError, match="less than none"):
        BUSINESS.after(at("2026-03-02 09:00"), -HOUR)


def test_other_zones_of_the_same_instant_change_nothing() -> None:
    berlin = datetime.fromisoformat("2027-01-01T00:30:00+01:00")  # still 2026 in UTC
    assert BUSINESS.after(berlin, HOUR) == BUSINESS.after(berlin.astimezone(UTC), HOUR)
