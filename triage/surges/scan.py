"""Look for bursts: windows from ten minutes to a day, all tickets, those of an area, those with a word.

Tickets that look like spam are taken out first, then those of bursts that are known; tickets whose words are those of
a known burst join it. The surest alarm of the rest gives a burst with its tickets, and the rest is looked at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from triage.surges.alarms import FEWEST, WINDOWS, Alarm, History, alarms
from triage.surges.arrival import Arrival, Kind
from triage.surges.background import ENOUGH, Background
from triage.surges.membership import Words, joining, members
from triage.surges.neighbours import LINKED, NONE, TELLING, Ring, Rings
from triage.surges.suspects import suspects

LONGEST: Final = WINDOWS[-1]
QUIET: Final = timedelta(hours=3)
"""Without a new ticket for so long a burst has ended."""
MOST: Final = 1_000
"""Tickets of a burst: what one incident can lead."""
_ROUNDS: Final = 5  # bursts found at once
_RECENT: Final = timedelta(minutes=30)  # in which more tickets than usual belong to a burst that goes on
_PRIOR: Final = 2.0  # senders
_DOUBTED: Final = 0.3  # of the tickets, those that belong to a burst that was dismissed, unless their words say so
_NEWEST: Final = 50  # tickets of a burst by which it is told what is near to it
_OWN: Final[set[Kind]] = {"word", "near"}  # what is counted of one thing only
_EXPLAINED: Final = 0.5  # of the excess of senders that must write of the same thing


@dataclass(frozen=True, slots=True)
class KnownBurst:
    """A burst that was found before, by the ids of its tickets; `kind` is what was counted.

    One that was `dismissed` takes only what is surely more of the same, so that it hides no incident after it.
    """

    id: str
    kind: Kind
    tickets: Collection[str]
    dismissed: bool = False


@dataclass(frozen=True, slots=True)
class Burst:
    """An unusual burst: its tickets, oldest first, and the count that gave it away."""

    alarm: Alarm
    tickets: tuple[Arrival, ...]
    words: tuple[str, ...]

    @property
    def since(self) -> datetime:
        """When its first ticket came."""
        return self.tickets[0].at

    @property
    def area(self) -> str | None:
        """The product area of most of its tickets, if most have one."""
        areas = Counter(each.area for each in self.tickets)
        (area, count), *_ = areas.most_common(1)
        return area if count > len(self.tickets) / 2 else None

    @property
    def priority(self) -> str | None:
        """The suggested priority: the most urgent that a quarter of its tickets have at least; None: they have none."""
        known = sorted(each.priority for each in self.tickets if each.priority is not None)
        return known[len(known) // 4] if known else None

    @property
    def senders(self) -> int:
        """How many people wrote."""
        return len({each.sender for each in self.tickets})


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: new bursts, tickets that join known ones, tickets that look like spam."""

    bursts: tuple[Burst, ...]
    joined: Mapping[str, tuple[str, ...]]
    suspects: frozenset[str]


def find(
    arrivals: Sequence[Arrival],
    history: History,
    known: Sequence[KnownBurst],
    at: datetime,
    rings: Rings = NONE,
) -> Found:
    """Look at the tickets of the last day.

    Parameters
    ----------
    arrivals
        Those of the last `LONGEST`, oldest first, without automatic mail.
    history
        What was usual before.
    known
        Bursts of the last day, open or decided.
    at
        Now.
    rings
        Which of the tickets are near to each other by meaning; none where nothing tells.

    Returns
    -------
    Found
    """
    history = replace(history, background=_widened(history.background, arrivals, at))
    background = history.background
    spam = suspects(arrivals, background)
    free = [each for each in arrivals if each.id not in spam]
    telling = rings[TELLING] if rings else None
    joined = _joined(free, known, history, at, telling)
    taken = {ticket for each in known for ticket in each.tickets}
    taken |= {ticket for some in joined.values() for ticket in some}
    bursts: list[Burst] = []
    for _ in range(_ROUNDS):
        free = [each for each in free if each.id not in taken]
        burst = _surest(free, history, at, rings)
        if burst is None:
            break
        taken |= {each.id for each in burst.tickets}
        if (other := _same(burst, known, arrivals, background, telling)) is not None:
            joined[other] = (*joined.get(other, ()), *(each.id for each in burst.tickets))
        else:
            bursts.append(burst)
    return Found(tuple(bursts), joined, frozenset(spam))


def _widened(background: Background, arrivals: Sequence[Arrival], at: datetime) -> Background:
    """Let a desk that has few texts learn from those of the last day, too, but for its last hours."""
    if background.texts >= ENOUGH:
        return background
    older = [each for each in arrivals if each.at < at - QUIET]
    counts = Counter(word for each in older for word in each.words)
    return background.with_texts(counts, len(older))


def _joined(
    free: Sequence[Arrival], known: Sequence[KnownBurst], history: History, at: datetime, telling: Ring | None
) -> dict[str, tuple[str, ...]]:
    by_id = {each.id: each for each in free}
    taken = {ticket for each in known for ticket in each.tickets}
    found: dict[str, tuple[str, ...]] = {}
    for burst in known:
        own = [by_id[ticket] for ticket in burst.tickets if ticket in by_id]
        if len(own) < history.fewest_senders:
            continue
        candidates = [each for each in free if each.at >= own[0].at and each.id not in taken]
        if telling is not None and (ids := _coherent(own, telling)):
            near = tuple(each.id for each in candidates if telling.linked(each.id, ids) >= LINKED)
            if near:
                found[burst.id] = near
                taken |= set(near)
            continue
        late = [each for each in candidates if each.at > at - _RECENT]
        early = [each for each in candidates if each.at <= at - _RECENT]
        usual = history.season.expected(at - _RECENT, at)
        recent = len({each.sender for each in (*own, *late) if each.at > at - _RECENT})
        share = (recent - usual) / (recent + _PRIOR)
        if burst.dismissed:
            share = min(share, _DOUBTED)
        found_late = joining(late, own, share, history.background)
        more = tuple(each.id for each in (*joining(early, own, 0.0, history.background), *found_late))
        if more:
            found[burst.id] = more
            taken |= set(more)
    return found


def _coherent(own: Sequence[Arrival], telling: Ring) -> list[str]:
    """Return the newest tickets of a burst if they are of one thing by meaning, else none."""
    ids = [each.id for each in own if each.id in telling.near][-_NEWEST:]
    return ids if len(ids) >= FEWEST and telling.mean_linked(ids, ids) >= LINKED else []


def _same(
    burst: Burst,
    known: Sequence[KnownBurst],
    arrivals: Sequence[Arrival],
    background: Background,
    telling: Ring | None,
) -> str | None:
    """Return the known burst that this one goes on: by its meaning or words, or by its time where neither has any."""
    new = _coherent(burst.tickets, telling) if telling is not None else []
    for each in known:
        own = [arrival for arrival in arrivals if arrival.id in set(each.tickets)]
        if not own:
            continue
        if telling is not None and new and (ids := _coherent(own, telling)):
            if telling.mean_linked(new, ids) >= LINKED:
                return each.id
            continue
        words = Words.of(own, [1.0] * len(own)).common(own, background)
        goes_on = own[-1].at >= burst.since - QUIET
        by_time = goes_on and not _OWN & {each.kind, burst.alarm.kind} and not _is_graver(burst, each)
        if by_time or len(set(words) & set(burst.words)) > 1:
            return each.id
    return None


def _is_graver(burst: Burst, known: KnownBurst) -> bool:
    return known.dismissed and burst.alarm.kind == "urgent" != known.kind


def _surest(free: Sequence[Arrival], history: History, at: datetime, rings: Rings) -> Burst | None:
    """Return the burst of the surest alarm that has members enough."""
    surest = sorted(alarms(free, history, at, rings), key=attrgetter("excess"), reverse=True)
    # Of one thing first: of all tickets, or those of an area, two outages at once would be one.
    near = [each for each in surest if each.kind == "near"]
    others = [each for each in surest if each.kind != "near"]
    for alarm in (*near[:_ROUNDS], *others[:_ROUNDS]):
        window = [each for each in free if each.at > at - alarm.window][-MOST:]
        fewest = max(history.fewest_senders, _EXPLAINED * (alarm.count - alarm.expected))
        found = _members(window, alarm, history.background, rings, fewest)
        if _people(found) < fewest:
            continue
        words = Words.of(found, [1.0] * len(found)).common(found, history.background)
        return Burst(alarm, tuple(found), tuple(words))
    return None


def _members(
    window: Sequence[Arrival], alarm: Alarm, background: Background, rings: Rings, fewest: float
) -> Sequence[Arrival]:
    """Return the tickets of an alarm: by meaning where that tells what came in, else by their words."""
    if alarm.kind == "near":
        return rings[alarm.ring].around(alarm.name or "", window)
    if not rings:
        return _by_words(window, alarm, background)
    telling = rings[TELLING]
    if alarm.kind in {"area", "urgent"}:
        theme = telling.largest([each for each in window if _is_counted(each, alarm)])
        if _people(theme) >= fewest:
            return theme
    return telling.theme(_by_words(window, alarm, background), FEWEST)


def _people(found: Sequence[Arrival]) -> int:
    return len({each.sender for each in found})


def _by_words(window: Sequence[Arrival], alarm: Alarm, background: Background) -> list[Arrival]:
    share = max(1 - alarm.expected / alarm.count, 0.0)
    if alarm.kind == "all":
        return members(window, [share] * len(window), share, background)
    counted = [_is_counted(each, alarm) for each in window]
    first = [share if each else 0.1 * share for each in counted]
    return members(window, first, share * sum(counted) / len(window), background)


def _is_counted(each: Arrival, alarm: Alarm) -> bool:
    return alarm.name in each.words if alarm.kind == "word" else (alarm.kind, alarm.name or "") in each.labels
