"""How the ticket desk is plugged in."""

from datetime import timedelta

from serving.ground import Ground, Slice
from serving.opening import TagsTickets
from serving.tickets.desk import Desk
from serving.tickets.endpoints import DeadlineController, TicketController
from serving.tickets.tasks import Duties
from serving.watches import Watch


def wire(ground: Ground, *, tagger: TagsTickets | None) -> Slice:
    """Build the desk; without a tagger tickets open untagged."""
    desk = Desk(ground, tagger)
    duties = Duties(ground, desk)
    every = timedelta(seconds=ground.settings.sla_watch_seconds)
    watches = [Watch("sla", every, duties.note_breaches)]
    if tagger is not None:
        watches.append(Watch("untagged", every, duties.tag_the_untagged))
    return Slice(handlers=[TicketController, DeadlineController], dependencies={"desk": desk}, watches=watches)
