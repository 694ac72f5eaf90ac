"""Wiring of the ticket desk."""

from datetime import timedelta

from serving.context import Ground, Slice
from serving.inference.labels import Vocabulary
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import Watch
from serving.ticket_desk import TagsTickets
from serving.tickets.accounts import AccountWatch
from serving.tickets.desk import Desk
from serving.tickets.endpoints import DeadlineController, TicketController
from serving.tickets.erasing import erase
from serving.tickets.incident_endpoints import FeedController, UpkeepController
from serving.tickets.tasks import Duties


def wire(ground: Ground, *, tagger: TagsTickets | None, models: LiveModels | None = None) -> Slice:
    """Build the desk; without a tagger tickets open untagged."""
    desk = Desk(ground, tagger)
    duties = Duties(ground, desk)
    vocabulary = Vocabulary(ground.policies, models)
    every = timedelta(seconds=ground.settings.sla_watch_seconds)
    watches = [Watch("sla", every, duties.watch), Watch("accounts", every, AccountWatch(ground).alert)]
    if tagger is not None:
        watches.append(Watch("untagged", every, duties.tag_the_untagged))
    return Slice(
        handlers=[TicketController, UpkeepController, DeadlineController, FeedController],
        dependencies={"desk": desk, "vocabulary": vocabulary},
        watches=watches,
        erase=erase,
    )
