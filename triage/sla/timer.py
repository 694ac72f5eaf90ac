"""One SLA timer of a ticket: what was promised, when it was paused, and when it is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from triage.sla.business_hours import Unreachable
from triage.sla.policy_terms import Promise

WAITING, RESOLVED = "waiting for the customer", "resolved"


@dataclass(frozen=True)
class StoppedInterval:
    """A pause, half-open; without an end it still lasts."""

    begins_at: datetime
    ends_at: datetime | None
    why: str = WAITING


def joined(halts: Iterable[StoppedInterval]) -> tuple[StoppedInterval, ...]:
    """Sort halts and join those that overlap or touch, so that no time is taken off twice."""
    result: list[StoppedInterval] = []
    for halt in sorted(halts, key=lambda each: each.begins_at):
        last = result[-1] if result else None
        if last is None or (last.ends_at is not None and last.ends_at < halt.begins_at):
            result.append(halt)
        elif last.ends_at is not None:
            ends_at = None if halt.ends_at is None else max(last.ends_at, halt.ends_at)
            result[-1] = StoppedInterval(last.begins_at, ends_at, last.why)
    return tuple(result)


def due(promise: Promise, started_at: datetime, halts: Iterable[StoppedInterval]) -> datetime | Unreachable | None:
    """Give the instant at which the promised work is used up, halts left out; None when a halt without end comes first.

    Parameters
    ----------
    promise
        How much work, on which calendar.
    started_at
        When the clock began to run.
    halts
        In order and apart, as `joined` gives them.

    Returns
    -------
    The instant, UTC; None while a halt lasts; Unreachable when no open hour within the horizon meets it.
    """
    left = promise.work
    for halt in halts:
        used = promise.calendar.between(started_at, max(started_at, halt.begins_at))
        if used >= left:
            break
        if halt.ends_at is None:
            return None
        left -= used
        started_at = max(started_at, halt.ends_at)
    return promise.calendar.after(started_at, left)


@dataclass(frozen=True, kw_only=True)
class Timer:
    """One SLA timer of a ticket.

    `inherited` marks a deadline that was already past when a change of priority or plan brought it.
    """

    promise: Promise
    started_at: datetime
    halts: tuple[StoppedInterval, ...] = ()
    stopped_at: datetime | None = None
    inherited: bool = False

    @property
    def source(self) -> str:
        """Whose deadline it is: the plan's `contract`, or the priority's `target`."""
        return self.promise.source

    @property
    def kind(self) -> str:
        """What is due: `first_response`, `next_response` or `resolution`."""
        return self.promise.kind

    @cached_property
    def reached(self) -> datetime | Unreachable | None:
        """The instant at which the work is used up; None while the clock stands still."""
        return due(self.promise, self.started_at, self.halts)

    @property
    def due_by(self) -> datetime | None:
        """The deadline; None while the clock stands still, and when no open hour within the horizon meets it."""
        return self.reached if isinstance(self.reached, datetime) else None

    @property
    def state(self) -> str:
        """Tell whether it is `running`, `paused`, `stopped` by an answer, or `unreachable`."""
        if self.stopped_at is not None:
            return "stopped"
        if isinstance(self.reached, Unreachable):
            return "unreachable"
        return "running" if self.reached else "paused"

    @property
    def credit_percent(self) -> int:
        """What a breach earns the customer: by the contract alone, and not where the lateness was inherited."""
        return 0 if self.inherited else self.promise.credit_percent

    def is_late(self, at: datetime) -> bool:
        """Tell whether the deadline was missed, as seen at an instant; to answer on the dot is in time."""
        return self.due_by is not None and (self.stopped_at or at) > self.due_by

    def overdue(self, at: datetime) -> timedelta:
        """Give how much open time lies between the deadline and the answer, or `at` while there is none."""
        if self.due_by is None or not self.is_late(at):
            return timedelta()
        end = self.stopped_at or at
        late = self.promise.calendar.between(self.due_by, end)
        for halt in self.halts:
            begins_at = min(max(halt.begins_at, self.due_by), end)
            late -= self.promise.calendar.between(begins_at, max(begins_at, min(halt.ends_at or end, end)))
        return late

    def warn_at(self, ahead: timedelta) -> datetime | None:
        """Give the instant that lies this much counted time before the deadline; None when the clock has less."""
        if self.due_by is None or ahead > self.promise.work:
            return None
        at = due(replace(self.promise, work=self.promise.work - ahead), self.started_at, self.halts)
        return at if isinstance(at, datetime) else None

    def intervals(self) -> Iterator[tuple[datetime, datetime, str | None]]:
        """List the open intervals that count, and the halts between them with why they do not."""
        cursor = self.started_at
        if isinstance(self.reached, Unreachable):
            return
        for halt in self.halts:
            begins_at = max(cursor, halt.begins_at)
            if self.reached is not None and self.reached <= begins_at:
                break
            yield from ((*span, None) for span in self.promise.calendar.intervals(cursor, begins_at))
            if halt.ends_at is None:
                return
            cursor = max(cursor, halt.ends_at)
            if cursor > begins_at:
                yield begins_at, cursor, halt.why
        if self.reached is not None:
            yield from ((*span, None) for span in self.promise.calendar.intervals(cursor, self.reached))
