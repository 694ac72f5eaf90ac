"""Import holidays: from an iCalendar feed or a list of dates to lines for the policy file.

They are written down on purpose: a later change of a feed or package must not move a deadline, and a person can see by
name which days of a feed are not days off.

The package icalendar is not used: it reads a truncated file as one without events, so holidays would be lost unnoticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from triage.errors import UnreadableRecord

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY = timedelta(days=1)
_LONGEST = 366  # days of one event


def to_toml(days: Mapping[date, str], calendar: str, source: str) -> str:
    """Write holidays as a table of the policy file, a blank line between years."""
    advice = "Take out what is no day off for you; it stands in place of a line `holidays = …`."
    lines = [f"# {source}. {advice}", f"[calendars.{calendar}.holidays]"]
    year = None
    for day, name in sorted(days.items()):
        if year not in {None, day.year}:
            lines.append("")
        year = day.year
        lines.append(f"{day.isoformat()} = {json.dumps(name, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def read_ical(text: str, years: Iterable[int]) -> dict[date, str]:
    """Read the whole-day events of an iCalendar file (RFC 5545) that fall into some years.

    Parameters
    ----------
    text
        The file; folded lines, events of several days, yearly ones and their exceptions are understood, cancelled
        events left out.
    years
        The years to write down.

    Returns
    -------
    Dates with their names; names of one date are joined.

    Raises
    ------
    UnreadableRecord
        When the text is no calendar, or an event repeats in a way that cannot be written down.
    """
    wanted = sorted(set(years))
    if "BEGIN:VCALENDAR" not in text:
        raise UnreadableRecord("iCalendar file", "it does not begin with BEGIN:VCALENDAR")
    found: dict[date, list[str]] = {}
    for event in _events(text):
        for day in _days(event, wanted):
            names = found.setdefault(day, [])
            if event["SUMMARY"] not in names:
                names.append(event["SUMMARY"])
    return {day: " / ".join(names) for day, names in sorted(found.items())}


def _events(text: str) -> Iterator[dict[str, str]]:
    """Give the events as properties without their parameters; the dates of one exception stand in one line."""
    event: dict[str, str] | None = None
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        name, _, value = line.partition(":")
        name = name.partition(";")[0].upper()
        if line.strip() == "BEGIN:VEVENT":
            event = {"SUMMARY": "", "EXDATE": ""}
        elif line.strip() == "END:VEVENT" and event is not None:
            if "DTSTART" in event and event.get("STATUS") != "CANCELLED":
                yield event
            event = None
        elif event is not None:
            event[name] = f"{event['EXDATE']},{value}" if name == "EXDATE" else _plain(value)


def _days(event: Mapping[str, str], years: list[int]) -> Iterator[date]:
    first = _date(event["DTSTART"])
    length = (_date(event["DTEND"]) - first).days if "DTEND" in event else 1
    if not 0 <= length <= _LONGEST:
        raise UnreadableRecord("iCalendar file", f"{event['SUMMARY']!r} lasts {length} days")
    left_out = {_date(each) for each in event["EXDATE"].split(",") if each}
    for begin in _begins(event, first, years):
        if begin not in left_out:
            yield from (day for day in (begin + step * _DAY for step in range(max(1, length))) if day.year in years)


def _begins(event: Mapping[str, str], first: date, years: list[int]) -> Iterator[date]:
    """Give the days on which an event begins: once, or every year on its date."""
    if "RRULE" not in event:
        yield first
        return
    rule = dict(each.partition("=")[::2] for each in event["RRULE"].split(";"))
    until = _date(rule.pop("UNTIL")) if "UNTIL" in rule else date.max
    rule.pop("WKST", None)  # on which day weeks begin, which some feeds say
    count = int(rule.pop("COUNT", 0)) or date.max.year
    same_day = {"FREQ": "YEARLY", "INTERVAL": "1", "BYMONTH": str(first.month), "BYMONTHDAY": str(first.day)}
    if rule.get("FREQ") != "YEARLY" or any(same_day.get(name) != value for name, value in rule.items()):
        raise UnreadableRecord("iCalendar file", f"{event['SUMMARY']!r} repeats by {event['RRULE']}; give its dates")
    for year in range(first.year, min(first.year + count, max(years, default=0) + 1)):
        if (first.month, first.day) != (2, 29) or _is_leap(year):
            day = first.replace(year=year)
            if day <= until:
                yield day


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _date(value: str) -> date:
    match = _DATE.match(value.strip())
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(value)
    except ValueError:
        raise UnreadableRecord("iCalendar file", f"{value!r} is no date like 20261225") from None


def _plain(value: str) -> str:
    """Take the escapes of iCalendar texts away."""
    return re.sub(r"\\(.)", lambda match: " " if match[1] in "nN" else match[1], value).strip()
