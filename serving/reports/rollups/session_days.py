"""Sessions counted by day; a day of which only a late fact can change anything is kept in the database.

A session is judged by what came up to a week later: a changed fact makes the week before it be counted again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from serving.reports.facts import FactStore, SessionFact
from serving.reports.ladder import DURABLE_AFTER, Judged, Kind, Tally, judge_all, kind_of
from serving.reports.rollups.store import DAY, Counted, Part, RollupStore, begin, runs
from serving.reports.rollups.ticket_days import Progress
from serving.reports.windows import WEEK, ReportWindow

By = Literal["channel", "language", "brand", "article"]
WHAT: Literal["sessions"] = "sessions"
UNKNOWN = "unknown"
ALL = ""
_AT_ONCE = 14  # days that are judged together
_STANDS = {True: "1", False: "0", None: "-"}
_READ = {sign: stands for stands, sign in _STANDS.items()}
Groups = Mapping[str, Mapping[str, int]]
"""Numbers of sessions by a group's name, then by the text of their kind."""


class SessionTallies(NamedTuple):
    """Sessions of a window and of each of its weeks, counted by kind; and of the window by groups."""

    inside: Tally
    weeks: list[Tally]
    groups: dict[str, Tally]


class SessionDays:
    """Reads days that are kept, and judges the sessions of those that are not or have changed."""

    def __init__(self, facts: FactStore, store: RollupStore) -> None:
        self._facts, self._store = facts, store

    def tallies(self, window: ReportWindow, by: By | None = None) -> SessionTallies:
        """Count the sessions of a window and its weeks; in groups too, the most frequent first."""
        begins = [each.since.toordinal() for each in window.weeks]
        parts: list[Part] = [WHAT] if by is None else [WHAT, by]
        days, cut = self._days(window, begins[0], parts), self._cut(window, parts)
        inside = {part: _sum(days[part], self._whole(window)) + cut[part] for part in parts}
        weeks = [_sum(days[WHAT], range(first, first + WEEK.days)) for first in begins]
        groups = inside[by] if by is not None else _Sum()
        ordered = sorted(groups.items(), key=lambda item: (-sum(item[1].values()), item[0]))
        return SessionTallies(
            _tally(inside[WHAT][ALL]),
            [_tally(week[ALL]) for week in weeks],
            {name: _tally(kinds) for name, kinds in ordered},
        )

    def judged(self, window: ReportWindow, *, quoting: bool = False) -> list[Judged]:
        """Return the sessions of a window, judged by what came up to a week later."""
        end = min(window.until + DURABLE_AFTER, window.at)
        found = self._facts.sessions(window.since, window.until if quoting else end, quoting=quoting)
        if quoting:
            found += self._facts.sessions(window.until, end)
        direct = self._facts.account_tickets(window.since, end) if any(each.account for each in found) else []
        asked = sum(each.created_at < window.until for each in found)
        return judge_all(found, direct, window.at, first=asked)

    def refresh(self, at: datetime, changed: frozenset[int], progress: Progress) -> None:
        """Keep the days whose sessions are settled and not kept yet, or turned by a changed fact."""
        last = _last_settled(at)
        stale = {day for day in _turned(changed) if day <= last} | self._store.missing(WHAT, WHAT, last)
        for done, (begun, ended) in enumerate(found := runs(stale, _AT_ONCE)):
            progress(done, len(found))
            judged = self._by_day(begun, ended, ReportWindow(begin(begun), begin(ended + 1), at), quoting=True)
            self._store.keep(
                Counted(part, day, msgspec.msgpack.encode(_grouped(judged[day], part)))
                for day in range(begun, ended + 1)
                for part in KEYS
            )

    def _days(self, window: ReportWindow, begun: int, parts: Sequence[Part]) -> dict[Part, dict[int, Groups]]:
        """Return the sessions of each day from one on, up to the end of the window."""
        last, oldest = window.until.toordinal(), self._store.first(WHAT, WHAT)
        first = last + 1 if oldest is None else max(begun, oldest)
        changed = _turned(self._store.changes(WHAT).days)
        whole = min(_last_settled(window.at), (window.until - DAY).toordinal())
        days: dict[Part, dict[int, Groups]] = {}
        for part in parts:
            kept = self._store.contents(part, first, whole)
            days[part] = {day: _DECODER.decode(content) for day, content in kept.items() if day not in changed}
        noted = {day for day in changed if begun <= day <= last}
        for run in runs((set(range(first, last + 1)) | noted) - days[WHAT].keys(), _AT_ONCE):
            judged = self._by_day(*run, window, quoting="article" in parts)
            for part in parts:
                days[part] |= {day: _grouped(some, part) for day, some in judged.items()}
        return days

    def _cut(self, window: ReportWindow, parts: Sequence[Part]) -> dict[Part, "_Sum"]:
        """Count the part of the first day that lies in the window."""
        day = window.since.toordinal()
        if window.since == begin(day):
            return {part: _Sum() for part in parts}
        first = ReportWindow(window.since, min(begin(day + 1), window.until), window.at)
        judged = self.judged(first, quoting="article" in parts)
        return {part: _sum({day: _grouped(judged, part)}, (day,)) for part in parts}

    @staticmethod
    def _whole(window: ReportWindow) -> range:
        """Return the days of the window from its first midnight on."""
        day = window.since.toordinal()
        return range(day if window.since == begin(day) else day + 1, window.until.toordinal() + 1)

    def _by_day(self, first: int, last: int, window: ReportWindow, *, quoting: bool) -> dict[int, list[Judged]]:
        found = defaultdict[int, list[Judged]](list)
        days = ReportWindow(begin(first), min(begin(last + 1), window.until), window.at)
        for each in self.judged(days, quoting=quoting):
            found[each.session.created_at.toordinal()].append(each)
        return found


class _Sum(defaultdict[str, Counter[str]]):
    """Sums of groups."""

    def __init__(self) -> None:
        super().__init__(Counter)

    def __add__(self, other: "_Sum") -> "_Sum":
        for name, kinds in other.items():
            self[name].update(kinds)
        return self


def _sum(days: Mapping[int, Groups], some: Iterable[int]) -> _Sum:
    found = _Sum()
    for day in some:
        for name, kinds in days.get(day, {}).items():
            found[name].update(kinds)
    return found


def _turned(changed: Iterable[int]) -> set[int]:
    """Return the days whose sessions a changed fact may turn: those of the week before it."""
    return {day for each in changed for day in range(each - DURABLE_AFTER.days, each + 1)}


def _last_settled(at: datetime) -> int:
    """Return the last day whose sessions only a changed fact can turn."""
    return (at - DAY - DURABLE_AFTER).toordinal()


def _grouped(sessions: Sequence[Judged], part: Part) -> Groups:
    found = _Sum()
    for each in sessions:
        kind = _text(kind_of(each))
        for name in KEYS[part](each.session):
            found[name][kind] += 1
    return found


@lru_cache(maxsize=4096)
def _text(kind: Kind) -> str:
    return "|".join(("".join(map(_STANDS.__getitem__, kind.stands)), kind.end, kind.decision, kind.outcome or ""))


def _tally(kinds: Mapping[str, int]) -> Tally:
    found = Tally()
    for text, n in kinds.items():
        stands, end, decision, outcome = text.split("|")
        kind = Kind(tuple(map(_READ.__getitem__, stands)), end, decision, outcome or None)  # type: ignore[arg-type]
        found[kind] += n
    return found


def _language(session: SessionFact) -> str:
    return (session.locale or UNKNOWN).replace("_", "-").split("-")[0].lower()


KEYS: Mapping[Part, Callable[[SessionFact], Sequence[str]]] = {
    WHAT: lambda _: (ALL,),
    "channel": lambda session: (session.channel or UNKNOWN,),
    "language": lambda session: (_language(session),),
    "brand": lambda session: (session.brand or UNKNOWN,),
    "article": lambda session: session.articles,
}
_DECODER = msgspec.msgpack.Decoder(dict[str, dict[str, int]])
