"""Look up clocks of a ticket's deadlines."""

from __future__ import annotations

from datetime import datetime

from triage.sla.deadlines import Deadlines
from triage.sla.timer import Timer


def clock_of(found: Deadlines, source: str, kind: str) -> Timer | None:
    return next((each for each in found.clocks if (each.source, each.kind) == (source, kind)), None)


def running_late(found: Deadlines, at: datetime) -> tuple[Timer, ...]:
    """List the running clocks whose deadline lies before `at`."""
    return tuple(each for each in found.timers if each.is_late(at))


def missed(found: Deadlines, at: datetime) -> tuple[Timer, ...]:
    """List every clock that was missed up to `at`, answered since or not."""
    return tuple(each for each in (*found.answered, *found.clocks) if each.is_late(at))
