"""Wiring of the change log."""

from datetime import datetime, timedelta

from serving.change_log.endpoints import ChangeLogController, PreviewController
from serving.change_log.erasing import eraser
from serving.change_log.log import ChangeLog
from serving.change_log.policy_changes import PolicyChanges
from serving.changes import records
from serving.changes.records import Kind
from serving.context import Context, Slice
from serving.jobs.periodic import PeriodicTask

_FORGET_EVERY = timedelta(hours=1)
_FORGOTTEN: tuple[Kind, ...] = ("article", "questions")  # policies stay: deadlines of the past were computed by them


def wire(context: Context, log: ChangeLog) -> Slice:
    """Return the slice: its routes, the look at the policies when it starts, and what forgets old texts."""

    def forget(at: datetime) -> None:
        before = at - timedelta(days=context.settings.change_text_days)
        context.database.write(lambda connection: records.forget_texts(connection, _FORGOTTEN, before))

    return Slice(
        handlers=[ChangeLogController, PreviewController],
        dependencies={"change_log": log},
        watches=[PeriodicTask("change_texts", _FORGET_EVERY, forget, once=True)],
        start=PolicyChanges(context.database, context.settings.policies, context.clock.now).record,
        erase=eraser(context),
    )
