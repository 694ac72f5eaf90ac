"""The deadlines of a ticket: each with its sentence, its intervals, and a bar of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.console.queue.listing import left
from serving.console.queue.phrases import KINDS, LENT, SOURCES, STATES
from serving.console.words import span
from triage.sla.deadlines import Deadlines
from triage.sla.explanation import sentence
from triage.sla.timer import Timer

WIDTH = 1_000  # of a bar, in its own units
_MOST_PIECES = 400  # of one bar


@dataclass(frozen=True, slots=True)
class Interval:
    """A time that counted, or did not, and why."""

    begins_at: datetime
    ends_at: datetime
    length: str
    why: str  # empty: it counted


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: `used` and `ahead` count, `halted` does not, `late` lies after the deadline."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline as an agent sees it."""

    name: str
    source: str
    state: str
    words: str  # how much time is left, or how late it is
    tone: str
    due_by: datetime | None
    sentence: str
    calendar: str
    inherited: bool
    credit: int
    intervals: Sequence[Interval]
    pieces: Sequence[Piece]
    due_x: float | None
    now_x: float | None


def clocks_of(deadlines: Deadlines, at: datetime, *, is_answered: bool) -> list[Clock]:
    """Return the deadlines that run or ran, also the one of another ticket of its incident: what is due first is first.

    A ticket that was resolved before anybody answered has met its first response; `is_answered` tells it apart.
    """
    own = [*deadlines.clocks, *deadlines.answered]
    lent = deadlines.leading if all(each is not deadlines.leading for each in own) else None
    ordered = sorted([lent, *own] if lent else own, key=_place)
    return [_clock(each, at, is_answered=is_answered, is_lent=each is lent) for each in ordered]


def _place(timer: Timer) -> tuple[int, float]:
    order = ("running", "paused", "unreachable", "stopped")
    return order.index(timer.state), (timer.due_by or timer.started_at).timestamp()


def _clock(timer: Timer, at: datetime, *, is_answered: bool, is_lent: bool) -> Clock:
    spans = list(timer.intervals())[:_MOST_PIECES]
    seen_at = timer.stopped_at or at
    begins_at = timer.started_at
    ends_at = max([begins_at, seen_at, *([timer.due_by] if timer.due_by else []), *(end for _, end, _ in spans)])
    scale = WIDTH / max((ends_at - begins_at).total_seconds(), 1.0)

    def place(instant: datetime) -> float:
        return round((instant - begins_at).total_seconds() * scale, 1)

    words, tone = _state(timer, at)
    state = STATES.get(timer.state, timer.state)
    if timer.kind == "first_response" and timer.stopped_at is not None and not is_answered and tone == "good":
        state, words = "not needed", "resolved without a reply"
    return Clock(
        name=KINDS.get(timer.kind, timer.kind),
        source=SOURCES.get(timer.source, timer.source) + (LENT if is_lent else ""),
        state=state,
        words=words,
        tone=tone,
        due_by=timer.due_by,
        sentence=sentence(timer, at),
        calendar=timer.promise.calendar.name,
        inherited=timer.inherited,
        credit=timer.credit_percent,
        intervals=[Interval(begin, end, span(end - begin), why or "") for begin, end, why in spans],
        pieces=[Piece(kind, place(a), max(place(b) - place(a), 1.0)) for kind, a, b in _pieces(timer, spans, seen_at)],
        due_x=None if timer.due_by is None else place(timer.due_by),
        now_x=place(at) if timer.stopped_at is None and at >= begins_at else None,
    )


def _state(timer: Timer, at: datetime) -> tuple[str, str]:
    if timer.due_by is None:
        return "", ""
    if timer.stopped_at is not None:
        if timer.is_late(timer.stopped_at):
            return f"{span(timer.stopped_at - timer.due_by)} late", "bad"
        return "in time", "good"
    return left(timer.due_by, timer.warn_at(timer.promise.warn_before), at)


def _pieces(
    timer: Timer, spans: "Sequence[tuple[datetime, datetime, str | None]]", seen_at: datetime
) -> Iterator[tuple[str, datetime, datetime]]:
    for begins_at, ends_at, why in spans:
        if why:
            yield "halted", begins_at, ends_at
            continue
        if begins_at < seen_at:
            yield "used", begins_at, min(ends_at, seen_at)
        if ends_at > seen_at and timer.stopped_at is None:
            yield "ahead", max(begins_at, seen_at), ends_at
    if timer.due_by is not None and timer.is_late(seen_at):
        yield "late", timer.due_by, seen_at
