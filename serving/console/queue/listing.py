"""A line of the list: what is due and when, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.console.queue.phrases import MODES, NO_SUBJECT, STATUS_TONES, TONES
from serving.console.words import span
from serving.ticket_desk import number_of


@dataclass(frozen=True, slots=True)
class Due:
    """What is due next, the time left in words, and the tone in which it is shown."""

    kind: str
    at: datetime | None
    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket on the list."""

    row: Mapping[Any, Any]
    number: str
    subject: str
    due: Due
    tone: str  # of its priority
    status_tone: str
    mode: str  # how its category was set


def line(row: Mapping[Any, Any], at: datetime) -> Line:
    """Return a line of the list."""
    return Line(
        row,
        number_of(row["id"]),
        row["subject"] or NO_SUBJECT,
        due(row, at),
        TONES.get(row["priority"] or "", ""),
        STATUS_TONES.get(row["status"], ""),
        MODES.get(row["category_mode"] or "", ""),
    )


def due(row: Mapping[Any, Any], at: datetime) -> Due:
    """Say what is due next; a deadline that is neither the first response's nor the resolution's is another's."""
    by = row["due_by"]
    if by is None:
        waits = row["status"] == "pending"
        return Due("", None, "paused while pending" if waits else "")
    if by == row["first_response_by"]:
        kind = "First response"
    elif by == row["resolution_by"]:
        kind = "Resolution"
    else:
        kind = "Incident" if row["incident_id"] or row["leads"] else "Next response"
    return Due(kind, by, *left(by, row["at_risk_from"], at))


def left(by: datetime, at_risk_from: datetime | None, at: datetime) -> tuple[str, str]:
    """Write the time left until a deadline, and the tone: `bad` when it is over, `warn` when it is near."""
    if by < at:
        return f"{span(at - by)} over", "bad"
    return f"{span(by - at)} left", "warn" if at_risk_from is not None and at_risk_from <= at else ""
