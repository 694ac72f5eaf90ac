"""Calendars at the edges: of years, of the horizon, of what is refused, with the words of the refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.builders import a_calendar, at
from triage.errors import CalendarRefused, InstantOutOfRange, NaiveInstant
from triage.sla.business_hours import HORIZON, Calendar, Unreachable

BUSINESS = a_calendar()
ALWAYS = a_calendar(mon_sun=["00:00-24:00"])
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)
MONDAY = at("2026-03-02 09:00")
FIRST, LAST = at("1970-01-01 00:00"), datetime(2199, 12, 31, 23, 59, 59, 999_999, UTC)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("start", lambda wrong: BUSINESS.after(wrong, HOUR)),
        ("start", lambda wrong: BUSINESS.between(wrong, MONDAY)),
        ("end", lambda wrong: BUSINESS.between(MONDAY, wrong)),
        ("start", lambda wrong: BUSINESS.intervals(wrong, MONDAY)),
        ("end", lambda wrong: BUSINESS.intervals(MONDAY, wrong)),
        ("at", BUSINESS.opens_at),
    ],
)
def test_a_wrong_instant_is_refused_by_its_name(name: str, ask: Callable[[datetime], object]) -> None:
    with pytest.raises(NaiveInstant) as refusal:
        ask(datetime(2026, 3, 2, 9))
    assert refusal.value.field == name
    for wrong in (FIRST - MOMENT, LAST + MOMENT):
        with pytest.raises(InstantOutOfRange) as out_of_range:
            ask(wrong)
        said = (out_of_range.value.field, out_of_range.value.value, out_of_range.value.years)
        assert said == (name, wrong.isoformat(), (1970, 2199))


def test_the_first_and_the_last_moment_are_covered() -> None:
    assert ALWAYS.after(FIRST, HOUR) == FIRST + HOUR
    assert ALWAYS.opens_at(LAST) == LAST
    assert ALWAYS.after(LAST - HOUR, HOUR + MOMENT) == LAST + MOMENT  # as the calendar's last year ends
    assert ALWAYS.after(LAST, 2 * MOMENT) == Unreachable(LAST, 2 * MOMENT)
    assert ALWAYS.between(FIRST, LAST) == LAST - FIRST


def test_the_horizon_is_three_years_and_not_a_moment_more() -> None:
    assert ALWAYS.after(MONDAY, HORIZON) == MONDAY + HORIZON
    assert ALWAYS.after(MONDAY, HORIZON + MOMENT) == Unreachable(MONDAY, HORIZON + MOMENT)
    assert timedelta(days=1098) == HORIZON
    edge = at("2026-12-31 12:00")  # three years on lies in the first days of 2030
    assert ALWAYS.after(edge, HORIZON) == at("2030-01-02 12:00")


def test_what_is_unreachable_says_from_where_and_how_much() -> None:
    late = BUSINESS.opens_at(at("2199-12-31 18:00"))
    assert late == Unreachable(at("2199-12-31 18:00"), MOMENT)
    work = timedelta(hours=9_999)
    assert BUSINESS.after(at("2199-12-31 18:00"), work) == Unreachable(at("2199-12-31 18:00"), work)


def test_no_work_is_done_at_once_and_in_utc() -> None:
    berlin = datetime.fromisoformat("2026-03-02T03:00:00+01:00")
    found = BUSINESS.after(berlin, timedelta())
    assert (found, found.tzinfo) == (berlin, UTC)


def test_work_of_less_than_none_is_refused() -> None:
    with pytest.raises(ValueError, match="work of -1 day, 23:00:00 is less than none"):
        BUSINESS.after(MONDAY, -HOUR)


def test_a_moment_of_work_is_due_a_moment_later() -> None:
    assert BUSINESS.after(MONDAY, MOMENT) == MONDAY + MOMENT
    assert BUSINESS.between(MONDAY, MONDAY + MOMENT) == MOMENT


def test_after_the_years_last_closing_the_next_year_opens() -> None:
    assert BUSINESS.opens_at(at("2026-12-31 17:00")) == at("2027-01-01 09:00")
    assert BUSINESS.after(at("2026-12-31 17:00"), HOUR) == at("2027-01-01 10:00")
    assert BUSINESS.intervals(at("2026-12-31 16:00"), at("2027-01-01 10:00")) == [
        (at("2026-12-31 16:00"), at("2026-12-31 17:00")),
        (at("2027-01-01 09:00"), at("2027-01-01 10:00")),
    ]


def test_time_over_several_years_is_all_their_time() -> None:
    # 2024 has 262 weekdays, 2025 261, 2026 261
    assert BUSINESS.between(at("2024-01-01 00:00"), at("2027-01-01 00:00")) == (262 + 261 + 261) * 8 * HOUR
    assert BUSINESS.between(at("2027-01-01 00:00"), at("2024-01-01 00:00")) == -(262 + 261 + 261) * 8 * HOUR


def test_intervals_are_cut_to_what_was_asked_for() -> None:
    assert BUSINESS.intervals(at("2026-03-02 10:00"), at("2026-03-02 11:00")) == [
        (at("2026-03-02 10:00"), at("2026-03-02 11:00"))
    ]
    assert BUSINESS.intervals(at("2026-03-02 17:00"), at("2026-03-03 09:00")) == []
    assert BUSINESS.intervals(at("2026-03-02 16:59"), at("2026-03-03 09:01"))[1][0] == at("2026-03-03 09:00")


class TestALongClosure:
    def closed(self, first: str, days: int, longest: int = 14) -> Calendar:
        begins = date.fromisoformat(first)
        special = {begins + timedelta(days=step): () for step in range(days)}
        return Calendar("x", "UTC", ALWAYS.week, special, longest_closure=timedelta(days=longest))

    def test_of_14_days_is_allowed_and_of_15_not(self) -> None:
        assert self.closed("2026-08-03", 14)
        with pytest.raises(CalendarRefused) as refusal:
            self.closed("2026-08-03", 15)
        assert str(refusal.value) == (
            "calendar x: it stays closed for more than 14 days from 2026-08-03; take out days, or set "
            "longest_closure_days"
        )

    @pytest.mark.parametrize("first", ["2026-12-20", "2025-12-31", "2026-01-01"])
    def test_over_the_end_of_a_year_is_one_closure(self, first: str) -> None:
        assert self.closed(first, 14)
        with pytest.raises(CalendarRefused, match="for more than 14 days"):
            self.closed(first, 15)

    def test_that_is_meant_says_how_long(self) -> None:
        assert self.closed("2026-08-03", 20, longest=20)
        with pytest.raises(CalendarRefused, match="for more than 20 days"):
            self.closed("2026-08-03", 21, longest=20)

    @pytest.mark.parametrize(("day", "year"), [("1970-06-01", 1970), ("2199-06-01", 2199), ("1900-01-01", 1900)])
    def test_cannot_be_seen_at_the_ends_of_the_covered_years(self, day: str, year: int) -> None:
        with pytest.raises(CalendarRefused) as refusal:
            self.closed(day, 1)
        assert str(refusal.value) == f"calendar x: {year} lies outside 1970 to 2199"
        assert self.closed("1971-01-01", 1)
        assert self.closed("2198-12-31", 1)


def test_refusals_name_the_calendar_and_say_what_to_write() -> None:
    for zone, hours, words in (
        (
            "Mars/Olympus",
            {"mon": ["09:00-17:00"]},
            "calendar test: no time zone is called 'Mars/Olympus'; write Europe/Berlin",
        ),
        ("UTC", {"mon": []}, "calendar test: it never opens; give at least one weekday a shift"),
    ):
        with pytest.raises(CalendarRefused) as refusal:
            a_calendar(zone, **hours)
        assert str(refusal.value) == words


def test_the_version_follows_zone_week_and_dates() -> None:
    versions = {
        calendar.version
        for calendar in (
            BUSINESS,
            a_calendar("Europe/Berlin"),
            a_calendar(mon_thu=["09:00-17:00"]),
            a_calendar(special={"2026-12-25": []}),
            a_calendar(special={"2026-12-25": ["09:00-10:00"]}),
        )
    }
    assert len(versions) == 5
    assert a_calendar().version == BUSINESS.version
    assert len(BUSINESS.version) == 12
    dates = {"2026-12-25": [], "2026-12-26": []}
    turned = dict(reversed(dates.items()))
    assert a_calendar(special=dates).version == a_calendar(special=turned).version


def test_years_are_built_once() -> None:
    calendar = a_calendar()
    calendar.after(MONDAY, HOUR)
    built = calendar._year(2026)
    calendar.between(MONDAY, MONDAY + HOUR)
    assert calendar._year(2026) is built
    assert (calendar.holidays, calendar.special, calendar.longest_closure) == ({}, {}, timedelta(days=14))
    assert a_calendar() == calendar  # what was built is no part of what it is
    assert "_years" not in repr(calendar)
