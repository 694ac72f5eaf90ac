"""The weekly digest: once a week is over, its trends are looked at and sent as one event."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from serving.inference.errors import ModelNotReady
from serving.jobs import outbox
from serving.jobs.event_types import TRENDS_WEEKLY
from serving.jobs.outbox import NewEvent
from serving.reports.trends.digest import event_data
from serving.reports.trends.schemas import TrendsOut
from serving.reports.trends.trends import IN_ROUND, ProductTrends
from serving.reports.windows import monday
from serving.storage.database import Database
from serving.storage.job_tables import trend_weeks

LOOK_EVERY = timedelta(seconds=60)


class WeeklyTrends:
    """Looks at each week once it is over; one process of several keeps that it did, and sends the event."""

    def __init__(self, database: Database, trends: ProductTrends) -> None:
        self._database, self._trends = database, trends

    def look(self, at: datetime) -> None:
        """Look at the weeks up to the last Monday, if nobody has; a round of texts is encoded at a time."""
        week = f"{monday(at):%Y-%m-%d}"
        known = sa.select(trend_weeks.c.week).where(trend_weeks.c.week == week)
        if self._database.read(lambda connection: connection.scalar(known)) is not None:
            self._trends.read_ahead(at)
            return
        try:
            found = self._trends.report(None, at=at, most=IN_ROUND)
        except ModelNotReady:
            return
        if not found.waiting:
            self._database.write(lambda connection: _keep(connection, week, found))


def _keep(connection: sa.Connection, week: str, found: TrendsOut) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"week": week, "at": found.generated_at, "themes": len(found.themes)}
    added = dialect.insert(trend_weeks).values(row).on_conflict_do_nothing().returning(trend_weeks.c.week)
    if connection.execute(added).first() is not None and found.themes:
        data = msgspec.to_builtins(event_data(found))
        outbox.emit(connection, "trends", [NewEvent(TRENDS_WEEKLY, data, found.generated_at)])
