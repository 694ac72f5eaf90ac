"""Valid by default: say only what a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from triage.sla.business_hours import Calendar
from triage.sla.opening_hours import read_day, read_week
from triage.tickets.events import Tag, TicketOpened
from triage.tickets.ticket import Ticket

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # the default business calendar opens


def at(text: str) -> datetime:
    """Read `2026-03-02 09:00` as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(**content: Any) -> TicketOpened:
    """Build the opening of a ticket."""
    defaults = {
        "at": MONDAY,
        "by": "customer",
        "id": "tkt_1",
        "subject": "Export fails",
        "description": "The CSV export stops halfway.",
        "channel": "email",
        "plan": "standard",
    }
    return TicketOpened(**{**defaults, **content})


def a_ticket(**content: Any) -> Ticket:
    """Build a new ticket."""
    return Ticket.open(opened(**content))


def a_tag(label: str | None, **content: Any) -> Tag:
    """Build a model's tag."""
    return Tag(**{"label": label, "mode": "suggest", "confidence": 0.8, **content})


def a_calendar(zone: str = "UTC", special: dict[str, list[str]] | None = None, **hours: list[str]) -> Calendar:
    """Build a calendar; weekday runs are written with an underscore: `mon_fri=["09:00-17:00"]`."""
    week = {days.replace("_", "-"): shifts for days, shifts in (hours or {"mon_fri": ["09:00-17:00"]}).items()}
    days = {datetime.fromisoformat(day).date(): read_day(shifts) for day, shifts in (special or {}).items()}
    return Calendar("test", zone, read_week(week), days)
