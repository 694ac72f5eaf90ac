"""From `{"mon-fri" = ["09:00-17:00"]}` and a time zone to opening and closing instants in UTC.

A day is a tuple of `(open, close)` in minutes after local midnight, half-open, 1440 meaning 24:00. A shift across
midnight is two ranges, of which the second belongs to the next day: so a holiday closes its own date and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Range = tuple[int, int]
Day = tuple[Range, ...]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 1440
MICROSECOND = timedelta(microseconds=1)
_NOTHING = timedelta()

_SHIFT = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock readings have no zone on purpose


def read_week(hours: Mapping[str, Iterable[str]]) -> tuple[Day, ...]:
    """Read hours by weekday (`mon`) or run of weekdays (`mon-fri`) into seven days, Monday first.

    Parameters
    ----------
    hours
        Shifts such as `09:00-17:00` by weekday or run of weekdays; a run may go over the weekend.

    Returns
    -------
    Seven days of half-open ranges in minutes, sorted and joined.

    Raises
    ------
    ValueError
        When a weekday or a shift cannot be read; says which.
    """
    week: list[list[Range]] = [[] for _ in WEEKDAYS]
    for days, shifts in hours.items():
        for weekday in _weekdays(days):
            for opens, closes in map(read_shift, shifts):
                week[weekday].append((opens, min(closes, MINUTES_A_DAY)))
                if closes > MINUTES_A_DAY:
                    week[(weekday + 1) % 7].append((0, closes - MINUTES_A_DAY))
    return tuple(tuple(joined(day)) for day in week)


def read_day(shifts: Iterable[str]) -> Day:
    """Read the shifts of one special day, which end at its midnight: the next day has hours of its own."""
    day = [read_shift(shift) for shift in shifts]
    late = [closes for _, closes in day if closes > MINUTES_A_DAY]
    if late:
        raise ValueError("the hours of a special day end at 24:00 at the latest")
    return tuple(joined(day))


def read_shift(text: str) -> Range:
    """Read `22:00-06:00` as minutes (1320, 1800): a shift that ends no later than it begins ends on the next day."""
    match = _SHIFT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no shift; write 09:00-17:00, at most 24:00")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    opens, closes = hour * 60 + minute, end_hour * 60 + end_minute
    if opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY:
        raise ValueError(f"{text!r} is no shift; it opens before 24:00 and closes at 24:00 at the latest")
    if opens == closes:
        raise ValueError(f"{text!r} opens and closes at once; write 00:00-24:00 for a whole day, no shift for none")
    return opens, closes if closes > opens else closes + MINUTES_A_DAY


def _weekdays(text: str) -> list[int]:
    first, _, last = text.partition("-")
    try:
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    except ValueError:
        raise ValueError(f"{text!r} names no weekdays; write mon, or mon-fri") from None
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Sort half-open ranges and join those that overlap or touch: midnight is no gap."""
    result: list[Range] = []
    for begin, end in sorted(ranges):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def opening(zone: ZoneInfo, day: date, minute: int) -> int:
    """Give the first instant, in microseconds UTC, at which the local clock reads this minute or later.

    In a fold that is the first of the two readings, in a gap the instant of the jump.
    """
    wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
    earlier, later = _readings(zone, wall)
    return earlier if earlier <= later else _jump(zone, wall, later, earlier)


def closing(zone: ZoneInfo, day: date, minute: int) -> int:
    """Give the end, in microseconds UTC, of the last instant at which the local clock reads less than this minute.

    In a fold that follows the second reading, in a gap it is the instant of the jump.
    """
    last = datetime.combine(day, time.min) + timedelta(minutes=minute) - MICROSECOND
    earlier, later = _readings(zone, last)
    return later + 1 if earlier <= later else _jump(zone, last, later, earlier)


def _readings(zone: ZoneInfo, wall: datetime) -> tuple[int, int]:
    """Give the instants of a wall clock reading with fold 0 and 1; in a gap they stand in reverse order (PEP 495)."""
    before, after = zone.utcoffset(wall), zone.utcoffset(wall.replace(fold=1))
    earlier = (wall - _EPOCH - (before or _NOTHING)) // MICROSECOND
    later = earlier if before == after else (wall - _EPOCH - (after or _NOTHING)) // MICROSECOND
    return earlier, later


def _jump(zone: ZoneInfo, wall: datetime, before: int, after: int) -> int:
    """Find the instant at which the clock jumps over `wall`, by halving: zones change at whole seconds."""
    low, high = before // 1_000_000, -(-after // 1_000_000)
    while high - low > 1:
        middle = (low + high) // 2
        reading = datetime.fromtimestamp(middle, UTC).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if reading >= wall else (middle, high)
    return high * 1_000_000
