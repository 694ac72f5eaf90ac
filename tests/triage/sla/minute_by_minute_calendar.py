"""The oracle for calendars: it looks at the clock on the wall at every minute of UTC. Easy to believe."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from triage.sla.business_hours import Calendar
from triage.sla.opening_hours import read_week

MINUTE = timedelta(minutes=1)
EPOCH = date(1970, 1, 1).toordinal()
DAYS_AROUND = 3  # shifts of neighbouring dates reach into the window; Samoa left a whole date out

# Half-hour and three-quarter offsets, changes at midnight, of half an hour, twice a year for Ramadan, a skipped day.
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu",
    "Africa/Casablanca", "America/Havana", "America/Sao_Paulo", "Antarctica/Troll", "Pacific/Chatham",
    "America/St_Johns", "Asia/Tehran", "Asia/Beirut", "Africa/Cairo", "America/Santiago", "Asia/Pyongyang",
)  # fmt: skip
APIA_SKIPPED = date(2011, 12, 30)


@dataclass(frozen=True)
class Wall:
    """The clock on a wall, read at every minute of UTC from some days before `begins_at` to some days after."""

    zone: str
    begins_at: datetime
    days: int

    @cached_property
    def readings(self) -> np.ndarray:
        """Local minutes since 1970, one for each minute of UTC."""
        zone = ZoneInfo(self.zone)
        begin = int((self.begins_at - timedelta(days=DAYS_AROUND)).timestamp())
        count = (self.days + 2 * DAYS_AROUND) * 1440
        clocks = (datetime.fromtimestamp(begin + 60 * step, zone) for step in range(count))
        return np.array([(each.toordinal() - EPOCH) * 1440 + each.hour * 60 + each.minute for each in clocks])

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + timedelta(days=self.days)

    def step(self, at: datetime) -> int:
        return max(0, (at - self.begins_at) // MINUTE)


@dataclass(frozen=True)
class Walk:
    """A walk past the wall with the opening hours in hand."""

    calendar: Calendar
    wall: Wall

    @cached_property
    def is_open(self) -> np.ndarray:
        """Tell for every minute whether the desk is open.

        It opens with the first minute that reads its opening time or later, and closes after the last minute that
        reads less than its closing time.
        """
        wall = self.wall.readings
        minutes = np.zeros(len(wall), dtype=bool)
        for midnight in range(int(wall[0]) // 1440 * 1440 + 1440, int(wall[-1]), 1440):
            day = date(1970, 1, 1) + timedelta(minutes=midnight)
            first = max(0, midnight - int(wall[0]) - 2880)
            near = wall[first : first + 7200]
            for opens, closes in self.calendar.special.get(day, self.calendar.week[day.weekday()]):
                after, before = near >= midnight + opens, near < midnight + closes
                begin = int(after.argmax()) if after.any() else len(near)
                end = len(near) - int(before[::-1].argmax())
                minutes[first + begin : first + end] = True
        return minutes[DAYS_AROUND * 1440 : -DAYS_AROUND * 1440]

    def due(self, start: datetime, work: int, pauses: list[tuple[datetime, datetime]]) -> datetime | None:
        """Count open minutes outside pauses; None when the window ends first."""
        counts = self.is_open.copy()
        for begins_at, ends_at in pauses:
            counts[self.wall.step(begins_at) : self.wall.step(ends_at)] = False
        first = self.wall.step(start)
        counted = np.flatnonzero(counts[first:])
        return self.wall.begins_at + (first + int(counted[work - 1]) + 1) * MINUTE if len(counted) >= work else None

    def between(self, start: datetime, end: datetime) -> timedelta:
        return int(self.is_open[self.wall.step(start) : self.wall.step(end)].sum()) * MINUTE


def a_random_calendar(dice: random.Random, zone: str, near: date) -> Calendar:
    """Draw one to three shifts a day, across midnight too, a closed day here and there, and a few holidays."""
    special = {near + timedelta(days=dice.randrange(-3, 8)): () for _ in range(dice.randrange(3))}
    return Calendar("random", zone, read_week(random_hours(dice)), special)


def random_hours(dice: random.Random) -> dict[str, list[str]]:
    week = {day: _shifts(dice) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if dice.random() < 0.75}
    return {"mon": ["01:30-03:00"], **week}


def _shifts(dice: random.Random) -> list[str]:
    if dice.random() < 0.15:
        return ["00:00-24:00"]
    edges = sorted(dice.sample(range(0, 1440, 15), 2 * dice.randrange(1, 4)))
    if dice.random() < 0.3:
        edges = [*edges[1:], edges[0]]  # the last shift ends on the next day
    return [f"{_wall(begin)}-{_wall(end)}" for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def a_random_day(dice: random.Random, zone: str) -> date:
    """Draw a date, often one on which the zone's clocks change, sometimes a leap day or the end of a year."""
    if zone == "Pacific/Apia" and dice.random() < 0.3:
        return APIA_SKIPPED
    if dice.random() < 0.15:
        return dice.choice([date(2008, 2, 29), date(2012, 2, 29), date(2024, 2, 29), date(2025, 12, 31)])
    first = date(dice.randrange(2005, 2030), 1, 1)
    days = [first + timedelta(days=step) for step in range(365)]
    noons = [datetime.combine(day, time(12), UTC).astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    changes = [day for day, before, now in zip(days[1:], noons, noons[1:], strict=False) if before != now]
    return dice.choice(changes if changes and dice.random() < 0.7 else days)
