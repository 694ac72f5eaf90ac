"""Count the tickets that say how many will come: by hour, channel and type, and by day."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from serving.storage.tables import ticket_figures
from triage.capacity.demand import HOURS, RECENT, Counts
from triage.capacity.terms import OTHER

YEARS = timedelta(weeks=156)
"""Weeks so long ago say nothing more about growth and season."""
_HOUR = len("2026-03-02T09")
_A_WEEK = timedelta(days=7)


def counts(connection: sa.Connection, at: datetime) -> Counts:
    """Return the tickets that people wrote, in whole weeks before an instant; hours and types of the last 13 weeks."""
    running = _monday(at)
    recent = running - RECENT * _A_WEEK
    columns = ticket_figures.c
    hour = sa.func.substr(columns.created_at, 1, _HOUR, type_=sa.String)
    day = sa.func.substr(columns.created_at, 1, len("2026-03-02"), type_=sa.String)
    written = sa.and_(sa.not_(columns.automatic), columns.created_at < running)
    of_late = sa.and_(written, columns.created_at >= recent)
    by_hour = sa.select(columns.channel, hour, sa.func.count()).where(of_late).group_by(columns.channel, hour)
    by_type = sa.select(columns.channel, columns.type, sa.func.count()).where(of_late)
    by_day = sa.select(day, sa.func.count()).where(written, columns.created_at >= running - YEARS).group_by(day)
    hours = Counter[tuple[str, int]]()
    for channel, text, n in connection.execute(by_hour):
        begin = datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)
        hours[channel, int((begin - _monday(begin)).total_seconds() // 3600) % HOURS] += n
    found = connection.execute(by_type.group_by(columns.channel, columns.type))
    mix = {(channel, type_ or OTHER): n for channel, type_, n in found}
    days = {date.fromisoformat(text): n for text, n in connection.execute(by_day)}
    return Counts(hours, mix, days)


def _monday(at: datetime) -> datetime:
    day = at.date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)
