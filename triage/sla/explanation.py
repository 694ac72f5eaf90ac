"""Explain a deadline: every interval that counted or not and why, as JSON and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from triage.instants import to_text
from triage.sla.timer import Timer

_KINDS = {"first_response": "a first response", "next_response": "the next response", "resolution": "a resolution"}
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


def explain(clock: Timer, at: datetime | None = None) -> dict[str, Any]:
    """Show the sum: every interval that counts, and what does not count and why.

    Parameters
    ----------
    clock
        The clock.
    at
        As seen when; without it a running clock does not say how late it is.

    Returns
    -------
    Plain JSON values; `seconds` of the intervals add up to `work_seconds` once the clock has reached its deadline.
    """
    calendar, seen_at = clock.promise.calendar, clock.stopped_at or at
    return {
        "source": clock.source,
        "kind": clock.kind,
        "promise": clock.promise.text,
        "calendar": calendar.name,
        "zone": calendar.zone,
        "calendar_version": calendar.version,
        "work_seconds": _seconds(clock.promise.work),
        "best_effort": clock.promise.best_effort,
        "credit_percent": clock.credit_percent,
        "from": to_text(clock.started_at),
        "due_by": None if clock.due_by is None else to_text(clock.due_by),
        "state": clock.state,
        "stopped_at": None if clock.stopped_at is None else to_text(clock.stopped_at),
        "inherited": clock.inherited,
        "overdue_seconds": None if seen_at is None else _seconds(clock.overdue(seen_at)),
        "intervals": list(_intervals(clock)),
        "holidays": [{"date": day.isoformat(), "name": name} for day, name in _holidays(clock)],
        "sentence": sentence(clock, at),
    }


def sentence(clock: Timer, at: datetime | None = None) -> str:
    """Say it in words that an agent can read to a customer."""
    zone = clock.promise.calendar.zone
    who = "the plan promises" if clock.source == "contract" else "the priority asks for"
    effort = " as best effort" if clock.promise.best_effort else ""
    start = f"From {_when(clock.started_at, zone)} {who} {_KINDS[clock.kind]} within {clock.promise.text}{effort}"
    return " ".join([f"{start}: {_end(clock, zone)}.", *_left_out(clock), *_late(clock, at)])


def _end(clock: Timer, zone: str) -> str:
    if clock.state == "paused":
        return "the clock stands still until the customer answers"
    if clock.due_by is None:
        return "no open hour within three years meets it"
    return f"that {'is' if clock.state == 'running' else 'was'} due by {_when(clock.due_by, zone)}"


def _left_out(clock: Timer) -> Iterator[str]:
    waits: dict[str, timedelta] = {}
    for begins_at, ends_at, why in clock.intervals():
        if why:
            open_time = clock.promise.calendar.between(begins_at, ends_at)
            waits[why] = waits.get(why, timedelta()) + open_time
    for why, spent in waits.items():
        if spent:
            yield f"{_span(spent)} of {clock.promise.calendar.name} hours did not count: {why}."
    days = [f"{day:%a} {day.day} {day:%b %Y}{f' ({name})' if name else ''}" for day, name in _holidays(clock)]
    if days:
        yield f"Closed for holidays: {', '.join(days)}."


def _late(clock: Timer, at: datetime | None) -> Iterator[str]:
    seen_at = clock.stopped_at or at
    if seen_at is not None and clock.is_late(seen_at):
        verb = "is" if clock.stopped_at is None else "was"
        blame = ", and was so before the priority or plan changed" if clock.inherited else ""
        late = _span(clock.overdue(seen_at))
        yield f"It {verb} {late} of {clock.promise.calendar.name} hours late{blame}."


def _intervals(clock: Timer) -> Iterator[dict[str, Any]]:
    for begins_at, ends_at, why in clock.intervals():
        yield {
            "from": to_text(begins_at),
            "to": to_text(ends_at),
            "seconds": 0 if why else _seconds(ends_at - begins_at),
            "counted": why is None,
            "why": why or f"open: {clock.promise.calendar.name}",
        }


def _holidays(clock: Timer) -> list[tuple[date, str]]:
    """List the holidays between start and deadline on which the desk would have opened."""
    calendar = clock.promise.calendar
    if clock.due_by is None or not calendar.holidays:
        return []
    first, last = (each.astimezone(ZoneInfo(calendar.zone)).date() for each in (clock.started_at, clock.due_by))
    return [
        (day, name)
        for day, name in sorted(calendar.holidays.items())
        if first <= day <= last and calendar.week[day.weekday()]
    ]


def _seconds(span: timedelta) -> int | float:
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _span(span: timedelta) -> str:
    hours, rest = divmod(span, _HOUR)
    minutes = rest // _MINUTE
    words = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(filter(None, words)) or "less than a minute"


def _when(at: datetime, zone: str) -> str:
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M} {zone}"
