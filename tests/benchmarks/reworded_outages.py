"""Whether an outage is found that everybody tells in words of their own, and whether two at once are told apart.

    python -m tests.benchmarks.reworded_outages

Desks are made, not sampled: ordinary tickets from templates in English and German, over a year with a season of its
own for the hour of the day, the day of the week (Monday mornings most) and the time of the year. Into this come reports
of one outage, or of two at once, each sentence at most three times, at 10 an hour each. A look follows every four
minutes. Counted are the delay from the first report, what is found within four hours, and the proposals of weeks
without an outage.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoder.encoder import Encoder, load
from serving.surges.meanings import rings
from tests.benchmarks.surges import history_of
from triage.intervals import wilson
from triage.surges.arrival import Arrival
from triage.surges.neighbours import NONE, Rings
from triage.surges.scan import LONGEST, Burst, KnownBurst, find

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").with_name("reworded_outages.toml").read_text("utf-8"))
KINDS = tuple(TEXTS["outages"])
LANGUAGES = ("en", "de", "both")
AREAS = {"sign_in": "authentication", "mails": "notifications", "payments": "billing"}
WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)
LOOKS, WITHIN = timedelta(minutes=4), timedelta(hours=4)
BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
_HOURS = (0.1,) * 7 + (0.6, 1.6, 2.0, 1.8, 1.5, 1.0, 1.3, 1.5, 1.4, 1.2, 0.8, 0.4, 0.3, 0.2, 0.2, 0.1, 0.1)
_DAYS = (1.35, 1.1, 1.0, 1.0, 0.9, 0.2, 0.15)


USUAL, MOST_NEAR = 1_000, 1_500
WRITTEN: dict[str, str] = {}
VECTORS: dict[str, np.ndarray] = {}
ENCODERS: list[Encoder] = []


@dataclass(frozen=True, slots=True)
class Desk:
    """How many tickets a day, in which language, and whether a model tags them."""

    a_day: int
    language: str
    tagged: bool


def rate(desk: Desk, at: datetime) -> float:
    """Return how many tickets an hour are usual."""
    year = 1 + 0.2 * math.sin(2 * math.pi * (at - BEGIN) / timedelta(days=365))
    monday = 1.3 if at.weekday() == 0 and 8 <= at.hour <= 10 else 1.0
    return desk.a_day * year * monday * _DAYS[at.weekday()] * _HOURS[at.hour] / sum(_HOURS)


def ordinary(chance: random.Random, desk: Desk, begin: datetime, end: datetime) -> list[Arrival]:
    """Return the tickets of a time without an outage; an hour strays from its mean by a fifth."""
    found: list[Arrival] = []
    at = begin
    while at < end:
        for _ in range(_poisson(chance, rate(desk, at) * chance.gammavariate(25, 1 / 25))):
            text = _filled(chance, chance.choice(_of_language(TEXTS["usual"], desk.language)))
            area = chance.choice([*AREAS.values(), "reports", "integrations", "account", "import", "exports"])
            found.append(_arrival(chance, desk, text, at, area, "P1" if chance.random() < 0.06 else "P3"))
        at += timedelta(hours=1)
    return sorted(found, key=lambda each: each.at)


def reports(chance: random.Random, desk: Desk, kind: str, begin: datetime, an_hour: int) -> list[Arrival]:
    """Return what customers write of an outage, no sentence more than three times."""
    texts = list(_of_language(TEXTS["outages"][kind], desk.language)) * 3
    chance.shuffle(texts)
    found, at = [], begin
    while at < begin + WITHIN and texts:
        area = AREAS[kind] if chance.random() < 0.75 else "account"
        one = _arrival(chance, desk, _filled(chance, texts.pop()), at, area, "P1" if chance.random() < 0.5 else "P3")
        found.append(replace(one, at=at, id=f"{kind}-{one.id}"))
        WRITTEN[found[-1].id] = WRITTEN[one.id]
        at += timedelta(hours=chance.expovariate(an_hour))
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """The delay of each outage in minutes, None: not found; how many proposals mix two; how many are of none."""

    delays: Mapping[str, float | None]
    mixed: int
    none: int


def outage(chance: random.Random, desk: Desk, kinds: Sequence[str], an_hour: int) -> Result:
    """Let outages begin at some hour of the year, on a desk of eight weeks, and watch for four hours."""
    begin = BEGIN + WEEK * chance.randrange(52)
    start = begin + 8 * WEEK + DAY * chance.choice((0, 0, 1, 2, 3, 4)) + timedelta(hours=chance.randrange(8, 17))
    usual = ordinary(chance, desk, begin, start + WITHIN)
    history = history_of(usual, begin, start)
    sent = [each for number, kind in enumerate(kinds) for each in
            reports(chance, desk, kind, start + number * timedelta(minutes=10), an_hour)]  # fmt: skip
    first = {kind: min(each.at for each in sent if each.id.startswith(kind)) for kind in kinds}
    arrivals = sorted([each for each in usual if each.at > start - LONGEST] + sent, key=lambda each: each.at)
    delays: dict[str, float | None] = dict.fromkeys(kinds)
    mixed = none = 0
    near = Near(chance, [each for each in usual if each.at <= start - LONGEST]) if ENCODERS else None
    for at, burst in watched(arrivals, lambda _: history, near, start, start + WITHIN):
        counts = Counter(each.id.split("-")[0] for each in burst.tickets)
        kind, most = max(((kind, counts[kind]) for kind in kinds), key=lambda each: each[1])
        if most <= len(burst.tickets) / 3:
            none += 1
            continue
        others = sum(counts[each] for each in kinds if each != kind)
        mixed += others > len(burst.tickets) / 3
        if delays[kind] is None:
            delays[kind] = (at - first[kind]) / MINUTE
    return Result(delays, mixed, none)


def quiet_weeks(chance: random.Random, desk: Desk, weeks: int) -> int:
    """Return how many bursts are proposed in weeks without an outage."""
    usual = ordinary(chance, desk, BEGIN, BEGIN + (8 + weeks) * WEEK)
    kept: dict[int, Any] = {}

    def history(at: datetime) -> Any:
        day = (at - BEGIN).days
        if day not in kept:
            kept.clear()
            kept[day] = history_of(usual, BEGIN, at)
        return kept[day]

    near = Near(chance, [each for each in usual if each.at <= BEGIN + 8 * WEEK]) if ENCODERS else None
    return sum(1 for _ in watched(usual, history, near, BEGIN + 8 * WEEK, BEGIN + (8 + weeks) * WEEK, 5 * LOOKS))


def watched(
    arrivals: Sequence[Arrival],
    history: Callable[[datetime], Any],
    near: Near | None,
    begin: datetime,
    end: datetime,
    every: timedelta = LOOKS,
) -> list[tuple[datetime, Burst]]:
    """Return what is proposed, with when; a look in which no ticket came is left out."""
    known: list[KnownBurst] = []
    found, at, low, high, looked = [], begin, 0, 0, -1
    while at < end:
        at += every
        while high < len(arrivals) and arrivals[high].at <= at:
            high += 1
        while low < high and arrivals[low].at <= at - LONGEST:
            low += 1
        if high == looked:
            continue
        looked = high
        day = arrivals[low:high]
        one = find(day, history(at), known, at, near.rings(day) if near else NONE)
        known = [replace(each, tickets=[*each.tickets, *one.joined.get(each.id, ())]) for each in known][-20:]
        for burst in one.bursts:
            known.append(KnownBurst(burst.tickets[0].id, burst.alarm.kind, [each.id for each in burst.tickets]))
            found.append((at, burst))
    return found


def _arrival(chance: random.Random, desk: Desk, text: str, hour: datetime, area: str, priority: str) -> Arrival:
    name = f"{chance.getrandbits(48):x}"
    WRITTEN[name] = text
    labels = {"product_area": area, "priority": priority} if desk.tagged else {}
    return Arrival.of(name, hour + timedelta(seconds=chance.uniform(0, 3600)), text, sender=name, labels=labels)


def _of_language(texts: Mapping[str, Any], language: str) -> list[str]:
    if language != "both":
        return list(texts[language]["texts"])
    return [*texts["en"]["texts"], *texts["de"]["texts"]]


def _filled(chance: random.Random, text: str) -> str:
    drawn = {name: chance.choice(words) for name, words in TEXTS["draws"].items()}
    return text.format(n=chance.randrange(3, 20), **drawn)


def _poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(round(chance.gauss(mean, mean**0.5)), 0)
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1)
    return count


class Near:
    """Neighbourhoods of the tickets of a made desk, by the sample's encoder."""

    def __init__(self, chance: random.Random, usual: Sequence[Arrival]) -> None:
        picked = chance.sample(list(usual), min(USUAL, len(usual)))
        self._usual = np.array([vector_of(each.id) for each in picked])

    def rings(self, arrivals: Sequence[Arrival]) -> Rings:
        """Return those of the tickets of a day."""
        some = arrivals[-MOST_NEAR:]
        return rings(self._usual, [each.id for each in some], np.array([vector_of(each.id) for each in some]))


def vector_of(ticket: str) -> np.ndarray:
    """Return the vector of a ticket's text; each text is encoded once."""
    text = WRITTEN[ticket]
    if text not in VECTORS:
        VECTORS[text] = ENCODERS[0].encode([text])[0]
    return VECTORS[text]


def main() -> None:
    """Print a line for each desk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="outages of each desk (default: %(default)s)")
    parser.add_argument("--weeks", type=int, default=20, help="quiet weeks of each desk (default: %(default)s)")
    parser.add_argument("--an-hour", type=int, default=10)
    parser.add_argument("--volumes", type=int, nargs="*", default=[50, 200, 600])
    parser.add_argument("--languages", nargs="*", default=LANGUAGES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encoder", type=Path, help="also look at what is near by meaning")
    chosen = parser.parse_args()
    if chosen.encoder:
        ENCODERS.append(load(chosen.encoder))
    for a_day in chosen.volumes:
        for language in chosen.languages:
            for tagged in (False, True):
                _print(Desk(a_day, language, tagged), chosen)


def _print(desk: Desk, chosen: argparse.Namespace) -> None:
    chance = random.Random(f"{chosen.seed} {desk}")
    single = [outage(chance, desk, [chance.choice(KINDS)], chosen.an_hour) for _ in range(chosen.runs)]
    twins = [outage(chance, desk, chance.sample(KINDS, 2), chosen.an_hour) for _ in range(chosen.runs)]
    alarms = quiet_weeks(chance, desk, chosen.weeks) if chosen.weeks else 0
    found = [each for result in single for each in result.delays.values()]
    both = sum(all(each is not None for each in result.delays.values()) for result in twins)
    mixed = sum(result.mixed for result in twins)
    print(
        f"{desk.a_day:4} a day {desk.language:4} {'tagged' if desk.tagged else 'untagged':8}"
        f"  one: {_share(sum(each is not None for each in found), len(found))}, {_median(found)} min"
        f"  two: both {_share(both, len(twins))}, {_median([d for r in twins for d in r.delays.values()])} min,"
        f" {mixed} mixed proposals  none: {sum(r.none for r in (*single, *twins))}"
        f"  quiet: {alarms} in {chosen.weeks} weeks",
        flush=True,
    )


def _share(found: int, of: int) -> str:
    low, high = wilson(found, of).low, wilson(found, of).high
    return f"{found}/{of} [{low:.2f}, {high:.2f}]"


def _median(found: Sequence[float | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{statistics.median(known):.0f}" if known else "-"


if __name__ == "__main__":
    main()
