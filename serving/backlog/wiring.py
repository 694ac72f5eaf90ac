"""Wiring of the backlog slice."""

from datetime import datetime, timedelta

from serving.backlog import store
from serving.backlog.endpoints import JobController
from serving.context import Context, Slice
from serving.jobs.periodic import PeriodicTask

KEPT = timedelta(days=30)  # dead jobs
_FORGET_EVERY = timedelta(hours=1)


def wire(context: Context) -> Slice:
    """Return the slice."""

    def forget(at: datetime) -> int:
        return context.database.write(lambda connection: store.forget(connection, at - KEPT))

    return Slice(handlers=[JobController], watches=[PeriodicTask("dead jobs", _FORGET_EVERY, forget, once=True)])
