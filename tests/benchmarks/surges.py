"""How soon a burst is proposed, and how often one that is none.

    python -m tests.benchmarks.surges

Three parts. The sample's year is replayed ticket by ticket. Then ordinary years are made of its weeks, drawn with
replacement, without the tickets of its two incidents, and what is proposed in them is counted; their volume is raised
by laying several weeks over each other. Last, reports of the sample's outage are sent into ordinary desks of 50 to
5,000 tickets a day that have eight weeks of history, and the delay of the proposal is measured from the first report.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from triage.surges.alarms import LENGTHS, History
from triage.surges.arrival import URGENT, Arrival
from triage.surges.background import Background
from triage.surges.scan import LONGEST, Burst, KnownBurst, find
from triage.surges.season import WEEKS, Season, hour_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TICKETS = Path(__file__).parents[2] / "datasets" / "sample" / "tickets.jsonl.gz"
OUTAGE = (datetime(2025, 9, 17, 9, 40, tzinfo=UTC), datetime(2025, 9, 17, 13, 40, tzinfo=UTC))
SMALLER = (datetime(2025, 5, 22, 13, 10, tzinfo=UTC), datetime(2025, 5, 22, 15, 0, tzinfo=UTC))
VOLUMES, SIZES = (50, 200, 1000, 5000), (10, 30, 100)
DAY, WEEK, MINUTE = timedelta(days=1), timedelta(days=7), timedelta(minutes=1)
_TEXTS = 4_000  # of history


def sample() -> list[Arrival]:
    """Return the tickets of the sample's year."""
    with gzip.open(TICKETS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Arrival.of(
            row["id"],
            datetime.fromisoformat(row["created_at"]),
            f"{row.get('subject') or ''}\n{row['description']}",
            sender=row.get("account") or row["id"],
            labels=row,
        )
        for row in rows
    ]


def within(each: Arrival, span: tuple[datetime, datetime]) -> bool:
    """Tell whether a ticket came in a span of time."""
    return span[0] <= each.at < span[1]


def history_of(arrivals: Sequence[Arrival], since: datetime, at: datetime) -> History:
    """Return what was usual before the last day."""
    until = at - LONGEST
    old = [each for each in arrivals if max(since, at - WEEKS * WEEK) <= each.at < until]
    season = Season.of(Counter(hour_of(each.at) for each in old), since, until, LENGTHS)
    step = max(len(old) // _TEXTS, 1)
    return History(season, Background.of(old[::step]))


def replay(arrivals: Sequence[Arrival], begin: datetime, every: timedelta) -> Iterator[tuple[datetime, Burst]]:
    """Give the proposals of a stretch of time, each with when it was made; a look follows each ticket."""
    known: list[KnownBurst] = []
    history, learnt_at, looked_at, first = None, begin, begin, 0
    for place, each in enumerate(arrivals):
        at = each.at + MINUTE
        if at < begin or at - looked_at < every:
            continue
        looked_at = at
        if history is None or at - learnt_at > DAY:
            burst = {ticket for other in known for ticket in other.tickets}
            history = history_of([x for x in arrivals[:place] if x.id not in burst], arrivals[0].at, at)
            learnt_at = at
        while arrivals[first].at <= at - LONGEST:
            first += 1
        found = find(arrivals[first : place + 1], history, known, at)
        known = [replace(burst, tickets=[*burst.tickets, *found.joined.get(burst.id, ())]) for burst in known][-50:]
        for burst in found.bursts:
            known.append(KnownBurst(burst.tickets[0].id, burst.alarm.kind, [x.id for x in burst.tickets]))
            yield at, burst


def ordinary_year(chance: random.Random, arrivals: Sequence[Arrival], weeks: int, layers: int) -> list[Arrival]:
    """Return weeks of the sample, drawn with replacement and laid over each other; every ticket has its own sender."""
    first = datetime(2025, 1, 6, tzinfo=UTC)
    by_week: dict[int, list[Arrival]] = {}
    for each in arrivals:
        if not within(each, OUTAGE) and not within(each, SMALLER):
            by_week.setdefault((each.at - first) // WEEK, []).append(each)
    whole = [week for week in by_week if 0 <= week < 51]
    made = []
    for number in range(weeks):
        for layer, week in enumerate(chance.sample(whole, layers)):
            for each in by_week[week]:
                moved = each.at + (number - week) * WEEK
                jitter = timedelta(minutes=chance.uniform(-30, 30)) if layers > 1 else timedelta(0)
                tail = f"{number}-{layer}"
                made.append(replace(each, id=f"{each.id}-{tail}", sender=f"{each.sender}-{tail}", at=moved + jitter))
    return sorted(made, key=lambda each: each.at)


def delay(
    chance: random.Random, texts: tuple[Sequence[Arrival], Sequence[Arrival]], a_day: int, an_hour: int
) -> float | None:
    """Return after how many minutes reports of an outage are proposed, None: not within four hours."""
    usual, reports = texts
    shape = Counter((each.at.weekday(), each.at.hour) for each in usual)
    total = sum(shape.values())
    begin = datetime(2026, 1, 5, tzinfo=UTC)

    def rate(at: datetime) -> float:
        return a_day * 7 * shape[at.weekday(), at.hour] / total

    counts = {}
    for hour in range(WEEKS * 168):
        at = begin + timedelta(hours=hour)
        mean = rate(at) * chance.gammavariate(20, 1 / 20)  # an hour strays by a fifth
        counts[hour_of(at)] = _poisson(chance, mean)
    now = begin + WEEKS * WEEK + timedelta(days=chance.randrange(5), hours=chance.randrange(8, 17))
    season = Season.of(counts, begin, begin + WEEKS * WEEK, LENGTHS)
    spread = [replace(each, at=begin + DAY * chance.randrange(56)) for each in chance.choices(usual, k=_TEXTS)]
    history = History(season, Background.of(spread))
    arrivals = []
    for hour in range(-24, 4):
        at = now + timedelta(hours=hour)
        arrivals += _sent(chance, usual, at, rate(at))
    first = now + timedelta(minutes=60 / an_hour)
    for hour in range(4):
        arrivals += _sent(chance, reports, first + timedelta(hours=hour), an_hour)
    arrivals.sort(key=lambda each: each.at)
    for minute in range(0, 240, 1 if a_day < 1000 else 5):
        at = first + minute * MINUTE
        found = find([each for each in arrivals if at - LONGEST < each.at <= at], history, [], at)
        outages = {each.words for each in reports}
        if any(sum(x.words in outages for x in burst.tickets) > len(burst.tickets) / 2 for burst in found.bursts):
            return float(minute)
    return None


def _sent(chance: random.Random, texts: Sequence[Arrival], at: datetime, mean: float) -> list[Arrival]:
    found = []
    for each in chance.choices(texts, k=_poisson(chance, mean)):
        name = f"{chance.getrandbits(48):x}"
        found.append(replace(each, id=name, sender=name, at=at + timedelta(seconds=chance.uniform(0, 3600))))
    return found


def _poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(round(chance.gauss(mean, mean**0.5)), 0)
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1)
    return count


def described(burst: Burst) -> str:
    """Return a burst in a line."""
    counted = f"{burst.alarm.count} in {burst.alarm.window}, {burst.alarm.expected:.2f} expected"
    return f"{burst.alarm.kind} {burst.alarm.name or ''}: {counted}; {burst.senders} senders; {', '.join(burst.words)}"


def main() -> None:
    """Print the tables of docs/numbers.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=3, help="ordinary years of each volume (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=10, help="outages of each size (default: %(default)s)")
    parser.add_argument("--volumes", type=int, nargs="*", default=VOLUMES, help="tickets a day for the delay")
    parser.add_argument("--delay-only", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    arrivals = sample()
    chance = random.Random(chosen.seed)
    if not chosen.delay_only:
        _proposals(chance, arrivals, chosen.years)
    usual = [each for each in arrivals if not within(each, OUTAGE) and not within(each, SMALLER)]
    for name, span in (("everything is down", OUTAGE), ("one feature stands still", SMALLER)):
        reports = [each for each in arrivals if within(each, span) and each.priority in URGENT]
        print(f"{name}: delay in minutes, median (proposed within 4 h): tickets a day, {SIZES} reports an hour")
        for a_day in chosen.volumes:
            row = [[delay(chance, (usual, reports), a_day, size) for _ in range(chosen.runs)] for size in SIZES]
            print(f"  {a_day:6}  " + "  ".join(_median(found) for found in row), flush=True)


def _proposals(chance: random.Random, arrivals: Sequence[Arrival], years: int) -> None:
    print("The sample's year:")
    for at, burst in replay(arrivals, arrivals[0].at + 2 * DAY, timedelta(0)):
        print(f"  {at:%d %B %H:%M}  {described(burst)}")
    print("Ordinary years: tickets a day, proposals a month")
    for layers in (1, 7):
        months, count = 0.0, 0
        for _ in range(years if layers == 1 else 1):
            year = ordinary_year(chance, arrivals, 52, layers)
            months += 52 * 7 / 30
            for at, burst in replay(year, year[0].at + 2 * DAY, timedelta(minutes=10 * (layers > 1))):
                count += 1
                print(f"    {at:%d %B %H:%M}  {described(burst)}")
        print(f"  {len(year) / 364:6.0f}  {count / months:.2f}  ({count} in {months:.0f} months)", flush=True)


def _median(found: Sequence[float | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{statistics.median(known) if known else float('inf'):.0f} ({len(known)}/{len(found)})"


if __name__ == "__main__":
    main()
