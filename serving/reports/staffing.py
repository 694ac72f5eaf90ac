"""Staffing alarms: once a week, from the week that ended, each with its figures.

Utilisation is none of them: handling times are not stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.dialects import postgresql, sqlite

from serving.jobs import outbox
from serving.jobs.event_types import STAFFING_ALARM
from serving.jobs.outbox import NewEvent
from serving.reports.definitions import DEFINITIONS
from serving.reports.deflection import week_of
from serving.reports.facts import FactStore
from serving.reports.figures import Figure, KpiOut, count
from serving.reports.kpis import Kpis
from serving.reports.windows import WEEK, ReportWindow, monday
from serving.storage.database import Database
from serving.storage.job_tables import staffing_weeks

Alarm = Literal["response_over_target", "csat_low", "backlog_growing"]
LOOK_EVERY = timedelta(minutes=10)
GROWING = 3  # weeks in a row
FEWEST = 5  # of which a median or a share is believed
_TITLES: dict[Alarm, str] = {
    "response_over_target": "First response takes longer than its target",
    "csat_low": "CSAT is below its target",
    "backlog_growing": f"The backlog has grown {GROWING} weeks in a row",
}


class StaffingAlarm(Struct, kw_only=True):
    """A figure of the week that is beyond its limit; for the backlog the open tickets at the end of each week."""

    alarm: Alarm
    title: str
    week: str
    unit: Literal["seconds", "share", "count"]
    limit: float | None
    figure: Figure
    weeks: list[Figure]


class StaffingWatch:
    """Looks at each week once it is over; one process of several keeps what it found and sends the events."""

    def __init__(self, database: Database, store: FactStore, kpis: Kpis) -> None:
        self._database, self._store, self._kpis = database, store, kpis

    def look(self, at: datetime) -> None:
        """Look at the week that ended last, if nobody has; not before every ticket has its figures."""
        week = ReportWindow(monday(at) - WEEK, monday(at), at)
        known = sa.select(staffing_weeks.c.week).where(staffing_weeks.c.week == week_of(week))
        is_known = self._database.read(lambda connection: connection.scalar(known)) is not None
        if not is_known and self._store.uncounted() == 0:
            found = self.alarms(week)
            self._database.write(lambda connection: _keep(connection, week, found))

    def alarms(self, week: ReportWindow) -> list[StaffingAlarm]:
        """Return the alarms of a week."""
        found = {each.id: each for each in self._kpis.counted(week)[0].kpis}
        alarms = [
            _beyond("response_over_target", found["first_response"], week),
            _beyond("csat_low", found["csat"], week),
            self._growing(week),
        ]
        return [each for each in alarms if each is not None]

    def latest(self, at: datetime) -> list[StaffingAlarm]:
        """Return the alarms of the week that ended last."""
        week = week_of(ReportWindow(monday(at) - WEEK, monday(at), at))
        kept = sa.select(staffing_weeks.c.alarms).where(staffing_weeks.c.week == week)
        found = self._database.read(lambda connection: connection.scalar(kept))
        return msgspec.convert(found or [], list[StaffingAlarm])

    def _growing(self, week: ReportWindow) -> StaffingAlarm | None:
        ends = [week.until - WEEK * before for before in range(GROWING, -1, -1)]
        numbers = [self._store.backlog(end) for end in ends]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            return None
        weeks = [count(n, n, end) for n, end in zip(numbers, ends, strict=True)]
        return _alarm("backlog_growing", week, "count", None, weeks[-1], weeks)


def _beyond(alarm: Alarm, kpi: KpiOut, week: ReportWindow) -> StaffingAlarm | None:
    figure, target = kpi.figure, DEFINITIONS[kpi.id].target
    if target is None or figure.value is None or figure.n < FEWEST:
        return None
    is_met = figure.value <= target.value if target.at == "most" else figure.value >= target.value
    unit: Literal["seconds", "share"] = "seconds" if kpi.unit == "seconds" else "share"
    return None if is_met else _alarm(alarm, week, unit, target.value, figure, [])


def _alarm(
    alarm: Alarm,
    week: ReportWindow,
    unit: Literal["seconds", "share", "count"],
    limit: float | None,
    figure: Figure,
    weeks: Sequence[Figure],
) -> StaffingAlarm:
    return StaffingAlarm(
        alarm=alarm,
        title=_TITLES[alarm],
        week=week_of(week),
        unit=unit,
        limit=limit,
        figure=figure,
        weeks=list(weeks),
    )


def _keep(connection: sa.Connection, week: ReportWindow, found: Sequence[StaffingAlarm]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    data = [msgspec.to_builtins(each) for each in found]
    row = {"week": week_of(week), "at": week.at, "alarms": data}
    added = dialect.insert(staffing_weeks).values(row).on_conflict_do_nothing().returning(staffing_weeks.c.week)
    if connection.execute(added).first() is not None:
        outbox.emit(connection, "staffing", [NewEvent(STAFFING_ALARM, each, week.at) for each in data])
