"""Wiring of live memory."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from serving.context import Context, Slice
from serving.erasure import ErasureTrail
from serving.inference.candidates import Candidates
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.jobs.closed_tickets import REMEMBER
from serving.jobs.periodic import PeriodicTask
from serving.jobs.queue import TaskSpec
from serving.memory import store
from serving.memory.following import Following
from serving.memory.remembering import Remembering, Teaches
from serving.memory.renewing import Renewing

LOOK_EVERY: Final = timedelta(seconds=5)
RENEW_EVERY: Final = timedelta(minutes=1)
TRIM_EVERY: Final = timedelta(minutes=10)


def wire(
    context: Context, models: LiveModels, articles: LiveArticles, candidates: Candidates, teaches: Teaches
) -> Slice:
    """Return the slice; `teaches` reads what a ticket teaches as it stands."""
    following, renewing = Following(context, models, candidates, teaches), Renewing(context, models)

    def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
        if gone := store.take_away(connection, trail.tickets, context.clock.now()):
            trail.counts["recent_tickets"] += gone

    return Slice(
        dependencies={"recent_tickets": following},
        tasks={REMEMBER: TaskSpec(Remembering(context, models, articles, teaches), concurrency=1)},
        watches=[
            PeriodicTask("recent_tickets", LOOK_EVERY, following.look),
            PeriodicTask("recent_tickets_renewed", RENEW_EVERY, renewing.renew, once=True),
            PeriodicTask("recent_tickets_trimmed", TRIM_EVERY, renewing.trim, once=True),
        ],
        erase=erase,
    )
