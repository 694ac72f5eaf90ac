"""Holidays out of iCalendar feeds, and written down for the policy file."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from triage.errors import UnreadableRecord
from triage.sla.holiday_import import read_ical, to_toml


def feed(*lines: str) -> str:
    event = "\r\n".join(("BEGIN:VEVENT", "SUMMARY:Feast", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\n{event}\r\nEND:VCALENDAR\r\n"


def days(*lines: str, years: range = range(2024, 2030)) -> list[str]:
    return [day.isoformat() for day in read_ical(feed(*lines), years)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["DTSTART;VALUE=DATE:20261225"], ["2026-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225"], ["2026-12-25"]),  # an end that is no later
        (["DTSTART:20261225T000000Z"], ["2026-12-25"]),
        (["DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270103"], ["2026-12-31", "2027-01-01", "2027-01-02"]),
        (["DTSTART;VALUE=DATE:19991225"], []),
        (["DTSTART;VALUE=DATE:20280501", "RRULE:FREQ=YEARLY"], ["2028-05-01", "2029-05-01"]),
        (["DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"], ["2024-02-29", "2028-02-29"]),
        (["DTSTART;VALUE=DATE:20230501", "RRULE:FREQ=YEARLY;COUNT=3"], ["2024-05-01", "2025-05-01"]),
        (["DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY;UNTIL=20250501"], ["2024-05-01", "2025-05-01"]),
        (["DTSTART;VALUE=DATE:20280501", "RRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1"], ["2028-05-01", "2029-05-01"]),
        (["DTSTART;VALUE=DATE:20280501", "RRULE:FREQ=YEARLY", "EXDATE:20290501"], ["2028-05-01"]),
        (["DTSTART;VALUE=DATE:20260501", "STATUS:CANCELLED"], []),
        (["DTEND;VALUE=DATE:20260501"], []),  # no beginning: no event
    ],
)
def test_events_become_dates(lines: list[str], found: list[str]) -> None:
    assert days(*lines) == found


def test_two_feasts_of_one_day_are_both_named_and_one_that_repeats_once() -> None:
    both = feed("DTSTART:20260501") + feed("DTSTART:20260501").replace("Feast", "May Day") + feed("DTSTART:20260501")
    assert read_ical(both, [2026]) == {date(2026, 5, 1): "Feast / May Day"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("25 December", "does not begin with BEGIN:VCALENDAR"),
        (feed("DTSTART:soon"), "'soon' is no date"),
        (feed("DTSTART:20260231"), "'20260231' is no date"),
        (feed("DTSTART:20260101", "DTEND:20280101"), "'Feast' lasts 730 days"),
        (feed("DTSTART:20260101", "DTEND:20250101"), "'Feast' lasts -365 days"),
        (feed("DTSTART:20260101", "RRULE:FREQ=WEEKLY"), "repeats by FREQ=WEEKLY; give its dates"),
        (feed("DTSTART:20260101", "RRULE:FREQ=YEARLY;BYDAY=1MO"), "repeats by FREQ=YEARLY;BYDAY=1MO"),
        (feed("DTSTART:20260101", "RRULE:FREQ=YEARLY;INTERVAL=2"), "give its dates"),
    ],
)
def test_what_cannot_be_written_down_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UnreadableRecord, match=problem):
        read_ical(text, [2026])


def test_names_of_any_kind_are_written_as_toml_reads_them() -> None:
    named = {date(2026, 12, 25): 'Noël, "le grand"', date(2027, 1, 1): "Néw \\ Year"}
    table = tomllib.loads(to_toml(named, "paris", "From a feed"))
    assert table["calendars"]["paris"]["holidays"] == {day.isoformat(): name for day, name in named.items()}
