"""Staffing alarms in a sentence each."""

from serving.console.overview.cards import day, interval, written
from serving.reports.staffing import StaffingAlarm


def said(alarm: StaffingAlarm) -> str:
    """Return the alarm with its figures."""
    figure = alarm.figure
    if alarm.weeks:
        numbers = ", ".join(f"{written(each.value, alarm.unit)} on {day(each.window.until)}" for each in alarm.weeks)
        return f"{alarm.title}: open tickets {numbers}."
    between = interval(figure, alarm.unit)
    facts = f"n {figure.n:,}" + (f", 95 %: {between}" if between else "")
    limit = written(alarm.limit, alarm.unit)
    return f"{alarm.title}: {written(figure.value, alarm.unit)}, target {limit} ({facts}, week of {alarm.week})."
