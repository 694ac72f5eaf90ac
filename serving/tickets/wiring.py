"""Wiring of the ticket desk."""

from collections.abc import Callable
from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.labels import KnownLabels
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import PeriodicTask
from serving.jobs.queue import TaskSpec
from serving.ticket_desk import AsksHelpdesks, Tagged, TagsTickets
from serving.tickets.accounts import AccountWatch
from serving.tickets.desk import Desk
from serving.tickets.drafting.endpoints import DraftController
from serving.tickets.endpoints import DeadlineController, TicketController
from serving.tickets.erasing import erase
from serving.tickets.incident_endpoints import FeedController, UpkeepController
from serving.tickets.incidents.leading import IncidentDesk
from serving.tickets.messages.queueing import RETRIAGE
from serving.tickets.messages.retriage import Retriage
from serving.tickets.tasks import TicketTasks


def wire(
    context: Context,
    *,
    tagger: TagsTickets | None,
    models: LiveModels | None = None,
    asks: AsksHelpdesks | None = None,
    shadowed: Callable[[str, Tagged], None] | None = None,
) -> Slice:
    """Build the desk; without a tagger tickets open untagged."""
    desk = Desk(context, tagger, shadowed)
    ticket_tasks = TicketTasks(context, desk, asks)
    vocabulary = KnownLabels(context.policies, models)
    every = timedelta(seconds=context.settings.sla_watch_seconds)
    watches = [
        PeriodicTask("sla", every, ticket_tasks.watch, once=True),
        PeriodicTask("figures", every, ticket_tasks.count_the_uncounted, once=True),
        PeriodicTask("accounts", every, AccountWatch(context).alert, once=True),
    ]
    if tagger is not None:
        watches.append(PeriodicTask("untagged", every, ticket_tasks.tag_the_untagged, once=True))
    return Slice(
        handlers=[TicketController, DraftController, UpkeepController, DeadlineController, FeedController],
        dependencies={"desk": desk, "vocabulary": vocabulary, "incidents": IncidentDesk(context, desk)},
        watches=watches,
        tasks={} if tagger is None else {RETRIAGE: TaskSpec(Retriage(desk.retriage, context.clock), concurrency=1)},
        erase=erase,
    )
