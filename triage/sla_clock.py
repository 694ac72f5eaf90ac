"""One clock of a ticket: what was promised, when it stood still, and so when it is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from triage.business_hours import Unreachable
from triage.instants import to_text
from triage.sla_policy import Promise

_WORDS = {"first_response": "a first response", "resolution": "a resolution"}


@dataclass(frozen=True)
class Halt:
    """A time that does not count, half-open; without an end it still lasts."""

    begins_at: datetime
    ends_at: datetime | None
    why: str = "waiting for the customer"


def joined(halts: Iterable[Halt]) -> tuple[Halt, ...]:
    """Sort halts and join those that overlap or touch, so that no time is taken off twice."""
    result: list[Halt] = []
    for halt in sorted(halts, key=lambda each: each.begins_at):
        last = result[-1] if result else None
        if last is None or (last.ends_at is not None and last.ends_at < halt.begins_at):
            result.append(halt)
        elif last.ends_at is not None:
            ends_at = None if halt.ends_at is None else max(last.ends_at, halt.ends_at)
            result[-1] = Halt(last.begins_at, ends_at, last.why)
    return tuple(result)


def due(promise: Promise, started_at: datetime, halts: Iterable[Halt]) -> datetime | Unreachable | None:
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
class Clock:
    """A promise to one ticket.

    `inherited` marks a deadline that was already past when a change of priority or plan brought it.
    """

    promise: Promise
    started_at: datetime
    halts: tuple[Halt, ...] = ()
    stopped_at: datetime | None = None
    inherited: bool = False

    @property
    def source(self) -> str:
        """Whose deadline it is: the plan's `contract`, or the priority's `target`."""
        return self.promise.source

    @property
    def kind(self) -> str:
        """What is due: `first_response` or `resolution`."""
        return self.promise.kind

    @cached_property
    def _due(self) -> datetime | Unreachable | None:
        return due(self.promise, self.started_at, self.halts)

    @property
    def due_by(self) -> datetime | None:
        """The deadline; None while the clock stands still, and when no open hour within the horizon meets it."""
        return self._due if isinstance(self._due, datetime) else None

    @property
    def state(self) -> str:
        """Tell whether it is `running`, `paused`, `stopped` by an answer, or `unreachable`."""
        if self.stopped_at is not None:
            return "stopped"
        if isinstance(self._due, Unreachable):
            return "unreachable"
        return "running" if self._due else "paused"

    def is_late(self, at: datetime) -> bool:
        """Tell whether the deadline was missed, as seen at an instant; to answer on the dot is in time."""
        return self.due_by is not None and (self.stopped_at or at) > self.due_by

    def intervals(self) -> Iterator[tuple[datetime, datetime, str | None]]:
        """List the open intervals that count, and the halts between them with why they do not."""
        cursor = self.started_at
        if isinstance(self._due, Unreachable):
            return
        for halt in self.halts:
            begins_at = max(cursor, halt.begins_at)
            if self._due is not None and self._due <= begins_at:
                break
            yield from ((*span, None) for span in self.promise.calendar.intervals(cursor, begins_at))
            if halt.ends_at is None:
                return
            cursor = max(cursor, halt.ends_at)
            if cursor > begins_at:
                yield begins_at, cursor, halt.why
        if self._due is not None:
            yield from ((*span, None) for span in self.promise.calendar.intervals(cursor, self._due))

    def explain(self) -> dict[str, Any]:
        """Show the sum: every interval that counts, and what does not count and why."""
        intervals = [
            {
                "from": to_text(begins_at),
                "to": to_text(ends_at),
                "seconds": 0 if why else _seconds(ends_at - begins_at),
                "counted": why is None,
                "why": why or f"open: {self.promise.calendar.name}",
            }
            for begins_at, ends_at, why in self.intervals()
        ]
        return {
            "source": self.source,
            "kind": self.kind,
            "promise": self.promise.text,
            "calendar": self.promise.calendar.name,
            "zone": self.promise.calendar.zone,
            "calendar_version": self.promise.calendar.version,
            "work_seconds": _seconds(self.promise.work),
            "best_effort": self.promise.best_effort,
            "from": to_text(self.started_at),
            "due_by": None if self.due_by is None else to_text(self.due_by),
            "state": self.state,
            "stopped_at": None if self.stopped_at is None else to_text(self.stopped_at),
            "inherited": self.inherited,
            "intervals": intervals,
            "sentence": self.sentence(),
        }

    def sentence(self) -> str:
        """Say it in words that an agent can read to a customer."""
        who = "the plan promises" if self.source == "contract" else "the priority asks for"
        ends = {
            "paused": "the clock stands still until the customer answers",
            "unreachable": "no open hour within three years meets it",
        }
        end = ends.get(self.state) or f"that was due by {_words(self.due_by)}"
        if self.state == "running":
            end = f"that is due by {_words(self.due_by)}"
        effort = " as best effort" if self.promise.best_effort else ""
        return f"From {_words(self.started_at)} {who} {_WORDS[self.kind]} within {self.promise.text}{effort}: {end}."


def _seconds(span: timedelta) -> int | float:
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _words(at: datetime | None) -> str:
    return "no time" if at is None else f"{at:%a} {at.day} {at:%b %Y %H:%M} UTC"
