"""Calendars of a policy file: weekly hours, named holidays, and days with special hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from triage.errors import CalendarRefused
from triage.sla.business_hours import Calendar
from triage.sla.opening_hours import read_day, read_week
from triage.sla.policy_tables import Table, only

SUPPORT = "support"  # in a cell: the plan's own support hours


def calendar(name: str, table: Table) -> Calendar:
    """Read one calendar, or refuse it with what to change."""
    where = f"calendars.{name}"
    only(table, where, needed=("zone", "hours"), also=("holidays", "special_days", "longest_closure_days"))
    if name == SUPPORT:
        raise CalendarRefused(where, "the name is taken: in a cell it means the plan's own support hours")
    try:
        special = {_date(day): read_day(shifts) for day, shifts in table.get("special_days", {}).items()}
        holidays = _holidays(table.get("holidays", ()))
        week = read_week(table["hours"])
        closure = timedelta(days=table.get("longest_closure_days", 14))
    except (AttributeError, TypeError, ValueError) as problem:
        raise CalendarRefused(where, str(problem)) from None
    twice = sorted(set(special) & set(holidays))
    if twice:
        raise CalendarRefused(where, f"{twice[0]} is a holiday and has special hours; take it out of one of them")
    closed = dict.fromkeys(holidays, ())
    return Calendar(name, str(table["zone"]), week, {**special, **closed}, holidays, closure)


def _holidays(days: object) -> dict[date, str]:
    """Read dates with their names, or dates alone."""
    if isinstance(days, Mapping):
        return {_date(day): str(name) for day, name in days.items()}
    if isinstance(days, list | tuple):
        return {_date(day): "" for day in days}
    raise TypeError(f"holidays: {days!r} is neither a list of dates nor a table of dates with names")


def _date(value: object) -> date:
    if isinstance(value, datetime):
        raise TypeError(f"{value} is an instant; write the date alone")
    return value if isinstance(value, date) else date.fromisoformat(str(value))
