"""How the ticket desk is plugged in."""

from datetime import timedelta

from serving.ground import Ground, Slice
from serving.live_models import LiveModels
from serving.opening import TagsTickets
from serving.tickets.accounts import AccountWatch
from serving.tickets.desk import Desk
from serving.tickets.endpoints import DeadlineController, TicketController
from serving.tickets.erasing import erase
from serving.tickets.tasks import Duties
from serving.tickets.upkeep import FeedController, UpkeepController
from serving.vocabulary import Vocabulary
from serving.watches import Watch


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
