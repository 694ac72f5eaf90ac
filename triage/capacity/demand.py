"""Demand: tickets of a week by channel, type and hour, with growth and season; from counts or from given numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Final

from triage.capacity.errors import TooFewTickets
from triage.capacity.terms import GivenDemand
from triage.intervals import Z
from triage.sla.business_hours import Calendar

HOURS: Final = 168
WEEKS_A_MONTH: Final = 365.25 / 12 / 7
FEWEST_WEEKS: Final = 4
WEEKS_OF_GROWTH: Final = 8
WEEKS_OF_SEASON: Final = 53
RECENT: Final = 13
"""Weeks that say at which hours tickets come."""
_PRIOR: Final = 100.0  # tickets' worth of the whole desk's hours in the hours of a channel
_DOUBT: Final = 4.0  # weeks' worth of no season in the season of a month
Week = tuple[float, ...]


@dataclass(frozen=True)
class Growth:
    """Growth a month, 0.02 for 2 %, with its 95 % interval; no interval where it is given, or not to be told."""

    a_month: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Demand:
    """Tickets of the planned week, and what they become.

    `shapes` gives for each channel the share of its week in each hour from Monday 0:00 UTC; `mix` the shares of channel
    and type; `season` a factor for each month of the year, empty where it is not known.
    """

    week: date
    tickets_a_week: float
    shapes: Mapping[str, Week]
    mix: Mapping[tuple[str, str], float]
    growth: Growth
    season: Mapping[int, float]
    source: str
    n: int
    since: datetime | None = None

    def factor(self, months: int) -> float:
        """Return the tickets so many months later, of those in the planned week."""
        now, then = self.week.month, (self.week.month - 1 + months) % 12 + 1
        season = self.season.get(then, 1.0) / self.season.get(now, 1.0)
        return float((1 + self.growth.a_month) ** months * season)


@dataclass(frozen=True)
class Counts:
    """Tickets counted: by hour and channel, by channel and type, and by day for the weeks."""

    hours: Mapping[tuple[str, int], int]
    mix: Mapping[tuple[str, str], int]
    days: Mapping[date, int]


def given(terms: GivenDemand, tickets_a_month: float, week: date) -> Demand:
    """Return demand from numbers: channels and types do not depend on each other, nor on the hour."""
    shape = _shape(terms.hours, terms.in_hours, week)
    pairs = product(terms.channels.items(), terms.types.items())
    return Demand(
        week=week,
        tickets_a_week=tickets_a_month / WEEKS_A_MONTH,
        shapes=dict.fromkeys(terms.channels, shape),
        mix={(channel, type_): one * other for (channel, one), (type_, other) in pairs},
        growth=Growth(terms.growth_a_month),
        season={},
        source="given",
        n=0,
    )


def counted(counts: Counts, week: date, *, today: date) -> Demand:
    """Return demand from tickets.

    Parameters
    ----------
    counts
        Tickets of whole weeks; days are UTC.
    week
        The Monday of the planned week.
    today
        Today: the week that runs is not counted.

    Returns
    -------
    Demand
        Growth is the slope of a line through the logarithms of the weeks, weighed by their tickets, with an interval
        from the spread around it; the season of a month is what is left of its weeks, drawn towards none. Both are
        left out where too few weeks are known.

    Raises
    ------
    TooFewTickets
        Fewer than `FEWEST_WEEKS` whole weeks are known.
    """
    weeks = _weeks(counts.days, today)
    if len(weeks) < FEWEST_WEEKS:
        raise TooFewTickets(len(weeks), FEWEST_WEEKS)
    line = _Line.through([n for _, n in weeks])
    season = _season(weeks, line) if len(weeks) >= WEEKS_OF_SEASON else {}
    level = line.at((week - weeks[0][0]).days / 7) * season.get(week.month, 1.0)
    total = sum(counts.mix.values())
    return Demand(
        week=week,
        tickets_a_week=level,
        shapes=_shapes(counts.hours),
        mix={pair: n / total for pair, n in counts.mix.items()},
        growth=line.growth,
        season=season,
        source="tickets",
        n=sum(n for _, n in weeks),
        since=datetime.combine(weeks[0][0], time(), UTC),
    )


def _weeks(days: Mapping[date, int], today: date) -> list[tuple[date, int]]:
    """Return whole weeks with their tickets, oldest first, from the first whole one on which there were any."""
    running = today - timedelta(days=today.weekday())
    past = [day for day, n in days.items() if n and day < running]
    if not past:
        return []
    first = min(past)
    begin = first + timedelta(days=-first.weekday() % 7)  # the first week was not whole
    sums = Counter[date]()
    for day in past:
        sums[day - timedelta(days=day.weekday())] += days[day]
    return [(at, sums[at]) for at in (begin + timedelta(weeks=k) for k in range((running - begin).days // 7))]


@dataclass(frozen=True)
class _Line:
    """Tickets of a week as exp(level + slope × week)."""

    level: float
    slope: float
    growth: Growth

    def at(self, week: float) -> float:
        return math.exp(self.level + self.slope * week)

    @classmethod
    def through(cls, weeks: Sequence[int]) -> _Line:
        total = math.fsum(weeks)
        if len(weeks) < WEEKS_OF_GROWTH or total == 0:
            return cls(math.log(max(total / len(weeks), 1e-9)), 0.0, Growth(0.0))
        values, weights = [math.log(n + 0.5) for n in weeks], [n + 0.5 for n in weeks]
        mass = math.fsum(weights)
        middle = math.fsum(w * x for x, w in enumerate(weights)) / mass
        mean = math.fsum(w * y for y, w in zip(values, weights, strict=True)) / mass
        spread = math.fsum(w * (x - middle) ** 2 for x, w in enumerate(weights))
        slope = math.fsum(w * (x - middle) * y for (x, y), w in zip(enumerate(values), weights, strict=True)) / spread
        left = [y - mean - slope * (x - middle) for x, y in enumerate(values)]
        noise = math.fsum(w * each**2 for each, w in zip(left, weights, strict=True)) / (len(weeks) - 2)
        half = Z * math.sqrt(noise / spread)
        a_month = [math.expm1(WEEKS_A_MONTH * each) for each in (slope, slope - half, slope + half)]
        curve = math.fsum(math.exp(slope * x) for x in range(len(weeks)))
        return cls(math.log(total / curve), slope, Growth(a_month[0], (a_month[1], a_month[2])))


def _season(weeks: Sequence[tuple[date, int]], line: _Line) -> dict[int, float]:
    sums, expected = dict.fromkeys(range(1, 13), 0.0), dict.fromkeys(range(1, 13), 0.0)
    for place, (begin, n) in enumerate(weeks):
        month = (begin + timedelta(days=3)).month
        sums[month] += n
        expected[month] += line.at(place)
    doubt = _DOUBT * math.fsum(n for _, n in weeks) / len(weeks)
    return {month: (sums[month] + doubt) / (expected[month] + doubt) for month in range(1, 13)}


def _shapes(hours: Mapping[tuple[str, int], int]) -> dict[str, Week]:
    """Return each channel's week; one with few tickets borrows hours from the whole desk."""
    desk = [0.0] * HOURS
    for (_, hour), n in hours.items():
        desk[hour] += n
    total = math.fsum(desk) or 1.0
    found = {}
    for channel in sorted({name for name, _ in hours}):
        own = [hours.get((channel, hour), 0) for hour in range(HOURS)]
        found[channel] = tuple(
            (n + _PRIOR * every / total) / (sum(own) + _PRIOR) for n, every in zip(own, desk, strict=True)
        )
    return found


def _shape(calendar: Calendar, in_hours: float, week: date) -> Week:
    """Share a week out: so much of it evenly over the open hours, the rest evenly over the others."""
    shares = open_share(calendar, week, HOURS)
    total = math.fsum(shares)
    if total in (0.0, HOURS):
        return (1 / HOURS,) * HOURS
    closed = (1 - in_hours) / (HOURS - total)
    return tuple(in_hours * each / total + closed * (1 - each) for each in shares)


def open_share(calendar: Calendar, week: date, slots: int) -> list[float]:
    """Return how much of each of so many equal pieces of a week, from Monday 0:00 UTC, a calendar is open."""
    begin = datetime.combine(week, time(), UTC)
    length = timedelta(days=7) / slots
    shares = [0.0] * slots
    for opens, closes in calendar.intervals(begin, begin + timedelta(days=7)):
        place = (opens - begin) // length
        while place < slots and begin + place * length < closes:
            start = begin + place * length
            shares[place] += (min(closes, start + length) - max(opens, start)) / length
            place += 1
    return shares
