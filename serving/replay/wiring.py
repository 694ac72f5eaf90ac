"""Wiring of replays over HTTP."""

from datetime import timedelta

from serving.context import Context, Slice
from serving.jobs.periodic import PeriodicTask
from serving.jobs.queue import RetryPolicy, TaskSpec
from serving.replay.endpoints import ReplayController
from serving.replay.running import KIND, Replays

_TIDIED_EVERY = timedelta(minutes=10)


def wire(context: Context) -> Slice:
    """Return the slice: its routes, and the job that makes a replay."""
    replays = Replays(context)
    return Slice(
        handlers=[ReplayController],
        dependencies={"replays": replays},
        tasks={KIND: TaskSpec(replays.run, RetryPolicy((timedelta(seconds=5),)), concurrency=1)},
        watches=[PeriodicTask("replays", _TIDIED_EVERY, replays.tidy, once=True)],
    )
