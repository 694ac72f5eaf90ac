"""Which clock explains the `made_sla` flags of an audit log: `python -m tests.benchmarks.incident_log --events FILE`.

FILE is a ServiceNow export (CSV, gzipped or not), one row an event. It says whether an incident made its service level,
neither how long it was allowed nor when that clock ran; so calendars are tried, and each priority gets the best limit.
Without `--events` it fits a made-up log whose clock is known, to show that the fit finds what is there.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.sla.business_hours import Calendar
from triage.sla.opening_hours import read_week

ALWAYS = ("UTC", "mon-sun", "00:00-24:00")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
WEEKS = ("mon-sun", "mon-sat", "mon-fri")
SHIFTS = (ALWAYS[2], *(f"{opens:02}:00-{closes}:00" for opens, closes in product((7, 8, 9), (16, 17, 18, 20))))

Clock = tuple[str, str, str, str, bool]
"""Zone, week, shift, what stops it, and whether it stands still while the log says `Awaiting ...`."""


@dataclass(frozen=True)
class Incident:
    """One incident; without `resolved_at` it was resolved with the first event that says so, or with the closing."""

    number: str
    priority: str
    opened_at: datetime
    ends: dict[str, datetime]
    waits: tuple[tuple[datetime, datetime], ...]
    made: bool

    def hours(self, calendar: Calendar, stop: str, *, waits_out: bool) -> float:
        """Give the open hours until it was resolved or closed."""
        end = self.ends[stop]
        spent = calendar.between(self.opened_at, end)
        for begins_at, ends_at in self.waits if waits_out else ():
            spent -= calendar.between(min(begins_at, end), min(ends_at, end))
        return spent / timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """What was met took at most `met` hours, what was missed `missed` or more, but for `n - right` incidents."""

    met: float
    missed: float
    right: int
    n: int

    @property
    def at(self) -> float:
        """Halfway between what was met and what was missed: the log cannot tell the limits in between apart."""
        return (self.met + self.missed) / 2


@dataclass(frozen=True)
class Fit:
    """One clock with the best limit of each priority."""

    clock: Clock
    limits: dict[str, Limit]

    @property
    def right(self) -> int:
        """How many flags it explains."""
        return sum(limit.right for limit in self.limits.values())


def read(path: Path) -> list[Incident]:
    """Read the events, which stand together by incident and in order."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_incident(list(events)) for _, events in groupby(rows, key=lambda row: row["number"])]


def made_up(n: int = 1_500) -> list[Incident]:
    """Draw incidents with a limit of 16 or 24 business hours in Berlin, waits left out."""
    dice, berlin = random.Random(1), Calendar("true", "Europe/Berlin", read_week({"mon-fri": ["09:00-17:00"]}))
    found = []
    for number in range(n):
        opened_at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=dice.randrange(60 * 24 * 60))
        resolved_at = opened_at + timedelta(hours=dice.expovariate(1 / 60))
        waits_from = opened_at + (resolved_at - opened_at) * dice.random()
        waits = ((waits_from, waits_from + (resolved_at - waits_from) * dice.random()),)
        ends = {"resolved": resolved_at, "closed": resolved_at + timedelta(days=5)}
        limit_h = dice.choice([16, 24])
        one = Incident(str(number), f"{limit_h} h", opened_at, ends, waits, made=False)
        found.append(replace(one, made=one.hours(berlin, "resolved", waits_out=True) <= limit_h))
    return found


def limit(hours: NDArray[np.float64], met: NDArray[np.bool_]) -> Limit:
    """Find the limit that agrees with the most flags, the shortest on a tie."""
    order = np.argsort(hours, kind="stable")
    spent, flags = hours[order], met[order]
    right = np.concatenate([[0], np.cumsum(flags)]) + np.concatenate([np.cumsum(~flags[::-1])[::-1], [0]])
    between = np.concatenate([[True], spent[1:] > spent[:-1], [True]])
    cut = int(np.where(between, right, -1).argmax())
    edges = [-np.inf, *spent, np.inf]
    return Limit(float(edges[cut]), float(edges[cut + 1]), int(right[cut]), len(hours))


def clocks() -> Iterator[Clock]:
    """List the clocks to try, the plainest first."""
    for stop, waits_out in product(("resolved", "closed"), (False, True)):
        for zone, week, shift in product(ZONES, WEEKS, SHIFTS):
            if (zone, week, shift) == ALWAYS or (week, shift) != ALWAYS[1:]:
                yield zone, week, shift, stop, waits_out


def hours_by_clock(incidents: Sequence[Incident]) -> dict[Clock, NDArray[np.float64]]:
    """Count every incident's hours on every clock."""
    found = {}
    for clock in clocks():
        zone, week, shift, stop, waits_out = clock
        calendar = Calendar("tried", zone, read_week({week: [shift]}))
        found[clock] = np.array([each.hours(calendar, stop, waits_out=waits_out) for each in incidents])
    return found


def fits(incidents: Sequence[Incident], hours: dict[Clock, NDArray[np.float64]]) -> list[Fit]:
    """Fit every clock, the best first and on a tie the plainest."""
    met = np.array([each.made for each in incidents])
    priority = np.array([each.priority for each in incidents])
    of = {name: priority == name for name in sorted(set(priority.tolist()))}
    tried = [Fit(clock, {name: limit(spent[at], met[at]) for name, at in of.items()}) for clock, spent in hours.items()]
    return sorted(tried, key=lambda fit: -fit.right)


def residue(
    fit: Fit, incidents: Sequence[Incident], hours: dict[Clock, NDArray[np.float64]]
) -> list[tuple[Incident, float]]:
    """List the incidents that a fit does not explain, with their hours."""
    both = zip(incidents, hours[fit.clock].tolist(), strict=True)
    return [(each, h) for each, h in both if (h <= fit.limits[each.priority].at) != each.made]


def held_out(incidents: Sequence[Incident], hours: dict[Clock, NDArray[np.float64]]) -> tuple[int, int]:
    """Choose clock and limits on every other incident; count what they explain of the others."""
    learnt, others = incidents[::2], incidents[1::2]
    best = fits(learnt, {clock: each[::2] for clock, each in hours.items()})[0]
    wrong = residue(best, others, {best.clock: hours[best.clock][1::2]})
    return len(others) - len(wrong), len(others)


def report(incidents: Sequence[Incident]) -> Iterator[str]:
    """Say in lines what explains the flags, how surely, and what is left."""
    hours = hours_by_clock(incidents)
    tried = fits(incidents, hours)
    n, best = len(incidents), tried[0]
    usual = sum(max(made, len(flags) - made) for flags in _flags(incidents) for made in [sum(flags)])
    yield f"{n} incidents; the commoner flag of each priority explains {usual} of them ({usual / n:.1%})"
    yield f"{'best':36} {_words(best, n)}"
    for week, stop in product(WEEKS, ("resolved", "closed")):
        some = [fit for fit in tried if fit.clock[1] == week and fit.clock[2] != ALWAYS[2] and fit.clock[3] == stop]
        yield f"{f'best of business hours, {week}':36} {_words(some[0], n)}"
    for stop in ("resolved", "closed"):
        some = [fit for fit in tried if fit.clock[3:] == (stop, True)]
        yield f"{'best that leaves waits out':36} {_words(some[0], n)}"
    yield f"as good as the best: {sum(fit.right == best.right for fit in tried)} of {len(tried)} clocks"
    right, of = held_out(incidents, hours)
    yield f"chosen on half of the incidents, it explains {right} of the other {of} ({right / of:.1%})"
    for name, each in best.limits.items():
        met = f"met up to {each.met:.2f} h" if np.isfinite(each.met) else "never met"
        yield f"  {name:14} {met}, missed from {each.missed:.2f} h; {each.right} of {each.n}"
    for odd, spent in residue(best, incidents, hours):
        yield f"  not explained: {odd.number}, {odd.priority}, {spent:.2f} h, made_sla {odd.made}"


def _words(fit: Fit, n: int) -> str:
    zone, week, shift, stop, waits_out = fit.clock
    return f"{fit.right} ({fit.right / n:.1%})  {week} {shift} {zone}, until {stop}{', waits left out' * waits_out}"


def _flags(incidents: Sequence[Incident]) -> Iterator[list[bool]]:
    for name in sorted({each.priority for each in incidents}):
        yield [each.made for each in incidents if each.priority == name]


def _incident(events: list[dict[str, str]]) -> Incident:
    last = events[-1]
    closed_at = _instant(last["closed_at"])
    said = [last["resolved_at"], *(row["sys_updated_at"] for row in events if row["incident_state"] == "Resolved")]
    resolved_at = next((_instant(text) for text in said if text != "?"), closed_at)
    waits = [
        (_instant(row["sys_updated_at"]), _instant(later["sys_updated_at"]))
        for row, later in pairwise(events)
        if row["incident_state"].startswith("Awaiting")
    ]
    return Incident(
        number=last["number"],
        priority=last["priority"],
        opened_at=_instant(last["opened_at"]),
        ends={"resolved": resolved_at, "closed": closed_at},
        waits=tuple(waits),
        made=last["made_sla"].upper() == "TRUE",
    )


def _instant(text: str) -> datetime:
    """Read a time of the log, which names no zone, as UTC."""
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, help="the audit log")
    events = parser.parse_args().events
    for line in report(read(events) if events else made_up()):
        print(line)


if __name__ == "__main__":
    main()
